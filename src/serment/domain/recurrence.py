# SPDX-License-Identifier: AGPL-3.0-or-later
"""Recurrence rules (RFC 5545, 3.3.10) as a question asked of one day: does the rule run on it?

Slot search asks about a few days out of years, so nothing is ever expanded: a day is tested by arithmetic.
Understood: FREQ DAILY, WEEKLY, MONTHLY, YEARLY with INTERVAL, COUNT, UNTIL (a date), BYDAY (with ordinals
where the RFC allows them), BYMONTHDAY, BYMONTH, BYSETPOS, WKST. Anything else is refused by name rather than
guessed. An empty rule runs once, on its first date. As in most software, and unlike the RFC's letter, the
first date counts only if the rule matches it.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date
from functools import lru_cache

from serment.domain.errors import InvalidRule

RULE_CHARACTERS_MAX = 500
INTERVAL_MAX = 1000
COUNT_MAX = 5000
COUNT_DAYS_MAX = 366 * 40  # how far ahead the last of COUNT occurrences is looked for

WEEKDAYS = {"MO": 0, "TU": 1, "WE": 2, "TH": 3, "FR": 4, "SA": 5, "SU": 6}
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_DAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")


class Recurrence:
    """A parsed rule with its first date. `runs_on(ordinal)` takes a proleptic ordinal (`date.toordinal`)."""

    __slots__ = (
        "_by_day",
        "_by_month",
        "_by_month_day",
        "_by_position",
        "_chosen",
        "_first",
        "_first_day",
        "_frequency",
        "_interval",
        "_last",
        "_plain_week",
        "_week_start",
    )

    def __init__(self, rule: str, first: date) -> None:
        parts = _parts(rule)
        self._first, self._first_day = first.toordinal(), first
        self._frequency = parts.pop("FREQ", "ONCE")
        if self._frequency not in (*FREQUENCIES, "ONCE"):
            raise InvalidRule(f"FREQ={self._frequency}")
        self._interval = _number(parts, "INTERVAL", 1, INTERVAL_MAX)
        self._week_start = _weekday(parts.pop("WKST", "MO"))
        self._by_month = _numbers(parts, "BYMONTH", 1, 12)
        self._by_month_day = _numbers(parts, "BYMONTHDAY", 1, 31, negative=True)
        self._by_position = _numbers(parts, "BYSETPOS", 1, 366, negative=True)
        self._by_day = self._days(parts.pop("BYDAY", ""))
        self._chosen: tuple[int, frozenset[int]] = (0, frozenset())
        count = _number(parts, "COUNT", 0, COUNT_MAX) if "COUNT" in parts else 0
        until = parts.pop("UNTIL", "")
        if count and until:
            raise InvalidRule("COUNT and UNTIL exclude each other")
        if parts:
            raise InvalidRule(f"{', '.join(sorted(parts))}: this part of a rule is not understood")
        self._check()
        self._fill()
        self._plain_week = (
            frozenset(weekday for weekday, _ in self._by_day)
            if self._frequency == "WEEKLY"
            and self._interval == 1
            and not self._by_month
            and not self._by_position
            else None
        )
        self._last = (
            self._first if self._frequency == "ONCE" else _until(until) if until else date.max.toordinal()
        )
        if count:
            self._last = self._last_of(count)

    # The first date fills what the rule leaves open (RFC 5545, 3.3.10: "information ... is derived from
    # DTSTART").
    def _fill(self) -> None:
        if self._by_day or self._by_month_day:
            return
        if self._frequency == "WEEKLY":
            self._by_day = ((self._first_day.weekday(), 0),)
        elif self._frequency == "MONTHLY":
            self._by_month_day = (self._first_day.day,)
        elif self._frequency == "YEARLY":
            self._by_month_day = (self._first_day.day,)
            self._by_month = self._by_month or (self._first_day.month,)

    def _check(self) -> None:
        if any(ordinal for _, ordinal in self._by_day) and self._frequency not in ("MONTHLY", "YEARLY"):
            raise InvalidRule("BYDAY takes an ordinal only in a MONTHLY or YEARLY rule")
        if self._by_month_day and self._frequency == "WEEKLY":
            raise InvalidRule("BYMONTHDAY has no meaning in a WEEKLY rule")
        if self._by_position and not (self._by_day or self._by_month_day or self._by_month):
            raise InvalidRule("BYSETPOS needs another BY part")

    def _days(self, text: str) -> tuple[tuple[int, int], ...]:
        days: list[tuple[int, int]] = []
        for word in text.split(",") if text else ():
            found = _DAY.fullmatch(word)
            if found is None or (found[1] is not None and int(found[1]) == 0):
                raise InvalidRule(f"BYDAY={text}")
            days.append((WEEKDAYS[found[2]], int(found[1] or 0)))
        return tuple(days)

    def _last_of(self, count: int) -> int:
        for ordinal in range(self._first, self._first + COUNT_DAYS_MAX):
            if self._matches(ordinal):
                count -= 1
                if count == 0:
                    return ordinal
        return self._first + COUNT_DAYS_MAX

    def runs_on(self, ordinal: int) -> bool:
        """Whether the rule runs on this day."""
        if not self._first <= ordinal <= self._last:
            return False
        if self._plain_week is not None:
            return (ordinal + 6) % 7 in self._plain_week
        return self._matches(ordinal)

    def _matches(self, ordinal: int) -> bool:
        if self._frequency == "ONCE":
            return ordinal == self._first
        day = date.fromordinal(ordinal)
        if self._periods_since_first(day) % self._interval or not self._in_set(day):
            return False
        return not self._by_position or self._at_position(day)

    def _periods_since_first(self, day: date) -> int:
        if self._frequency == "DAILY":
            return day.toordinal() - self._first
        if self._frequency == "WEEKLY":
            # Ordinal 1 was a Monday.
            start = 1 + self._week_start
            return (day.toordinal() - start) // 7 - (self._first - start) // 7
        years = day.year - self._first_day.year
        return years if self._frequency == "YEARLY" else years * 12 + day.month - self._first_day.month

    def _in_set(self, day: date) -> bool:
        if self._by_month and day.month not in self._by_month:
            return False
        if self._by_month_day:
            from_end = day.day - monthrange(day.year, day.month)[1] - 1
            if day.day not in self._by_month_day and from_end not in self._by_month_day:
                return False
        if not self._by_day:
            return True
        weekday = day.weekday()
        return any(weekday == wanted and (nth == 0 or self._is_nth(day, nth)) for wanted, nth in self._by_day)

    # In a YEARLY rule an ordinal counts within the year, or within the month where BYMONTH is given.
    def _is_nth(self, day: date, nth: int) -> bool:
        if self._frequency == "YEARLY" and not self._by_month:
            since = day.timetuple().tm_yday - 1
            left = (date(day.year, 12, 31) - day).days
        else:
            since = day.day - 1
            left = monthrange(day.year, day.month)[1] - day.day
        return nth == (since // 7 + 1 if nth > 0 else -(left // 7 + 1))

    def _at_position(self, day: date) -> bool:
        first, last = self._period(day)
        # Days are asked for in order, so the last period looked at is nearly always the one asked for again.
        period, chosen = self._chosen
        if period != first:
            matching = [
                ordinal for ordinal in range(first, last + 1) if self._in_set(date.fromordinal(ordinal))
            ]
            places = (at - 1 if at > 0 else at for at in self._by_position)
            chosen = frozenset(matching[at] for at in places if -len(matching) <= at < len(matching))
            self._chosen = (first, chosen)
        return day.toordinal() in chosen

    def _period(self, day: date) -> tuple[int, int]:
        ordinal = day.toordinal()
        if self._frequency == "DAILY":
            return ordinal, ordinal
        if self._frequency == "WEEKLY":
            monday = ordinal - (day.weekday() - self._week_start) % 7
            return monday, monday + 6
        if self._frequency == "MONTHLY":
            return ordinal - day.day + 1, ordinal - day.day + monthrange(day.year, day.month)[1]
        return date(day.year, 1, 1).toordinal(), date(day.year, 12, 31).toordinal()


@lru_cache(maxsize=65536)
def recurrence(rule: str, first: date) -> Callable[[int], bool]:
    """The test "does this rule run on that ordinal?", parsed once per process. Raises InvalidRule."""
    return Recurrence(rule, first).runs_on


def _parts(rule: str) -> dict[str, str]:
    if len(rule) > RULE_CHARACTERS_MAX:
        raise InvalidRule("the rule is too long")
    parts: dict[str, str] = {}
    text = rule.strip().upper().removeprefix("RRULE:").rstrip(";")
    for part in text.split(";") if text else ():
        name, equals, value = part.partition("=")
        if not equals or not value or name in parts:
            raise InvalidRule(part)
        parts[name] = value
    if text and "FREQ" not in parts:
        raise InvalidRule("FREQ is missing")
    return parts


def _number(parts: dict[str, str], name: str, default: int, highest: int) -> int:
    text = parts.pop(name, None)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= highest:
        raise InvalidRule(f"{name}={text}")
    return int(text)


def _numbers(
    parts: dict[str, str], name: str, lowest: int, highest: int, *, negative: bool = False
) -> tuple[int, ...]:
    text = parts.pop(name, "")
    numbers: list[int] = []
    for word in text.split(",") if text else ():
        sign = -1 if negative and word.startswith("-") else 1
        digits = word[1:] if word.startswith(("+", "-")) and (negative or word[0] == "+") else word
        if not digits.isascii() or not digits.isdigit() or not lowest <= int(digits) <= highest:
            raise InvalidRule(f"{name}={text}")
        numbers.append(sign * int(digits))
    return tuple(numbers)


def _weekday(text: str) -> int:
    if text not in WEEKDAYS:
        raise InvalidRule(f"WKST={text}")
    return WEEKDAYS[text]


def _until(text: str) -> int:
    if not re.fullmatch(r"\d{8}", text):
        # A time of day would need the zone and could cut the last day off; the last day is inclusive here.
        raise InvalidRule("UNTIL takes a date (YYYYMMDD), inclusive")
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:])).toordinal()
    except ValueError:
        raise InvalidRule(f"UNTIL={text}") from None
