# SPDX-License-Identifier: AGPL-3.0-or-later
"""The traps of booking that need no database: clock changes, holidays, tampering, moves, odd weeks, notice.

Each has its twin, where nothing special happens.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from laws.bento import (
    ALICE,
    LASER,
    LONG_AGO,
    TOM,
    absence,
    agenda,
    opening,
    span,
    utc,
    visit_type,
    wall,
)
from serment.domain import reason
from serment.domain.agenda import Agenda, ChangeKind, DatedChange, WeekParity
from serment.domain.errors import InvalidRule, NotOffered, NotOverbookable, WarningChanged
from serment.domain.holiday import holidays_of, region_of_postcode, zone_of_postcode
from serment.domain.offer import offer, overbook, why_not
from serment.domain.search import free_slots, next_free, reach
from serment.domain.slot import Resource, Situation, Slot, Span
from serment.domain.visit_type import Accepted, VisitType, Who

NOW = Situation(now=LONG_AGO)
SAM = replace(NOW, who=Who.STAFF)


def slots_on(
    bento: Agenda, day: date, visit: VisitType | None = None, situation: Situation = NOW
) -> list[Slot]:
    return free_slots(bento, visit or visit_type(), situation, first=day, days=1)


def labels(slots: list[Slot]) -> list[str]:
    return [slot.label + slot.season[:1] for slot in slots]


def codes(reasons: tuple[reason.Reason, ...]) -> list[str]:
    return [why.code for why in reasons]


# ---------------------------------------------------------------- 1, 2: the clock changes


@pytest.mark.parametrize(
    ("zone", "day", "wanted"),
    [
        ("Europe/Paris", date(2027, 3, 28), ["01:00", "01:30", "03:00", "03:30", "04:00", "04:30"]),
        ("America/Miquelon", date(2027, 3, 14), ["01:00", "01:30", "03:00", "03:30", "04:00", "04:30"]),
        (
            "Australia/Lord_Howe",
            date(2027, 10, 3),
            ["01:00", "01:30", "02:30", "03:00", "03:30", "04:00", "04:30"],
        ),
    ],
)
def test_in_spring_no_slot_is_labelled_with_an_hour_that_does_not_exist(
    zone: str, day: date, wanted: list[str]
) -> None:
    night = agenda(opening(day, "1:00", "5:00", rrule=""), zone=zone)
    assert labels(slots_on(night, day)) == wanted
    missing = datetime.combine(day, datetime.min.time()) + timedelta(hours=2, minutes=10)
    assert codes(why_not(night, visit_type(), NOW, missing)) == ["no_such_wall_clock"]
    with pytest.raises(NotOffered):
        offer(night, visit_type(), NOW, missing)


def test_a_visit_that_bridges_the_gap_lasts_as_long_as_any_other() -> None:
    night = agenda(opening(date(2027, 3, 28), "1:00", "5:00", rrule=""))
    slots = slots_on(night, date(2027, 3, 28), visit_type(90, step_minutes=30))
    assert labels(slots) == ["01:00", "01:30", "03:00", "03:30"]
    assert {slot.end - slot.start for slot in slots} == {timedelta(minutes=90)}


@pytest.mark.parametrize(
    ("zone", "day", "first", "second"),
    [
        ("Europe/Paris", date(2027, 10, 31), "2027-10-31T00:30", "2027-10-31T01:30"),
        ("America/Miquelon", date(2027, 11, 7), "2027-11-07T03:30", "2027-11-07T04:30"),
    ],
)
def test_in_autumn_two_slots_share_a_label_and_are_told_apart(
    zone: str, day: date, first: str, second: str
) -> None:
    night = agenda(opening(day, "0:30" if "11-07" in first else "1:00", "5:00", rrule=""), zone=zone)
    slots = slots_on(night, day)
    assert len(slots) == (11 if "11-07" in first else 10)
    hour = "01:30" if "11-07" in first else "02:30"
    twice = [slot for slot in slots if slot.label == hour]
    assert [slot.start for slot in twice] == [utc(first), utc(second)]
    assert [slot.season for slot in twice] == ["summer", "winter"]
    assert [slot.wall.fold for slot in twice] == [0, 1]
    assert len({offer(night, visit_type(), NOW, slot.start).blocked_since for slot in twice}) == 2


def test_a_wall_clock_that_comes_twice_is_claimed_by_its_fold() -> None:
    night = agenda(opening(date(2027, 10, 31), "1:00", "5:00", rrule=""))
    half_past_two = wall("2027-10-31T02:30")
    assert offer(night, visit_type(), NOW, half_past_two).slot.start == utc("2027-10-31T00:30")
    assert offer(night, visit_type(), NOW, half_past_two.replace(fold=1)).slot.start == utc(
        "2027-10-31T01:30"
    )


def test_the_first_of_two_equal_labels_taken_leaves_the_second() -> None:
    night = agenda(opening(date(2027, 10, 31), "1:00", "5:00", rrule=""))
    busy = replace(NOW, busy=[span(utc("2027-10-31T00:30"), 30)])
    assert [
        slot.season for slot in slots_on(night, date(2027, 10, 31), situation=busy) if slot.label == "02:30"
    ] == ["winter"]


def test_an_ordinary_night_has_eight_slots_and_no_season() -> None:
    night = agenda(opening(date(2027, 3, 27), "1:00", "5:00", rrule=""))
    assert [slot.season for slot in slots_on(night, date(2027, 3, 27))] == [""] * 8


# ---------------------------------------------------------------- 3: holidays


def test_a_weekly_rule_keeps_the_wall_clock_and_closes_on_easter_monday() -> None:
    mondays = agenda(opening(date(2027, 1, 4), "9:00", "9:30", "FREQ=WEEKLY;BYDAY=MO"), region="FR")
    found = free_slots(mondays, visit_type(), NOW, first=date(2027, 3, 22), days=15)
    assert [slot.start for slot in found] == [utc("2027-03-22T08:00"), utc("2027-04-05T07:00")]
    (why,) = why_not(mondays, visit_type(), NOW, wall("2027-03-29T09:00"))
    assert why == reason.Holiday(date(2027, 3, 29), "Lundi de Pâques", "Easter Monday")


def test_who_works_on_holidays_is_open_on_easter_monday() -> None:
    mondays = agenda(
        opening(date(2027, 1, 4), "9:00", "9:30", "FREQ=WEEKLY;BYDAY=MO"), region="FR", works_on_holidays=True
    )
    assert labels(slots_on(mondays, date(2027, 3, 29))) == ["09:00"]


@pytest.mark.parametrize(
    ("region", "day", "closed"),
    [
        ("FR", date(2027, 12, 26), False),
        ("FR-57", date(2027, 12, 26), True),
        ("FR-57", date(2027, 3, 26), True),
        ("FR", date(2027, 3, 26), False),
        ("FR-971", date(2027, 5, 27), True),
        ("FR-972", date(2027, 5, 22), True),
        ("FR-973", date(2027, 6, 10), True),
        ("FR-974", date(2027, 12, 20), True),
        ("FR-976", date(2027, 4, 27), True),
        ("FR", date(2027, 5, 27), False),
        ("FR-974", date(2027, 7, 14), True),
        ("", date(2027, 7, 14), False),
    ],
)
def test_each_region_keeps_its_own_holidays(region: str, day: date, closed: bool) -> None:
    bento = agenda(opening(date(2027, 1, 1), "9:00", "10:00"), region=region)
    assert (slots_on(bento, day) == []) == closed
    assert (day.toordinal() in holidays_of(region, 2027)) == closed


@pytest.mark.parametrize(
    ("postcode", "region", "zone"),
    [
        ("75011", "FR", "Europe/Paris"),
        ("67000", "FR-57", "Europe/Paris"),
        ("97110", "FR-971", "America/Guadeloupe"),
        ("97150", "FR-MF", "America/Marigot"),
        ("97400", "FR-974", "Indian/Reunion"),
        ("98800", "FR-NC", "Pacific/Noumea"),
    ],
)
def test_a_postcode_tells_region_and_zone(postcode: str, region: str, zone: str) -> None:
    assert (region_of_postcode(postcode), zone_of_postcode(postcode)) == (region, zone)


def test_a_night_begun_before_a_holiday_ends_in_it_and_one_begun_on_it_does_not_run() -> None:
    nights = agenda(opening(date(2027, 7, 1), "22:00", "2:00"), region="FR")
    assert labels(slots_on(nights, date(2027, 7, 14), visit_type(60))) == ["00:00", "01:00"]
    assert labels(slots_on(nights, date(2027, 7, 15), visit_type(60))) == ["22:00", "23:00"]


def test_what_was_written_for_one_date_holds_on_a_holiday() -> None:
    extra = DatedChange(
        change=UUID(int=5), on_date=date(2027, 7, 14), kind=ChangeKind.EXTRA, start_minute=600, end_minute=660
    )
    bento = agenda(opening(date(2027, 7, 1), "9:00", "10:00"), region="FR", changes=[extra])
    assert labels(slots_on(bento, date(2027, 7, 14))) == ["10:00", "10:30"]


# ---------------------------------------------------------------- dated exceptions and absences


def test_this_thursday_only_from_two_to_four() -> None:
    rule = opening(date(2027, 1, 7), "9:00", "12:00", "FREQ=WEEKLY;BYDAY=TH")
    only = DatedChange(
        change=UUID(int=5), on_date=date(2027, 5, 20), kind=ChangeKind.REPLACED, opening=rule.opening,
        start_minute=14 * 60, end_minute=16 * 60,
    )  # fmt: skip
    bento = agenda(rule, changes=[only])
    assert labels(slots_on(bento, date(2027, 5, 20), visit_type(60))) == ["14:00", "15:00"]
    assert labels(slots_on(bento, date(2027, 5, 27), visit_type(60))) == ["09:00", "10:00", "11:00"]


def test_a_closed_date_says_so_and_leaves_the_other_opening() -> None:
    morning = opening(date(2027, 1, 1), "9:00", "10:00", number=1)
    evening = opening(date(2027, 1, 1), "17:00", "18:00", number=2)
    closed = DatedChange(
        change=UUID(int=5), on_date=date(2027, 5, 20), kind=ChangeKind.CLOSED, opening=morning.opening
    )
    bento = agenda(morning, evening, changes=[closed])
    assert labels(slots_on(bento, date(2027, 5, 20))) == ["17:00", "17:30"]
    assert why_not(bento, visit_type(), NOW, wall("2027-05-20T09:00")) == (
        reason.ClosedThisDate(date(2027, 5, 20)),
    )
    assert labels(slots_on(bento, date(2027, 5, 21))) == ["09:00", "09:30", "17:00", "17:30"]


def test_an_absence_takes_exactly_its_wall_clock_out() -> None:
    away = absence(wall("2027-05-20T09:30"), wall("2027-05-20T10:15"))
    bento = agenda(opening(date(2027, 5, 1), "9:00", "11:00"), absences=[away])
    assert labels(slots_on(bento, date(2027, 5, 20), visit_type(15))) == [
        "09:00",
        "09:15",
        "10:15",
        "10:30",
        "10:45",
    ]
    (why,) = why_not(bento, visit_type(15), NOW, wall("2027-05-20T10:00"))
    assert why == reason.Absent(away.absence, away.since, away.until)


# ---------------------------------------------------------------- 4: overseas


def test_nine_in_guadeloupe_is_one_in_the_afternoon_utc_all_year() -> None:
    bento = agenda(opening(date(2027, 1, 1), "9:00", "9:30"), zone="America/Guadeloupe", region="FR-971")
    for day in (date(2027, 2, 3), date(2027, 3, 28), date(2027, 7, 6), date(2027, 10, 31), date(2027, 11, 2)):
        assert [slot.start.time().isoformat("minutes") for slot in slots_on(bento, day)] == ["13:00"]


def test_a_day_in_noumea_is_the_sites_day() -> None:
    bento = agenda(opening(date(2027, 1, 1), "0:00", "0:00"), zone="Pacific/Noumea")
    slots = slots_on(bento, date(2027, 6, 2), visit_type(60))
    assert (slots[0].start, slots[-1].end) == (utc("2027-06-01T13:00"), utc("2027-06-02T13:00"))


def test_the_horizon_counts_the_sites_days() -> None:
    bento = agenda(opening(date(2027, 1, 1), "9:00", "9:30"), zone="Pacific/Noumea")
    # 1 June 14:00 in London is already 2 June in Nouméa: two days ahead is 4 June there.
    now = Situation(now=utc("2027-06-01T14:00"))
    found = free_slots(bento, visit_type(horizon_days=2), now, first=date(2027, 6, 1), days=10)
    assert [slot.day for slot in found] == [date(2027, 6, 2), date(2027, 6, 3), date(2027, 6, 4)]


# ---------------------------------------------------------------- 8: tampering


def test_a_claim_is_recomputed_and_the_browsers_word_counts_for_nothing() -> None:
    bento = agenda(opening(date(2027, 5, 1), "9:00", "12:00"))
    visit = visit_type(30, step_minutes=30, buffer_after_minutes=10, accepted=Accepted.ON_REQUEST)
    found = offer(bento, visit, NOW, utc("2027-05-20T07:30"))
    assert (found.slot.minutes, found.on_request, found.overbooked) == (30, True, False)
    assert (found.blocked_since, found.blocked_until) == (utc("2027-05-20T07:30"), utc("2027-05-20T08:10"))


@pytest.mark.parametrize(
    ("start", "code"),
    [
        (utc("2027-05-20T07:40"), "not_on_step"),
        (utc("2027-05-20T07:30") + timedelta(seconds=20), "not_on_step"),
        (utc("2027-05-20T10:00"), "closed_hours"),
        (utc("2027-05-20T06:30"), "closed_hours"),
        (utc("2025-05-20T07:30"), "past"),
        (utc("2028-05-20T07:30"), "too_far"),
    ],
)
def test_a_start_off_the_grid_or_outside_is_refused_by_name(start: datetime, code: str) -> None:
    bento = agenda(opening(date(2025, 1, 1), "9:00", "12:00"))
    with pytest.raises(NotOffered) as refused:
        offer(bento, visit_type(), NOW, start)
    assert codes(refused.value.reasons) == [code]


@pytest.mark.parametrize("year", [1, 1000, 1972, 2500, 9999])
def test_mallory_asks_for_any_year_and_gets_an_answer(year: int) -> None:
    bento = agenda(opening(date(2025, 1, 1), "9:00", "12:00"), region="FR")
    wanted = ["past"] if year < 2026 else ["too_far"]
    for moment in (wall(f"{year:04}-01-01T00:00"), wall(f"{year:04}-12-31T23:59:59")):
        assert codes(why_not(bento, visit_type(), NOW, moment)) == wanted
        assert codes(why_not(bento, visit_type(), SAM, moment.replace(tzinfo=UTC))) == wanted
        with pytest.raises(NotOverbookable):
            overbook(bento, visit_type(), SAM, moment.replace(tzinfo=UTC), warned=frozenset(wanted))
        assert free_slots(bento, visit_type(), NOW, first=moment.date(), days=62) == []
        since, until = reach(bento, visit_type(), first=moment.date(), days=62)
        assert since < until


def test_a_staff_type_is_not_for_alice_and_is_for_sam() -> None:
    bento = agenda(opening(date(2027, 5, 1), "9:00", "12:00"))
    at_nine, staff_type = utc("2027-05-20T07:00"), visit_type(who=Who.STAFF)
    assert codes(why_not(bento, staff_type, NOW, at_nine)) == ["staff_only"]
    assert codes(why_not(bento, visit_type(who=Who.KNOWN), NOW, at_nine)) == ["known_patients_only"]
    assert why_not(bento, visit_type(who=Who.KNOWN), replace(NOW, who=Who.KNOWN), at_nine) == ()
    assert why_not(bento, staff_type, SAM, at_nine) == ()
    assert slots_on(bento, date(2027, 5, 20), staff_type) == []


def test_another_agendas_type_and_a_closed_agenda_offer_nothing() -> None:
    bento = agenda(opening(date(2027, 5, 1), "9:00", "12:00"))
    elsewhere = replace(visit_type(), agendas=frozenset({UUID(int=77)}))
    at_nine = utc("2027-05-20T07:00")
    assert codes(why_not(bento, elsewhere, SAM, at_nine)) == ["visit_type_not_here"]
    assert codes(why_not(replace(bento, active=False), visit_type(), SAM, at_nine)) == ["agenda_closed"]
    ended = replace(bento, last_date=date(2027, 5, 19))
    assert codes(why_not(ended, visit_type(), SAM, at_nine)) == ["agenda_ended"]
    assert why_not(replace(bento, last_date=date(2027, 5, 20)), visit_type(), SAM, at_nine) == ()
    assert slots_on(ended, date(2027, 5, 20), visit_type()) == []
    assert (
        slots_on(bento, date(2027, 5, 20), elsewhere)
        == slots_on(replace(bento, active=False), date(2027, 5, 20))
        == []
    )


def test_an_opening_kept_for_laser_is_not_for_a_check_up() -> None:
    bento = agenda(opening(date(2027, 5, 1), "9:00", "12:00", types=frozenset({LASER})))
    assert why_not(bento, visit_type(), NOW, utc("2027-05-20T07:00")) == (
        reason.OpeningKeepsOtherTypes((LASER,)),
    )
    laser = replace(visit_type(60), visit_type=LASER)
    assert labels(slots_on(bento, date(2027, 5, 20), laser)) == ["09:00", "10:00", "11:00"]


def test_quota_counts_the_sites_day_and_a_second_kind_of_resource_is_asked_for_too() -> None:
    bento = agenda(opening(date(2027, 5, 1), "9:00", "10:00"))
    full = replace(NOW, visits={date(2027, 5, 20): 2})
    assert slots_on(bento, date(2027, 5, 20), visit_type(daily_quota=2), full) == []
    assert len(slots_on(bento, date(2027, 5, 20), visit_type(daily_quota=3), full)) == 2
    room, laser = UUID(int=51), UUID(int=52)
    both = visit_type(resource_kinds=frozenset({"room", "laser"}))
    taken = [span(utc("2027-05-20T07:00"), 30)]
    situation = replace(NOW, resources=[Resource(room, "room"), Resource(laser, "laser", taken)])
    assert labels(slots_on(bento, date(2027, 5, 20), both, situation)) == ["09:30"]
    assert codes(why_not(bento, both, situation, utc("2027-05-20T07:00"))) == ["resource_busy"]
    assert offer(bento, both, situation, utc("2027-05-20T07:30")).resources == (laser, room)
    second = replace(situation, resources=[*situation.resources, Resource(UUID(int=53), "laser")])
    assert offer(bento, both, second, utc("2027-05-20T07:00")).resources == (UUID(int=53), room)
    assert slots_on(bento, date(2027, 5, 20), both, NOW) == []


# ---------------------------------------------------------------- 9: moves


def test_a_move_to_a_longer_visit_beside_a_busy_neighbour_is_refused() -> None:
    bento = agenda(opening(date(2027, 5, 1), "9:00", "12:00"))
    mine, neighbour = span(utc("2027-05-20T07:00"), 30, ALICE), span(utc("2027-05-20T07:30"), 30, TOM)
    moving = replace(NOW, busy=[mine, neighbour], moving=ALICE)
    with pytest.raises(NotOffered) as refused:
        offer(bento, visit_type(60), moving, mine.start)
    assert refused.value.reasons == (reason.Busy(TOM, neighbour.start, neighbour.end),)


def test_a_move_within_ones_own_time_does_not_block_itself() -> None:
    bento = agenda(opening(date(2027, 5, 1), "9:00", "12:00"))
    mine = span(utc("2027-05-20T07:00"), 60, ALICE)
    quarter = visit_type(60, step_minutes=15)
    assert offer(bento, quarter, replace(NOW, busy=[mine], moving=ALICE), utc("2027-05-20T07:15"))
    with pytest.raises(NotOffered):
        offer(bento, quarter, replace(NOW, busy=[mine]), utc("2027-05-20T07:15"))


def test_a_chosen_duration_survives_a_move() -> None:
    bento = agenda(opening(date(2027, 5, 1), "9:00", "12:00"))
    longer = replace(NOW, minutes=45, moving=ALICE)
    found = offer(bento, visit_type(30), longer, utc("2027-05-20T08:00"))
    assert (found.slot.minutes, found.slot.end) == (45, utc("2027-05-20T08:45"))
    assert labels(slots_on(bento, date(2027, 5, 20), visit_type(30), longer))[-1] == "11:00"
    with pytest.raises(InvalidRule):
        replace(NOW, minutes=0)


def test_buffers_keep_neighbours_apart() -> None:
    bento = agenda(opening(date(2027, 5, 1), "9:00", "11:00"))
    visit = visit_type(30, step_minutes=10, buffer_before_minutes=10, buffer_after_minutes=20)
    busy = replace(NOW, busy=[span(utc("2027-05-20T08:00"), 20)])
    # Busy 10:00 to 10:20: a visit ends by 9:40 or begins from 10:30.
    assert labels(slots_on(bento, date(2027, 5, 20), visit, busy)) == ["09:00", "09:10", "10:30"]


# ---------------------------------------------------------------- 11: odd weeks


def test_odd_weeks_follow_each_other_at_the_years_end_and_every_two_weeks_does_not() -> None:
    odd = agenda(opening(date(2026, 12, 3), "9:00", "9:30", "FREQ=WEEKLY;BYDAY=TH", parity=WeekParity.ODD))
    even = agenda(opening(date(2026, 12, 3), "9:00", "9:30", "FREQ=WEEKLY;BYDAY=TH", parity=WeekParity.EVEN))
    fortnight = agenda(opening(date(2026, 12, 3), "9:00", "9:30", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TH"))
    first = date(2026, 12, 24)

    def days(bento: Agenda) -> list[date]:
        return [slot.day for slot in free_slots(bento, visit_type(), NOW, first=first, days=29)]

    assert days(odd) == [date(2026, 12, 31), date(2027, 1, 7), date(2027, 1, 21)]
    assert days(even) == [date(2026, 12, 24), date(2027, 1, 14)]
    assert days(fortnight) == [date(2026, 12, 31), date(2027, 1, 14)]


def test_the_last_day_is_included_and_its_night_runs_into_the_next() -> None:
    nights = agenda(opening(date(2027, 5, 18), "22:00", "2:00", last=date(2027, 5, 20)))
    hour = visit_type(60)
    assert labels(slots_on(nights, date(2027, 5, 18), hour)) == ["22:00", "23:00"]
    assert labels(slots_on(nights, date(2027, 5, 20), hour)) == ["00:00", "01:00", "22:00", "23:00"]
    assert labels(slots_on(nights, date(2027, 5, 21), hour)) == ["00:00", "01:00"]
    assert labels(slots_on(nights, date(2027, 5, 22), hour)) == []


def test_a_visit_may_run_past_midnight_inside_a_night() -> None:
    nights = agenda(opening(date(2027, 10, 30), "22:00", "4:00", rrule=""))
    slots = free_slots(nights, visit_type(120), NOW, first=date(2027, 10, 30), days=2)
    assert labels(slots) == ["22:00", "00:00", "02:00s", "02:00w"]


# ---------------------------------------------------------------- 13: notice


def test_a_days_notice_across_the_change_is_the_same_hour_on_the_wall() -> None:
    bento = agenda(opening(date(2027, 3, 1), "0:00", "0:00"))
    now = Situation(now=utc("2027-03-27T13:00"))  # Saturday 14:00 in Paris; Sunday 14:00 is 23 hours away
    assert (
        next_free(bento, visit_type(30, notice_minutes=1440), now) == slots_on(bento, date(2027, 3, 28))[26]
    )
    (why,) = why_not(bento, visit_type(30, notice_minutes=1440), now, utc("2027-03-28T11:30"))
    assert why == reason.TooSoon(1440, utc("2027-03-28T12:00"))


def test_two_hours_notice_is_two_hours_in_the_night_of_the_change() -> None:
    bento = agenda(opening(date(2027, 3, 1), "0:00", "0:00"))
    now = Situation(now=utc("2027-03-28T00:30"))  # 01:30 on the wall; two hours later it shows 04:30
    found = next_free(bento, visit_type(30, notice_minutes=120), now)
    assert found is not None
    assert (found.start, found.label) == (utc("2027-03-28T02:30"), "04:30")


def test_notice_and_horizon_bind_alice_and_not_sam() -> None:
    bento = agenda(opening(date(2027, 5, 1), "9:00", "10:00"))
    visit = visit_type(notice_minutes=2880, horizon_days=3)
    now = Situation(now=utc("2027-05-20T06:00"))
    week = {"first": date(2027, 5, 20), "days": 7}
    assert [slot.day.day for slot in free_slots(bento, visit, now, **week)] == [22, 22, 23, 23]  # type: ignore[arg-type]
    assert len(free_slots(bento, visit, replace(now, who=Who.STAFF), **week)) == 14  # type: ignore[arg-type]


# ---------------------------------------------------------------- overbooking


def test_sam_overbooks_after_the_warning_and_the_mark_is_set_only_over_taken_time() -> None:
    bento = agenda(opening(date(2027, 5, 1), "9:00", "12:00"))
    busy = replace(SAM, busy=[span(utc("2027-05-20T07:00"), 30)])
    taken = overbook(bento, visit_type(), busy, utc("2027-05-20T07:00"), warned=frozenset({"busy"}))
    assert taken.overbooked
    early = overbook(bento, visit_type(), busy, utc("2027-05-20T06:30"), warned=frozenset({"closed_hours"}))
    assert not early.overbooked


def test_a_warning_that_grew_meanwhile_is_shown_again() -> None:
    bento = agenda(opening(date(2027, 5, 1), "9:00", "12:00"))
    busy = replace(SAM, busy=[span(utc("2027-05-20T06:30"), 30)])
    with pytest.raises(WarningChanged) as again:
        overbook(bento, visit_type(), busy, utc("2027-05-20T06:30"), warned=frozenset({"closed_hours"}))
    assert codes(again.value.reasons) == ["closed_hours", "busy"]


def test_no_warning_lets_alice_overbook_or_sam_take_a_room_that_is_taken() -> None:
    bento = agenda(opening(date(2027, 5, 1), "9:00", "12:00"))
    everything = frozenset({"busy", "resource_busy", "past", "staff_only"})
    with pytest.raises(NotOffered):
        overbook(bento, visit_type(), NOW, utc("2027-05-20T07:00"), warned=everything)
    with pytest.raises(NotOverbookable):
        overbook(
            bento,
            visit_type(resource_kinds=frozenset({"room"})),
            SAM,
            utc("2027-05-20T07:00"),
            warned=everything,
        )
    with pytest.raises(NotOverbookable):
        overbook(bento, visit_type(), SAM, utc("2025-05-20T07:00"), warned=everything)


def test_a_span_of_ninety_nine_records_leaves_the_hundredth_half_hour() -> None:
    bento = agenda(opening(date(2027, 5, 1), "0:00", "0:00"))
    starts = [slot.start for slot in free_slots(bento, visit_type(), NOW, first=date(2027, 5, 1), days=3)]
    busy = [
        Span(start, start + timedelta(minutes=30), UUID(int=n + 1000))
        for n, start in enumerate(starts)
        if n != 99
    ]
    found = free_slots(bento, visit_type(), replace(NOW, busy=busy), first=date(2027, 5, 1), days=3)
    assert [slot.start for slot in found] == [starts[99]]
