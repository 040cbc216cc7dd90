# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a desk may ask of an agenda's hours: no day outside the calendar, and no rule that is walked day by day for centuries."""

from __future__ import annotations

import uuid
from datetime import date

import msgspec
import pytest

from serment.domain.agenda import Agenda, Opening
from serment.domain.errors import InvalidRule
from serment.domain.opening_edit import NEXT_DAYS_MAX
from serment.server.usecases.hours_asked import HoursAsked, OpeningAsked, outcome_of
from serment.server.usecases.rule_rows import OpeningRow

BENTO = Agenda(agenda=uuid.UUID(int=1), zone="Europe/Paris")
NEVER = OpeningRow(
    opening=uuid.UUID(int=2), agenda=BENTO.agenda, first_date=date(2000, 1, 1), last_date=None, start_minute=540,
    end_minute=600, rrule="FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", week_parity="all", visit_types=None,
)  # fmt: skip
LATER = msgspec.structs.replace(NEVER, opening=uuid.UUID(int=3))


@pytest.mark.parametrize("day", [date.min, date(1999, 12, 31), date(2200, 1, 1), date.max])
@pytest.mark.parametrize("scope", ["from", "day"])
def test_a_day_outside_the_calendar_is_refused(scope: str, day: date) -> None:
    opening = OpeningAsked(NEVER, None, scope, day, fresh=uuid.UUID(int=4))  # type: ignore[arg-type]
    with pytest.raises(InvalidRule, match="is not between"):
        outcome_of(HoursAsked(agenda=BENTO.agenda, openings=[opening]), BENTO)


def test_a_rule_that_never_runs_is_not_followed_to_the_end_of_the_calendar(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []
    runs_on = Opening.runs_on

    def counted(self: Opening, ordinal: int) -> bool:
        asked.append(ordinal)
        return runs_on(self, ordinal)

    monkeypatch.setattr(Opening, "runs_on", counted)
    for day, last in ((date(2199, 12, 31), date(2199, 12, 30)), (date(2002, 1, 1), None)):
        ended = OpeningAsked(NEVER, None, "from", day=day)
        after = outcome_of(HoursAsked(agenda=BENTO.agenda, openings=[ended]), BENTO).after
        assert [each.last_date for each in after.openings] == ([] if last is None else [last])
    assert len(asked) <= NEXT_DAYS_MAX
    with pytest.raises(InvalidRule, match="does not run from"):
        outcome_of(
            HoursAsked(
                agenda=BENTO.agenda, openings=[OpeningAsked(NEVER, LATER, "from", day=date(2199, 12, 31))]
            ),
            BENTO,
        )
