# SPDX-License-Identifier: AGPL-3.0-or-later
"""Agendas, sites and practitioners come, change and go: nobody overwrites anybody, no appointment is lost."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import date, timedelta

import msgspec
import pytest

from bento_house import DAY, Hand, House, at, open_house, sam_signs_in
from serment.database.pool import open_pool
from serment.domain.errors import InvalidRule, NotOffered
from serment.framing import Role
from serment.server.usecases.change_agenda import change_agenda
from serment.server.usecases.change_hours import change_hours
from serment.server.usecases.change_practitioner import change_practitioner
from serment.server.usecases.change_site import change_site
from serment.server.usecases.confirm_practice import confirm_practice, waiting_practices
from serment.server.usecases.errors import (
    AgendaInUse,
    ClaimTaken,
    NoSuchAgenda,
    NoSuchTown,
    NoSuchUnit,
    NotYourRole,
    OfAnotherUnit,
    Registered,
    RuleChanged,
    RuleIdTaken,
    StillNeeded,
)
from serment.server.usecases.explain_slot import explain_slot
from serment.server.usecases.find_slots import find_slots
from serment.server.usecases.hours_asked import HoursAsked, OpeningAsked
from serment.server.usecases.house_rows import AgendaRow, PractitionerRow, RuleRows, SiteRow
from serment.server.usecases.membership import Staff, member_of
from serment.server.usecases.preview_offer import preview_offer
from serment.server.usecases.read_agenda import read_agenda
from serment.server.usecases.read_envelope import read_by_link
from serment.server.usecases.read_practice import read_agenda as read_agenda_page
from serment.server.usecases.read_practice import read_practice
from serment.server.usecases.read_rule_rows import read_rule_rows
from serment.server.usecases.rule_rows import OpeningRow
from serment.server.usecases.show_practitioner import show_practitioner
from serment.server.usecases.situation import Asked

NUMBER = "10101234567"


@pytest.fixture
async def house(new_database: Callable[[], Awaitable[str]]) -> AsyncIterator[House]:
    pool = await open_pool(await new_database(), connections_max=12)
    await pool.execute(
        "INSERT INTO towns VALUES ('29019', 'Brest', 'brest', '{29200,29280}', '29', 'Bretagne', 48.39, -4.49, true, 139456, '{}'),"
        " ('44109', 'Nantes', 'nantes', '{44000,44100}', '44', 'Pays de la Loire', 47.23, -1.55, true, 325070, '{}')"
    )
    yield await open_house(pool)
    pool.terminate()


@pytest.fixture
async def sam(house: House) -> Staff:
    return await member_of(house.instance, await sam_signs_in(house), house.practice)


@pytest.fixture
def bento(house: House, sam: Staff) -> Staff:
    """Dr Bento, who owns the practice and sits in both units."""
    return replace(sam, role=Role.OWNER, units=frozenset({house.unit, house.id("unit", "lab")}))


async def rows(house: House, staff: Staff) -> RuleRows:
    return await read_rule_rows(house.instance, staff)


async def the_agenda(house: House, staff: Staff) -> AgendaRow:
    return next(row for row in (await rows(house, staff)).agendas if row.agenda == house.bento)


def brest(name: str = "Annexe", **other: object) -> SiteRow:
    """A site of Brest."""
    row = SiteRow(
        site=uuid.uuid4(), name=name, address="3 quai de la Douane", postcode="29200", town_code="29019",
        timezone="Europe/Paris", holiday_region="FR", phone="", access_fr="", access_en="",
    )  # fmt: skip
    return msgspec.structs.replace(row, **other)


def rosa(number: str = "") -> PractitionerRow:
    return PractitionerRow(
        practitioner=uuid.uuid4(), title="Dr", given_name="Rosa", family_name="Quéméneur", specialty="SM54", number=number,
        about_fr="", about_en="", new_patients=True,
    )  # fmt: skip


def an_agenda(house: House, site: uuid.UUID, practitioner: uuid.UUID, unit: str = "unit") -> AgendaRow:
    return AgendaRow(
        agenda=uuid.uuid4(), site=site, practitioner=practitioner, unit=house.id("unit", unit), name="", active=True,
        last_date=None, works_on_holidays=False, position=9,
    )  # fmt: skip


async def free(house: House, day: date, agenda: uuid.UUID | None = None) -> list[str]:
    """What patients are offered on a day, by the clock on the wall."""
    told = json.loads(await find_slots(house.instance, agenda or house.bento, house.type(), day, 1))
    return [slot["time"] for slot in told["days"][0]["slots"]]


async def why(house: House, staff: Staff, start: str, day: date) -> list[str]:
    asked = Asked(house.bento, house.type())
    return [each["reason"] for each in await explain_slot(house.instance, staff, asked, at(start, day))]


# ---------------------------------------------------------------- an agenda closes


async def test_an_agenda_closed_from_a_day_on_keeps_who_is_before_and_names_who_is_after(
    house: House, bento: Staff
) -> None:
    last = DAY + timedelta(days=3)
    before, after, beside = Hand(house), Hand(house), Hand(house)
    await before.book(at("09:00", last))
    await after.book(at("09:00", last + timedelta(days=1)))
    await beside.book(at("09:00", last + timedelta(days=1)), agenda=house.ferrand)
    was = await the_agenda(house, bento)
    now = msgspec.structs.replace(was, last_date=last)
    draft = await preview_offer(
        house.instance, bento, HoursAsked(agenda=house.bento), house.type(), None, last, 2, now
    )
    assert [each.record for each in draft.in_the_way.stranded] == [after.record]
    assert {slot.change for slot in draft.days[0].slots} == {"same"}
    assert {slot.change for slot in draft.days[1].slots} == {"gone"}
    assert await free(house, last + timedelta(days=1))  # nothing was stored
    for _ in range(2):  # and again, as after a lost answer
        found = await change_agenda(house.instance, bento, was, now)
        assert [(each.record, each.troubles) for each in found.stranded] == [(after.record, ["closed"])]
    assert await free(house, last)
    assert await free(house, last + timedelta(days=1)) == []
    assert await free(house, last + timedelta(days=1), house.ferrand)
    assert await why(house, bento, "10:00", last + timedelta(days=1)) == ["agenda_ended"]
    statuses = await house.instance.pool.fetch("SELECT status FROM appointments")
    assert [row["status"] for row in statuses] == ["booked"] * 3
    # Staff do not book behind it either; opened again, everything is as it was.
    with pytest.raises(NotOffered):
        await Hand(house).book(at("10:00", last + timedelta(days=1)))
    assert (await change_agenda(house.instance, bento, now, was)).stranded == []
    assert await free(house, last + timedelta(days=1))


async def test_who_has_left_is_shown_to_patients_until_the_last_day_and_not_after(
    house: House, bento: Staff
) -> None:
    was = await the_agenda(house, bento)
    await change_agenda(house.instance, bento, was, msgspec.structs.replace(was, last_date=DAY))
    slug = f"{house.slug}-b"

    async def shown() -> tuple[int, set[uuid.UUID]]:
        page = await show_practitioner(house.instance, slug, agenda=None, visit_type=None, first=None)
        practice = await read_practice(house.instance, house.slug)
        assert page is not None
        return len(page.agendas), {each.agenda for each in practice.agendas}

    agendas, listed = await shown()
    house.clock.pass_(days=2)
    agendas_then, listed_then = await shown()
    assert (agendas - agendas_then, listed - listed_then) == (1, {house.bento})


async def test_of_two_desks_on_one_agenda_the_second_is_told_what_stands(house: House, bento: Staff) -> None:
    was = await the_agenda(house, bento)
    names = [msgspec.structs.replace(was, name=f"Bureau {nth}") for nth in range(12)]

    async def one(now: AgendaRow) -> bool:
        try:
            await change_agenda(house.instance, bento, was, now)
        except RuleChanged as refused:
            assert refused.told["stands"] in names
            return False
        return True

    assert sum(await asyncio.gather(*map(one, names))) == 1


async def test_a_desk_that_reads_its_days_is_told_that_the_rules_are_others(
    house: House, bento: Staff
) -> None:
    async def version() -> int:
        read = await read_agenda(house.instance, bento, [house.ferrand], DAY, 1, kids=[])
        return read.rules_version

    seen = [await version()]
    was = await the_agenda(house, bento)
    await change_agenda(house.instance, bento, was, msgspec.structs.replace(was, name="Bureau 2"))
    assert await version() == seen[-1]  # another agenda's name is nothing of this one's
    site = (await rows(house, bento)).sites[0]
    await change_site(house.instance, bento, site, msgspec.structs.replace(site, phone="0298000000"))
    seen.append(await version())
    new = an_agenda(house, site.site, house.id("practitioner", "bento"))
    await change_agenda(house.instance, bento, None, new)
    seen.append(await version())
    await change_agenda(house.instance, bento, new, None)
    seen.append(await version())
    assert seen == sorted(set(seen))


# ---------------------------------------------------------------- somebody comes, at one more site


async def test_dr_quemeneur_comes_and_receives_at_a_second_site(house: House, bento: Staff) -> None:
    annexe, doctor = brest(), rosa()
    await change_site(house.instance, bento, None, annexe)
    await change_practitioner(house.instance, bento, None, doctor)
    assert doctor in (await rows(house, bento)).practitioners
    new = an_agenda(house, annexe.site, doctor.practitioner)
    for _ in range(2):
        await change_agenda(house.instance, bento, None, new, [house.type()])
    opening = OpeningRow(
        opening=uuid.uuid4(), agenda=new.agenda, first_date=DAY, last_date=None, start_minute=540, end_minute=600,
        rrule="FREQ=DAILY", week_parity="all", visit_types=None,
    )  # fmt: skip
    await change_hours(
        house.instance, bento, HoursAsked(agenda=new.agenda, openings=[OpeningAsked(None, opening)])
    )
    assert await free(house, DAY, new.agenda) == ["09:00", "09:15", "09:30"]
    await Hand(house).book(at("09:00"), agenda=new.agenda)
    practice = await read_practice(house.instance, house.slug)
    told = next(each for each in practice.practitioners if each.practitioner == doctor.practitioner)
    assert told.slug == "rosa-quemeneur-brest"
    place = next(each for each in practice.sites if each.site == annexe.site)
    assert (place.town, round(place.latitude)) == ("Brest", 48)
    # What is used stays; it is closed instead.
    with pytest.raises(AgendaInUse):
        await change_agenda(house.instance, bento, new, None)
    with pytest.raises(StillNeeded):
        await change_site(house.instance, bento, annexe, None)
    with pytest.raises(StillNeeded):
        await change_practitioner(house.instance, bento, doctor, None)


async def test_what_was_added_by_mistake_goes_again_in_the_order_it_came(house: House, bento: Staff) -> None:
    before = await rows(house, bento)
    annexe, doctor = brest(), rosa()
    new = an_agenda(house, annexe.site, doctor.practitioner)
    await change_site(house.instance, bento, None, annexe)
    await change_practitioner(house.instance, bento, None, doctor)
    await change_agenda(house.instance, bento, None, new, [house.type()])
    for _ in range(2):
        await change_agenda(house.instance, bento, new, None)
    await change_practitioner(house.instance, bento, doctor, None)
    await change_site(house.instance, bento, annexe, None)
    assert await rows(house, bento) == before


async def test_an_agenda_is_of_this_practices_people_places_units_and_types(
    house: House, bento: Staff
) -> None:
    site, person = house.id("site", "site"), house.id("practitioner", "bento")
    good = an_agenda(house, site, person)
    for wrong, refusal in (
        (msgspec.structs.replace(good, unit=uuid.uuid4()), NoSuchUnit),
        (msgspec.structs.replace(good, agenda=house.bento), RuleChanged),
    ):
        with pytest.raises(refusal):
            await change_agenda(house.instance, bento, None, wrong)
    for wrong in (
        msgspec.structs.replace(good, site=uuid.uuid4()),
        msgspec.structs.replace(good, practitioner=uuid.uuid4()),
    ):
        with pytest.raises(Exception, match="no_such_rule"):
            await change_agenda(house.instance, bento, None, wrong)
    with pytest.raises(Exception, match="no_such_rule"):
        await change_agenda(house.instance, bento, None, good, [uuid.uuid4()])
    was = await the_agenda(house, bento)
    with pytest.raises(InvalidRule):
        await change_agenda(house.instance, bento, was, msgspec.structs.replace(was, site=uuid.uuid4()))
    await house.instance.pool.execute(
        "INSERT INTO agendas (practice, agenda, site, practitioner, unit) VALUES ($1, $2, $1, $1, $1)", uuid.uuid4(), good.agenda
    )  # fmt: skip
    with pytest.raises(RuleIdTaken):
        await change_agenda(house.instance, bento, None, good)


async def test_an_owner_gives_a_unit_they_are_not_in_its_agenda_and_then_sees_it_no_more(
    house: House, bento: Staff
) -> None:
    outside = replace(bento, units=frozenset({house.unit}))
    new = an_agenda(house, house.id("site", "site"), house.id("practitioner", "ferrand"), unit="lab")
    await change_agenda(house.instance, outside, None, new)
    assert new not in (await rows(house, outside)).agendas
    assert new in (await rows(house, bento)).agendas
    with pytest.raises(NoSuchAgenda):
        await change_agenda(house.instance, outside, new, msgspec.structs.replace(new, last_date=DAY))


# ---------------------------------------------------------------- where


async def test_a_town_is_the_official_lists_and_goes_with_its_postcode(house: House, bento: Staff) -> None:
    with pytest.raises(NoSuchTown):
        await change_site(house.instance, bento, None, brest(postcode="75001"))
    with pytest.raises(NoSuchTown):
        await change_site(house.instance, bento, None, brest(town_code="29999"))
    with pytest.raises(InvalidRule):
        await change_site(house.instance, bento, None, brest(timezone="Europe/Atlantis"))
    was = next(row for row in (await rows(house, bento)).sites)
    now = msgspec.structs.replace(was, postcode="44000", town_code="44109", address="1 quai de la Fosse")
    await change_site(house.instance, bento, was, now)
    town = await house.instance.pool.fetchrow("SELECT town, latitude FROM sites WHERE site = $1", was.site)
    assert town is not None
    assert (town["town"], round(town["latitude"])) == ("Nantes", 47)


@pytest.mark.parametrize("word", ["tilleuls.example", "01 40 20 30", " Lavoir", "Étangs de la Brenne été"])
async def test_a_site_says_a_word_and_nothing_that_could_be_taken_for_more(
    house: House, bento: Staff, word: str
) -> None:
    was = (await rows(house, bento)).sites[0]
    with pytest.raises(InvalidRule, match="word"):
        await change_site(house.instance, bento, was, msgspec.structs.replace(was, word=word))


async def test_who_books_and_who_holds_a_link_learn_what_a_site_tells_and_of_which_visits_nothing_is_told(
    house: House, sam: Staff, bento: Staff
) -> None:
    agenda = await the_agenda(house, bento)
    was = next(row for row in (await rows(house, bento)).sites if row.site == agenda.site)
    now = msgspec.structs.replace(was, word="Lavoir", confirms=False, reminds_week=False)
    with pytest.raises(NotYourRole):
        await change_site(house.instance, replace(sam, role=Role.PRACTITIONER), was, now)
    for _ in range(2):
        await change_site(house.instance, bento, was, now)
    await house.instance.pool.execute(
        "UPDATE visit_types SET silent = true WHERE visit_type = $1", house.type()
    )
    alice = Hand(house)
    await alice.book(at("9:00"))
    page = await read_agenda_page(house.instance, house.bento)
    link = await read_by_link(house.instance, alice.cap.row_token)
    for site in (page.site, link.site):
        assert (site.word, site.confirms, site.reminds_week, site.reminds_eve) == (
            "Lavoir",
            False,
            False,
            True,
        )
    assert link.visit_type.silent


async def test_a_site_with_other_holidays_names_who_comes_on_one(house: House, bento: Staff) -> None:
    """Good Friday is a holiday in Strasbourg and none in Brest."""
    good_friday = date(2027, 3, 26)
    was = await the_agenda(house, bento)
    await change_agenda(house.instance, bento, was, msgspec.structs.replace(was, works_on_holidays=False))
    alice = Hand(house)
    await alice.book(at("09:00", good_friday))
    site = (await rows(house, bento)).sites[0]
    for _ in range(2):
        found = await change_site(
            house.instance, bento, site, msgspec.structs.replace(site, holiday_region="FR-57")
        )
        assert [each.record for each in found.stranded] == [alice.record]
    assert await free(house, good_friday) == []
    assert await why(house, bento, "10:00", good_friday) == ["holiday"]


# ---------------------------------------------------------------- who, and under which number


async def test_a_number_is_claimed_once_and_shown_by_the_search_when_the_host_says_so(
    house: House, bento: Staff
) -> None:
    asking = replace(house.instance, claims="confirm")
    doctor = rosa(NUMBER)
    await change_practitioner(asking, bento, None, doctor)
    assert doctor in (await rows(house, bento)).practitioners
    with pytest.raises(ClaimTaken):
        await change_practitioner(house.instance, bento, None, rosa(NUMBER))
    bears = "SELECT rpps FROM practitioners WHERE practitioner = $1"
    assert await house.instance.pool.fetchval(bears, doctor.practitioner) is None
    waiting = await waiting_practices(house.instance.pool)
    assert [(row["slug"], row["claim"]) for row in waiting] == [(house.slug, NUMBER)]
    await confirm_practice(house.instance.pool, house.slug)
    assert await house.instance.pool.fetchval(bears, doctor.practitioner) == NUMBER
    assert doctor in (await rows(house, bento)).practitioners
    with pytest.raises(Registered):
        renamed = msgspec.structs.replace(doctor, family_name="Autre")
        await change_practitioner(house.instance, bento, doctor, renamed)
    # Their own words are theirs all the same; and a host that asks nobody accepts at once.
    words = msgspec.structs.replace(doctor, about_fr="Écoute.")
    await change_practitioner(house.instance, bento, doctor, words)
    other = rosa("10101234568")
    await change_practitioner(house.instance, bento, None, other)
    assert await house.instance.pool.fetchval(bears, other.practitioner) == other.number


async def test_a_name_typed_by_hand_is_mended_by_the_owner(house: House, bento: Staff) -> None:
    doctor = rosa()
    await change_practitioner(house.instance, bento, None, doctor)
    mended = msgspec.structs.replace(doctor, family_name="Quemener", specialty="SM26")
    await change_practitioner(house.instance, bento, doctor, mended)
    assert mended in (await rows(house, bento)).practitioners
    with pytest.raises(RuleChanged):
        await change_practitioner(house.instance, bento, doctor, msgspec.structs.replace(doctor, title="Pr"))


# ---------------------------------------------------------------- who may


async def test_a_practitioner_writes_texts_and_settings_and_only_an_owner_opens_and_closes(
    house: House, sam: Staff
) -> None:
    doctor = replace(sam, role=Role.PRACTITIONER)
    read = await rows(house, doctor)
    agenda, site = read.agendas[0], read.sites[0]
    person = next(row for row in read.practitioners if row.given_name == "Ana")
    rest = msgspec.structs.replace(agenda, active=False, works_on_holidays=False)
    await change_agenda(house.instance, doctor, agenda, rest)
    assert await free(house, DAY, agenda.agenda) == []
    said = msgspec.structs.replace(site, access_fr="Premier étage.")
    await change_site(house.instance, doctor, site, said)
    await change_practitioner(
        house.instance, doctor, person, msgspec.structs.replace(person, about_fr="Écoute.")
    )
    for refused in (
        change_agenda(house.instance, doctor, rest, msgspec.structs.replace(rest, last_date=DAY)),
        change_agenda(house.instance, doctor, rest, None),
        change_agenda(house.instance, doctor, None, an_agenda(house, site.site, person.practitioner)),
        change_site(house.instance, doctor, said, msgspec.structs.replace(said, address="2 rue Haute")),
        change_site(house.instance, doctor, None, brest()),
        change_practitioner(house.instance, doctor, None, rosa()),
        change_agenda(house.instance, sam, rest, agenda),
        change_site(house.instance, sam, said, site),
        change_practitioner(house.instance, sam, person, msgspec.structs.replace(person, title="Pr")),
    ):
        with pytest.raises(NotYourRole):
            await refused


async def test_a_practitioner_of_another_unit_alone_is_nobodys_to_change(house: House, bento: Staff) -> None:
    person = next(row for row in (await rows(house, bento)).practitioners if row.given_name == "Luc")
    elsewhere = replace(bento, units=frozenset({house.id("unit", "lab")}))
    with pytest.raises(OfAnotherUnit):
        await change_practitioner(
            house.instance, elsewhere, person, msgspec.structs.replace(person, about_fr="…")
        )
