# SPDX-License-Identifier: AGPL-3.0-or-later
"""A breach's dossier: drafted after a freeze, counted from the ledger, one for each practice, decided, and kept in a chain."""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import msgspec
import pytest

import members_house as people
from bento_house import DAY, Hand, House, at, open_house
from members_house import Person
from serment.domain.incident import Form, FormWrong, Scope
from serment.domain.incident_letter import PARTS, Letter
from serment.domain.ledger import Purpose
from serment.framing import Role
from serment.server.usecases.change_dossier import (
    change_scope,
    change_scope_by_host,
    decide,
    note_paper,
    note_sent,
    write_form,
    write_letter,
)
from serment.server.usecases.dossier import DossierTold, dossiers_of, read_dossier, read_dossiers
from serment.server.usecases.errors import (
    AlreadyNotified,
    NoSuchIncident,
    NotDecided,
    NotYourRole,
    StaleDossier,
)
from serment.server.usecases.open_incident import draft_freezes, open_by_host, open_by_owner
from serment.server.usecases.read_envelope import read_by_link, read_for_member, read_list
from serment.server.usecases.retain import retain
from serment.server.usecases.sentinel import note_foreign


async def sam_reads(house: House, sam: Person) -> list[Hand]:
    """Three appointments: Sam lists the day, opens two contacts and one reason; one patient looks by the link."""
    hands = [Hand(house) for _ in range(3)]
    for nth, hand in enumerate(hands):
        await hand.book(at("08:00", DAY) + timedelta(minutes=30 * nth))
    staff = await sam.staff(house)
    await read_list(
        house.instance, staff, [house.bento], at("00:00", DAY), at("23:00", DAY), kids=[], known=[]
    )
    await read_for_member(house.instance, staff, hands[0].record, ["ct", "rs"], [])
    await read_for_member(house.instance, staff, hands[1].record, ["ct"], [])
    await read_by_link(house.instance, hands[2].cap.row_token)
    return hands


async def freezes(house: House, person: Person) -> None:
    assert person.member is not None
    await note_foreign(house.instance, [(house.practice, person.member)], [uuid.uuid4() for _ in range(5)])


def around(house: House, **more: object) -> Scope:
    now = house.clock()
    return Scope(now - timedelta(hours=1), now, **more)  # type: ignore[arg-type]


async def opened(house: House, bento: Person, scope: Scope | None = None) -> DossierTold:
    incident = uuid.uuid4()
    staff = await bento.staff(house)
    await open_by_owner(house.instance, staff, incident, house.clock(), scope or around(house))
    return (await read_dossier(house.instance, staff, incident)).dossier


async def test_a_freeze_has_its_draft_within_minutes_once_and_with_what_the_access_took(
    house: House, sam: Person, bento: Person
) -> None:
    await sam_reads(house, sam)
    house.clock.pass_(minutes=3)
    await freezes(house, sam)
    assert await draft_freezes(house.instance) == 1
    assert await draft_freezes(house.instance) == 0
    told = await read_dossiers(house.instance, await bento.staff(house))
    [draft] = told.dossiers
    assert (draft.origin, draft.frozen, draft.phase, draft.late) == ("freeze", sam.member, "draft", False)
    assert draft.left_seconds == 72 * 3600
    figures = draft.figures
    assert (figures.entries, figures.appointments, figures.people_min, figures.people_max) == (3, 3, 1, 3)
    assert figures.by_part == {"id": 3, "ct": 2, "rs": 1} and figures.bracket == "to_5"
    assert figures.by_purpose == {"agenda": 1, "record": 2}
    # The notice says what is known; what nobody but people can know is lacking, and nothing is made up.
    assert draft.lacking == ["controller_siren", "representative_name", "contact_name", "contact_reach"]
    assert "demandé 5 dossiers" in draft.form.circumstances
    sent = msgspec.json.decode(msgspec.json.encode(told))
    assert sent["labels"]["nature"]["confidentiality"]["fr"] == "Perte de la confidentialité"


