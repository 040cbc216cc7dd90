# SPDX-License-Identifier: AGPL-3.0-or-later
"""When a message goes: by the clock on the site's wall, never at night without a reason that has a name, never when it serves nobody."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laws.bento import zone_info
from serment.domain import reminder
from serment.domain.instants import first_instant, local_day, wall_clock
from serment.domain.reminder import (
    Anyway,
    Due,
    End,
    Kind,
    Planned,
    after_failure,
    channels_of,
    due,
    together,
    too_late_at,
)

PARIS = "Europe/Paris"
ZONES = (
    PARIS, "America/Guadeloupe", "Indian/Reunion", "Pacific/Noumea", "America/Miquelon", "Pacific/Marquesas",
    "Australia/Lord_Howe", "America/Santiago", "Africa/Casablanca", "Asia/Kathmandu",
)  # fmt: skip
KINDS: tuple[Kind, ...] = ("booked", "moved", "cancelled", "reminder", "letter")
MID = bytes(16)
HOUR, DAY, MINUTE = dt.timedelta(hours=1), dt.timedelta(days=1), dt.timedelta(minutes=1)


def at(text: str, zone: str = PARIS) -> dt.datetime:
    """The first instant at which the site's clock shows this."""
    return first_instant(dt.datetime.fromisoformat(text), zone)


def planned(
    kind: Kind,
    not_before: str,
    start: str,
    zone: str = PARIS,
    *,
    mid: bytes = MID,
    send_day: str | None = None,
    came: str | None = None,
    clocks: tuple[str, ...] = (),
) -> Planned:
    """`came`: as it may go, unless it is said."""
    begins, ready = at(start, zone), at(not_before, zone)
    day, taken = dt.date.fromisoformat(send_day or not_before[:10]), at(came, zone) if came else ready
    return Planned(kind, mid, day, local_day(begins, zone) + DAY, ready, zone, begins, taken, clocks)


def when(message: Planned, now: str) -> str | None:
    found = due(message, at(now, message.zone))
    return found and wall_clock(found.at, message.zone).isoformat(" ", "minutes")


@st.composite
def any_planned(draw: st.DrawFn) -> Planned:
    """Any message of any zone, mostly around the nights in which clocks change."""
    zone = draw(st.sampled_from(ZONES))
    days = st.dates(dt.date(2026, 1, 1), dt.date(2027, 12, 31))
    changes = st.sampled_from(
        [dt.date(2026, 3, 29), dt.date(2026, 10, 25), dt.date(2026, 4, 5), dt.date(2026, 9, 6)]
    )
    day = draw(changes | days)
    start = first_instant(
        dt.datetime.combine(day, dt.time(draw(st.integers(0, 23)), draw(st.integers(0, 59)))), zone
    )
    ready = start - draw(st.integers(-60, 9 * 24 * 60)) * MINUTE
    kind = draw(st.sampled_from(KINDS))
    return Planned(
        kind,
        draw(st.binary(min_size=16, max_size=16)),
        local_day(ready, zone),
        local_day(start, zone) + DAY,
        ready,
        zone,
        start,
        draw(st.none() | st.integers(-24 * 60, 60).map(lambda minutes: ready + minutes * MINUTE)),
        tuple(draw(st.lists(st.sampled_from(ZONES), max_size=2, unique=True))),
    )


NOWS = st.integers(-600, 14 * 24 * 60)


# ---------------------------------------------------------------- laws