async def test_a_draft_that_fails_stops_none_of_the_others(
    house: House, sam: Person, bento: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    from serment.server.usecases import open_incident

    await freezes(house, sam)
    house.clock.pass_(minutes=1)
    alma = await people.bring_in(bento, house, "Alma", Role.SECRETARY, [house.unit])
    await freezes(house, alma)
    draft = open_incident._draft
    monkeypatch.setattr(open_incident, "DRAFTS_AT_A_TIME", 1)  # Sam's comes first

    async def fails_for_sam(*given: Any) -> None:
        if sam.member in given:
            raise ValueError
        await draft(*given)

    with monkeypatch.context() as patch:
        patch.setattr(open_incident, "_draft", fails_for_sam)
        assert await draft_freezes(house.instance) == 1
    assert [each.frozen for each in await dossiers_of(house.instance)] == [alma.member]
    assert await draft_freezes(house.instance) == 1


async def test_a_crash_before_the_draft_leaves_it_to_the_next_sweep_and_two_servers_make_one(
    house: House, sam: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    from serment.server.usecases import open_incident

    await freezes(house, sam)

    async def dies(*_: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(open_incident, "note_custody", dies)
        assert await draft_freezes(house.instance) == 0
    assert await dossiers_of(house.instance) == []
    found = await open_incident.incidents.undrafted(house.instance.pool, house.clock(), 30, 10)
    assert await draft_freezes(house.instance) == 1

    async def seen_before(*given: object) -> list[asyncpg.Record]:
        return found if given[-1] is None else []  # as another server saw it, a moment earlier

    monkeypatch.setattr(open_incident.incidents, "undrafted", seen_before)
    await draft_freezes(house.instance)
    assert len(await dossiers_of(house.instance)) == 1


async def test_a_scope_by_credential_time_and_route_counts_only_what_it_names(
    house: House, sam: Person, bento: Person
) -> None:
    await sam_reads(house, sam)
    assert sam.member is not None
    dossier = await opened(house, bento)
    assert (dossier.figures.entries, dossier.figures.appointments) == (4, 3)
    staff = await bento.staff(house)
    for scope, entries, appointments in (
        (around(house, readers=(sam.member,)), 3, 3),
        (around(house, links=True), 1, 1),
        (around(house, readers=(sam.member,), purposes=(Purpose.RECORD,)), 2, 2),
        (around(house, readers=(uuid.uuid4(),)), 0, 0),
        (Scope(house.clock() - timedelta(days=2), house.clock() - timedelta(days=1)), 0, 0),
        (around(house), 4, 3),
    ):
        dossier = (await change_scope(house.instance, staff, dossier.incident, dossier.rev, scope)).dossier
        assert (dossier.figures.entries, dossier.figures.appointments) == (entries, appointments)
    with pytest.raises(FormWrong, match="until"):
        await change_scope(
            house.instance,
            staff,
            dossier.incident,
            dossier.rev,
            Scope(house.clock(), house.clock() - timedelta(1)),
        )


async def test_one_incident_at_the_host_is_a_dossier_for_each_practice_that_anything_left_of(
    house: House, sam: Person, bento: Person
) -> None:
    other = await open_house(house.instance.pool, slug="ramon")
    other.clock.now = house.clock()
    await sam_reads(house, sam)
    hand = Hand(other)
    await hand.book(at("08:00", DAY))
    await read_by_link(other.instance, hand.cap.row_token)
    incident = uuid.uuid4()
    scope = around(house)
    practices = await open_by_host(house.instance, incident, house.clock(), scope, [])
    assert set(practices) == {house.practice, other.practice}
    assert set(await open_by_host(house.instance, incident, house.clock(), scope, [])) == set(practices)
    counts = {
        each.practice: each.figures.entries for each in await dossiers_of(house.instance, incident=incident)
    }
    assert counts == {house.practice: 4, other.practice: 1}
    # Each practice sees its own alone.
    [mine] = (await read_dossiers(house.instance, await bento.staff(house))).dossiers
    assert mine.practice == house.practice
    await change_scope_by_host(house.instance, incident, around(house, links=True))
    counts = {
        each.practice: each.figures.entries for each in await dossiers_of(house.instance, incident=incident)
    }
    assert counts == {house.practice: 1, other.practice: 1}


async def test_an_owner_fills_in_decides_and_sends_and_each_step_is_a_line_that_follows_from_the_last(
    house: House, bento: Person
) -> None:
    dossier, staff = await opened(house, bento), await bento.staff(house)
    instance, incident = house.instance, dossier.incident
    form = msgspec.structs.replace(dossier.form, controller_siren="732829320", contact_phone="04 78 00 00 00")
    with pytest.raises(NotDecided):
        await note_sent(instance, staff, incident, 1, "initial", house.clock())
    for _ in range(2):
        dossier = (await write_form(instance, staff, incident, 1, dossier.found_at, form)).dossier
    assert dossier.rev == 2 and "controller_siren" not in dossier.lacking
    with pytest.raises(StaleDossier):
        await write_form(instance, staff, incident, 1, dossier.found_at, Form())
    with pytest.raises(FormWrong, match="circumstances"):
        bad = msgspec.structs.replace(form, circumstances="Mme Tor, 06 12 34 56 78")
        await write_form(instance, staff, incident, 2, dossier.found_at, bad)
    for _ in range(2):
        dossier = (
            await decide(instance, staff, incident, 2, notify=False, reason="Rien n’est sorti.")
        ).dossier
    assert (dossier.phase, dossier.left_seconds, dossier.decided_by) == ("not_notified", None, bento.member)
    dossier = (await decide(instance, staff, incident, 3, notify=True, reason="Par prudence.")).dossier
    house.clock.pass_(days=3, minutes=1)
    assert (await read_dossier(instance, staff, incident)).dossier.lacking[-1] == "late_reason"
    for _ in range(2):
        dossier = (await note_sent(instance, staff, incident, 4, "initial", house.clock())).dossier
    assert (dossier.phase, dossier.late, dossier.left_seconds) == ("initial_sent", True, -60)
    with pytest.raises(AlreadyNotified):
        await decide(instance, staff, incident, dossier.rev, notify=False, reason="Non.")
    await note_sent(instance, staff, incident, 5, "supplementary", house.clock())
    whole = await read_dossier(instance, staff, incident)
    assert whole.dossier.phase == "complete" and whole.intact
    assert [line.line.split("\t")[3] for line in whole.custody] == [
        "open", "form", "decide", "decide", "sent", "sent",
    ]  # fmt: skip


async def test_an_owner_who_did_not_see_what_another_wrote_is_told_so_whatever_they_write(
    house: House, bento: Person
) -> None:
    dossier, staff = await opened(house, bento), await bento.staff(house)
    instance, incident = house.instance, dossier.incident
    alma = await (await people.bring_in(bento, house, "Dr Alma", Role.OWNER, [house.unit])).staff(house)
    await decide(instance, staff, incident, 1, notify=True, reason="Par prudence.")
    mine = msgspec.structs.replace(dossier.form, circumstances="Une liste a été perdue.")
    await write_form(instance, alma, incident, 2, dossier.found_at, mine)
    letter = Letter(contact="Le cabinet répond au 04 78 00 00 00.")
    # Each has the content that stands, or adds beside it: an answer would hide from Bento that the form is another.
    for stale in (
        decide(instance, staff, incident, 2, notify=True, reason="Par prudence."),
        note_sent(instance, staff, incident, 2, "initial", house.clock()),
        write_letter(instance, staff, incident, 2, letter),
        change_scope(instance, staff, incident, 2, around(house)),
        write_form(instance, staff, incident, 2, dossier.found_at, mine),
    ):
        with pytest.raises(StaleDossier):
            await stale
    # Alma's own last word, asked again after its answer was lost, is answered, also after the host printed a paper.
    await note_paper(instance, house.practice, incident, "draft initial", b"%PDF")
    assert (await write_form(instance, alma, incident, 2, dossier.found_at, mine)).dossier.rev == 3


async def test_custody_says_what_was_found_sent_counted_and_why(house: House, bento: Person) -> None:
    dossier, staff = await opened(house, bento), await bento.staff(house)
    instance, incident, found = house.instance, dossier.incident, dossier.found_at
    house.clock.pass_(hours=2)
    earlier = found - timedelta(hours=3)
    await write_form(instance, staff, incident, 1, earlier, dossier.form)
    await decide(instance, staff, incident, 2, notify=True, reason="Par prudence.")
    sent = house.clock() - timedelta(hours=1)
    await note_sent(instance, staff, incident, 3, "initial", sent)
    with pytest.raises(FormWrong, match="after_sent"):
        await write_form(instance, staff, incident, 4, sent + timedelta(minutes=1), dossier.form)
    scope = around(house, readers=(uuid.uuid4(),))
    await change_scope(instance, staff, incident, 4, scope)
    custody = (await read_dossier(instance, staff, incident)).custody
    open_, form, why, went, counted = (line.line.split("\t")[4] for line in custody)

    def said(moment: datetime) -> str:
        return moment.isoformat().replace("+00:00", "Z")

    assert open_.startswith(f"owner found {said(found)} since ")
    assert form.endswith(f"found {said(found)} -> {said(earlier)}")
    assert why == f"notify reason sha256 {hashlib.sha256(b'Par prudence.').hexdigest()}"
    assert went == f"initial at {said(sent)}"
    assert counted.startswith(f"since {said(scope.since)} until {said(scope.until)} readers 1 sha256 ")


async def test_a_letter_is_kept_while_it_lacks_something_and_says_what(house: House, bento: Person) -> None:
    dossier, staff = await opened(house, bento), await bento.staff(house)
    assert dossier.letter_lacks == dict.fromkeys(PARTS, "empty")
    letter = Letter(contact="Le cabinet répond au 04 78 00 00 00.")
    whole = await write_letter(house.instance, staff, dossier.incident, dossier.rev, letter)
    assert whole.dossier.letter == letter
    assert whole.dossier.letter_lacks == dict.fromkeys(set(PARTS) - {"contact"}, "empty")
    # A list of five hundred checks none of them.
    [listed] = (await read_dossiers(house.instance, staff)).dossiers
    assert listed.letter == letter and listed.letter_lacks is None
    with pytest.raises(FormWrong, match="advice"):
        named = msgspec.structs.replace(letter, advice="Écrivez à alice@example.org sans tarder.")
        await write_letter(house.instance, staff, dossier.incident, whole.dossier.rev, named)


async def test_custody_is_written_over_by_nobody_and_a_line_that_root_changes_shows(
    house: House, bento: Person
) -> None:
    dossier, staff, pool = await opened(house, bento), await bento.staff(house), house.instance.pool
    await decide(house.instance, staff, dossier.incident, 1, notify=True, reason="Par prudence.")
    for statement in ("UPDATE custody SET line = '1'", "DELETE FROM custody"):
        with pytest.raises(asyncpg.RaiseError, match="stays as it is"):
            await pool.execute(statement)
    await pool.execute("ALTER TABLE custody DISABLE TRIGGER custody_stays")
    await pool.execute("UPDATE custody SET line = replace(line, 'notify', 'not notified') WHERE nth = 2")
    assert not (await read_dossier(house.instance, staff, dossier.incident)).intact


async def test_a_secretary_opens_no_dossier_and_a_foreign_one_does_not_exist(
    house: House, sam: Person, bento: Person
) -> None:
    dossier = await opened(house, bento)
    staff = await sam.staff(house)
    with pytest.raises(NotYourRole):
        await read_dossiers(house.instance, staff)
    with pytest.raises(NotYourRole):
        await open_by_owner(house.instance, staff, uuid.uuid4(), house.clock(), around(house))
    other = await open_house(house.instance.pool, slug="ramon")
    other.clock.now = house.clock()
    with pytest.raises(NoSuchIncident):
        await read_dossier(house.instance, await (await people.bento(other)).staff(other), dossier.incident)
    alma = await people.bring_in(bento, house, "Dr Alma", Role.OWNER, [house.unit])
    assert (await read_dossiers(house.instance, await alma.staff(house))).dossiers


async def test_the_register_keeps_five_years_what_was_decided_and_for_ever_what_was_not(
    house: House, bento: Person
) -> None:
    decided, open_ = await opened(house, bento), await opened(house, bento)
    staff = await bento.staff(house)
    await decide(house.instance, staff, decided.incident, 1, notify=False, reason="Rien n’est sorti.")
    house.clock.pass_(days=5 * 365)
    assert (await retain(house.instance))["breach"] == 0
    house.clock.pass_(days=3)
    assert (await retain(house.instance))["breach"] == 1
    assert [each.incident for each in await dossiers_of(house.instance)] == [open_.incident]
    left = await house.instance.pool.fetch("SELECT DISTINCT incident FROM custody")
    assert [row["incident"] for row in left] == [open_.incident]


async def test_a_slip_of_the_year_is_refused_and_an_old_breach_decided_today_stays_in_the_register(
    house: House, bento: Person
) -> None:
    staff, now = await bento.staff(house), house.clock()
    with pytest.raises(FormWrong, match="long_ago"):
        await open_by_owner(house.instance, staff, uuid.uuid4(), now - timedelta(days=3650), around(house))
    dossier = await opened(house, bento)
    with pytest.raises(FormWrong, match="long_ago"):
        await write_form(house.instance, staff, dossier.incident, 1, now - timedelta(days=3650), dossier.form)
    # Found on time, and closed only when five years had passed: five years from then.
    house.clock.pass_(days=6 * 365)
    await decide(house.instance, staff, dossier.incident, 1, notify=False, reason="Rien.")
    assert (await retain(house.instance))["breach"] == 0
    assert [each.incident for each in await dossiers_of(house.instance)] == [dossier.incident]