@given(any_planned(), NOWS)
def test_nobodys_phone_rings_at_night_without_a_reason_that_has_a_name(
    message: Planned, minutes: int
) -> None:
    found = due(message, message.not_before + minutes * MINUTE)
    if found is not None:
        day = {
            zone: 8 <= found.at.astimezone(zone_info(zone)).hour < 20
            for zone in (message.zone, *message.clocks)
        }
        # Where site and number share no hour, the number's; where its own clocks share none, the site's.
        kept = all(day.values()) or (
            found.anyway is None and (all(day[zone] for zone in message.clocks) or day[message.zone])
        )
        assert kept == (found.anyway is None)
        if found.anyway is not None:
            assert message.came is not None and message.not_before - message.came <= 15 * MINUTE
        if found.anyway is Anyway.ASKED_NOW:
            assert message.kind == "booked" and message.came is not None
            assert found.at - message.came < 10 * MINUTE
        if found.anyway is Anyway.SOON:
            assert message.kind in ("moved", "cancelled", "booked")
            assert message.start - found.at < 15 * HOUR


@given(any_planned(), NOWS)
def test_no_message_goes_before_it_may_or_when_it_serves_nobody(message: Planned, minutes: int) -> None:
    now = message.not_before + minutes * MINUTE
    found = due(message, now)
    if found is not None:
        assert found.at >= now and found.at >= message.not_before
        assert found.at < too_late_at(message)
        assert message.kind == "letter" or too_late_at(message) <= message.start
        if message.kind == "reminder":
            assert message.start - found.at > 30 * MINUTE


@given(any_planned(), NOWS, st.integers(0, 24 * 60))
def test_a_later_look_never_finds_an_earlier_time(message: Planned, minutes: int, later: int) -> None:
    first = message.not_before + minutes * MINUTE
    early, late = due(message, first), due(message, first + later * MINUTE)
    if early is None:
        assert late is None
    elif late is not None:
        assert early.at <= late.at
    # Whoever looks again at the time that was told finds that time: nobody waits twice.
    if early is not None:
        again = due(message, early.at)
        assert again is not None and again.at == early.at


@given(any_planned(), st.integers(1, 40), NOWS, st.booleans(), st.integers(0, 7200))
def test_every_failure_ends_or_is_tried_later(
    message: Planned, attempts: int, minutes: int, maybe: bool, asked: int
) -> None:
    now = message.not_before + minutes * MINUTE
    found = after_failure(message, attempts, now, maybe_sent=maybe, retry_after=dt.timedelta(seconds=asked))
    if isinstance(found, Due):
        assert found.at >= now + MINUTE and found.at >= now + dt.timedelta(seconds=asked)
        assert found.at < too_late_at(message)
        assert attempts < (3 if maybe else 30)
    else:
        assert found in (End.GAVE_UP, End.TOO_LATE)


# ---------------------------------------------------------------- days of Alice, Tom and Dr Bento


@pytest.mark.parametrize("zone", ZONES)
def test_alices_reminder_goes_the_morning_before_spread_over_two_hours(zone: str) -> None:
    early = planned("reminder", "2026-11-25 09:00", "2026-11-26 09:30", zone)
    late = planned("reminder", "2026-11-25 09:00", "2026-11-26 09:30", zone, mid=b"\xff" * 16)
    assert when(early, "2026-11-20 12:00") == "2026-11-25 09:00"
    assert when(late, "2026-11-20 12:00") == "2026-11-25 10:59"
    assert when(late, "2026-11-25 15:12") == "2026-11-25 15:12", (
        "what the notifier missed goes as soon as it is back"
    )


@pytest.mark.parametrize(
    ("eve", "visit"),
    [
        ("2026-03-28", "2026-03-29"),
        ("2026-03-29", "2026-03-30"),
        ("2026-10-24", "2026-10-25"),
        ("2026-10-25", "2026-10-26"),
    ],
)
def test_on_the_days_clocks_change_eight_is_eight_on_the_wall(eve: str, visit: str) -> None:
    """A booking in the night in which summer time begins or ends: the reminder waits for eight by the new time."""
    message = planned("reminder", f"{eve} 23:40", f"{visit} 11:00")
    assert when(message, f"{eve} 23:40") == f"{visit} 08:00"
    assert when(planned("reminder", f"{eve} 09:00", f"{visit} 09:30"), f"{eve} 00:05") == f"{eve} 09:00"


def test_the_night_in_which_summer_time_begins_is_an_hour_shorter() -> None:
    message = planned("moved", "2026-03-28 20:05", "2026-03-29 14:00")
    found = due(message, message.not_before)
    assert found == Due(dt.datetime(2026, 3, 29, 6, 0, tzinfo=dt.UTC), None)
    assert found.at - message.not_before == 10 * HOUR + 55 * MINUTE


def test_noumea_and_guadeloupe_have_their_own_eight_oclock() -> None:
    for zone, utc in (("Pacific/Noumea", 21), ("America/Guadeloupe", 12), ("Indian/Reunion", 4), (PARIS, 7)):
        message = planned("cancelled", "2026-11-25 22:00", "2026-11-26 15:00", zone)
        found = due(message, message.not_before)
        assert found is not None and found.at.hour == utc, zone


def test_a_confirmation_that_was_asked_for_goes_at_once_even_at_night() -> None:
    message = planned("booked", "2026-11-25 23:10", "2026-12-04 09:00")
    assert due(message, message.not_before) == Due(message.not_before, Anyway.ASKED_NOW)
    assert when(message, "2026-11-26 03:00") == "2026-11-26 08:00", "nobody waits for it any more"
    third, fourth = (after_failure(message, tries, message.not_before + 3 * MINUTE) for tries in (3, 4))
    assert third == Due(message.not_before + 8 * MINUTE, Anyway.ASKED_NOW)
    assert fourth == Due(at("2026-11-26 08:00"), None), "tried again at night for ten minutes, no longer"
    assert due(planned("booked", "2026-11-25 15:00", "2026-12-04 09:00"), at("2026-11-25 15:00")) == Due(
        at("2026-11-25 15:00"), None
    )


def test_a_letter_wakes_nobody_and_is_as_good_after_the_visit_until_its_day_is_over() -> None:
    assert (
        when(planned("letter", "2026-11-26 07:30", "2026-11-26 08:30"), "2026-11-26 07:30")
        == "2026-11-26 08:00"
    )
    assert (
        when(planned("letter", "2026-11-26 18:00", "2026-11-26 09:00"), "2026-11-26 18:00")
        == "2026-11-26 18:00"
    )
    assert when(planned("letter", "2026-11-26 20:30", "2026-11-26 09:00"), "2026-11-26 20:30") is None


@pytest.mark.parametrize("kind", ["booked", "cancelled", "moved"])
def test_who_seals_an_hour_of_the_night_beforehand_wakes_nobody(kind: Kind) -> None:
    """Mallory books in the afternoon with Alice's number, and seals that she asks for it at three in the morning."""
    message = planned(kind, "2026-11-26 03:00", "2026-11-26 10:00", came="2026-11-25 16:00")
    assert when(message, "2026-11-25 16:00") == when(message, "2026-11-26 03:00") == "2026-11-26 08:00"
    assert when(replace(message, came=None), "2026-11-26 03:00") == "2026-11-26 08:00", "nor after a restart"


@pytest.mark.parametrize("kind", ["booked", "cancelled", "reminder"])
def test_a_zone_across_the_world_does_not_make_the_night_of_a_number_day(kind: Kind) -> None:
    """Three in the morning in Paris is afternoon in Noumea: a number of +33 is judged by Paris too."""
    message = planned(kind, "2026-11-26 13:00", "2026-11-27 15:00", "Pacific/Noumea", clocks=(PARIS,))
    message = replace(message, came=message.not_before - HOUR)
    found = due(message, message.not_before)
    assert found is not None and wall_clock(found.at, PARIS).isoformat(" ", "minutes") == "2026-11-26 08:00"
    assert wall_clock(found.at, "Pacific/Noumea").hour == 18
    by_mail = due(replace(message, clocks=()), message.not_before)
    assert by_mail is not None and by_mail.at == message.not_before, "an e-mail rings nobody"


def test_where_site_and_number_share_no_hour_the_numbers_day_counts() -> None:
    """Tahiti and Paris in summer: eight in the evening there is eight in the morning here."""
    message = planned("reminder", "2026-07-15 09:00", "2026-07-16 15:00", "Pacific/Tahiti", clocks=(PARIS,))
    found = due(message, message.not_before)
    assert found is not None and wall_clock(found.at, PARIS).isoformat(" ", "minutes") == "2026-07-16 08:00"
    world = tuple(f"Etc/GMT{hours:+}" for hours in range(-12, 12))
    assert when(replace(message, clocks=world), "2026-07-15 09:00") == when(
        replace(message, clocks=()), "2026-07-15 09:00"
    )


def test_the_mornings_spread_ends_where_night_falls_at_the_number() -> None:
    """Eleven in Paris is nine in the evening in Noumea."""
    early, late = (
        planned("reminder", "2026-11-25 09:00", "2026-11-26 09:30", mid=mid, clocks=("Pacific/Noumea",))
        for mid in (b"\x10" * 16, b"\xff" * 16)
    )
    assert when(early, "2026-11-25 09:00") == "2026-11-25 09:07"
    assert when(late, "2026-11-25 09:00") == "2026-11-25 09:00"


def test_where_summer_time_takes_the_last_hour_they_shared_nobody_is_rung_at_night() -> None:
    message = planned("cancelled", "2026-03-27 12:00", "2026-04-10 15:00", clocks=("Pacific/Tahiti",))
    assert when(message, "2026-03-27 12:00") == "2026-03-27 19:00"
    assert when(message, "2026-04-01 12:00") is None


def test_a_cancelled_visit_of_tomorrow_morning_is_told_in_the_evening() -> None:
    """Cancelled at 20:30: who is expected at 9:30 is told now, who is expected at 14:00 in the morning, as often as one asks."""
    soon = planned("cancelled", "2026-11-25 20:40", "2026-11-26 09:30")
    assert due(soon, soon.not_before) == Due(soon.not_before, Anyway.SOON)
    afternoon = planned("cancelled", "2026-11-25 20:40", "2026-11-26 14:00")
    assert when(afternoon, "2026-11-25 20:40") == "2026-11-26 08:00"
    assert when(afternoon, "2026-11-26 02:10") == "2026-11-26 08:00"


def test_booked_late_goes_ten_minutes_later_and_not_spread() -> None:
    message = planned("reminder", "2026-11-25 15:10", "2026-11-26 09:30", mid=b"\xff" * 16)
    assert when(message, "2026-11-25 15:00") == "2026-11-25 15:10"
    assert when(
        planned("reminder", "2026-11-25 09:40", "2026-11-26 09:30", mid=b"\xff" * 16), "2026-11-25 09:30"
    ) == ("2026-11-25 09:40")


def test_eight_in_the_evening_is_night_and_eight_in_the_morning_is_day() -> None:
    message = planned("cancelled", "2026-11-25 15:10", "2026-11-28 14:00")
    assert when(message, "2026-11-25 19:59") == "2026-11-25 19:59"
    assert when(message, "2026-11-25 20:00") == when(message, "2026-11-26 07:59") == "2026-11-26 08:00"


def test_what_is_too_late_is_not_sent() -> None:
    message = planned("reminder", "2026-11-25 09:00", "2026-11-26 08:20")
    assert when(message, "2026-11-25 20:30") is None, "at eight the visit is twenty minutes away"
    assert when(planned("reminder", "2026-11-26 09:10", "2026-11-26 09:40"), "2026-11-26 09:10") is None
    assert (
        when(planned("moved", "2026-11-26 09:10", "2026-11-26 09:40"), "2026-11-26 09:39")
        == "2026-11-26 09:39"
    )
    assert when(planned("moved", "2026-11-26 09:10", "2026-11-26 09:40"), "2026-11-26 09:40") is None


def test_the_reminder_of_the_week_before_gives_way_to_that_of_the_eve() -> None:
    message = planned("reminder", "2026-11-19 09:00", "2026-11-26 09:30")
    assert when(message, "2026-11-24 19:00") == "2026-11-24 19:00"
    assert when(message, "2026-11-24 21:00") is None
    assert when(message, "2026-11-25 12:00") is None


# ---------------------------------------------------------------- channels, together, again


def test_channels_by_kind_and_day() -> None:
    key_day, week, eve = dt.date(2026, 11, 27), dt.date(2026, 11, 19), dt.date(2026, 11, 25)
    both = {"has_sms": True, "has_mail": True}
    assert channels_of("reminder", week, key_day, **both) == ("mail",)
    assert channels_of("reminder", eve, key_day, **both) == ("sms", "mail")
    assert channels_of("reminder", week + DAY, key_day, **both) == ("sms", "mail")
    assert channels_of("booked", week, key_day, **both) == ("mail",)
    assert channels_of("booked", week, key_day, has_sms=True, has_mail=False) == ("sms",)
    assert (
        channels_of("moved", week, key_day, **both)
        == channels_of("cancelled", week, key_day, **both)
        == ("sms", "mail")
    )
    assert channels_of("reminder", week, key_day, has_sms=True, has_mail=False) == ()
    assert channels_of("cancelled", eve, key_day, has_sms=False, has_mail=False) == ()


@dataclass(frozen=True)
class Sms:
    address: str
    planned: Planned
    language: str = "fr"


ALICE, MALLORY = "+33639980001", "+33639980002"


def test_alice_and_tom_on_one_day_are_one_sms_by_their_time() -> None:
    toms = Sms(ALICE, planned("reminder", "2026-11-25 09:00", "2026-11-26 11:00", mid=b"\1" * 16))
    hers = Sms(ALICE, planned("reminder", "2026-11-25 15:10", "2026-11-26 09:30"))
    other_day = Sms(ALICE, planned("reminder", "2026-11-25 09:00", "2026-11-27 09:30"))
    cancelled = Sms(ALICE, planned("cancelled", "2026-11-25 09:00", "2026-11-26 10:00"))
    english = Sms(ALICE, hers.planned, "en")
    mallorys = Sms(MALLORY, hers.planned)
    week = Sms(ALICE, planned("reminder", "2026-11-19 09:00", "2026-11-26 16:00"))
    groups = together([toms, mallorys, other_day, cancelled, english, week, hers])
    assert sorted(map(len, groups)) == [1, 1, 1, 1, 1, 2]
    assert [hers, toms] in groups


@given(st.integers(0, 40))
def test_no_sms_grows_without_end(count: int) -> None:
    messages = [
        Sms(
            ALICE,
            planned(
                "reminder", "2026-11-25 09:00", f"2026-11-26 {9 + n % 9:02}:00", mid=n.to_bytes(16, "big")
            ),
        )
        for n in range(count)
    ]
    groups = together(messages)
    assert sorted(one.planned.mid for group in groups for one in group) == [
        one.planned.mid for one in messages
    ]
    assert all(1 <= len(group) <= reminder.TOGETHER_MAX for group in groups)
    assert len(groups) == -(-count // reminder.TOGETHER_MAX)


def test_a_provider_that_is_away_is_asked_again_and_again_until_it_is_too_late() -> None:
    message, now = planned("reminder", "2026-11-25 09:00", "2026-11-26 09:30"), at("2026-11-25 09:00")
    tries = []
    for attempts in range(1, 40):
        found = after_failure(message, attempts, now)
        if isinstance(found, End):
            break
        tries.append(wall_clock(found.at, PARIS).isoformat(" ", "minutes")[8:])
        now = found.at
    assert found is End.TOO_LATE
    assert tries[:7] == ["25 09:01", "25 09:03", "25 09:08", "25 09:23", "25 09:53", "25 10:53", "25 11:53"]
    assert tries[-2:] == ["25 19:53", "26 08:00"], "not at night, and once more in the morning"
    assert after_failure(message, 3, at("2026-11-25 09:00"), maybe_sent=True) is End.GAVE_UP
