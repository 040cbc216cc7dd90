# SPDX-License-Identifier: AGPL-3.0-or-later
"""The letter of art. 34: whom an incident touches, a letter each and once, read by that link alone, counts for the rest."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from bento_house import DAY, Hand, House, at, open_house, waits_for_a_lock
from members_house import Person
from serment.database.pool import transaction
from serment.database.queries import load
from serment.domain.incident import FormWrong, Scope
from serment.domain.incident_letter import Letter
from serment.framing import Altered, Unknown
from serment.framing.letters import LetterRow, letter_message, letter_place
from serment.seal.keys import Cap
from serment.server.papers.notice import notice
from serment.server.papers.sheet import Row
from serment.server.stores import incidents, letters
from serment.server.usecases.change_dossier import write_letter
from serment.server.usecases.dossier import DossierTold, LettersTold, dossiers_of, read_dossier
from serment.server.usecases.errors import (
    LetterLacks,
    LetterSent,
    NoSuchAppointment,
    NoSuchIncident,
    NotConcerned,
    NotYourRole,
    StaleDossier,
    StaleRevision,
)
from serment.server.usecases.open_incident import open_by_owner
from serment.server.usecases.read_envelope import read_by_link, read_for_member
from serment.server.usecases.retain import retain
from serment.server.usecases.send_letters import Reached, keep_letters, note_reached, read_recipients

SEALED = b"s" * 2160
WHOLE = Letter(
    nature="Une personne a ouvert des noms et des heures de rendez-vous sans en avoir le droit.",
    contact="Le cabinet répond au 02 98 00 00 00.",
    consequences="Quelqu’un pourrait savoir que vous consultez ici et vous écrire en se faisant passer pour nous.",
    measures="Nous avons fermé cet accès le jour même et changé toutes les clés du cabinet.",
    advice="Méfiez-vous des messages qui vous demandent un paiement ou un mot de passe en notre nom.",
)


async def taken(house: House, sam: Person, many: int = 3) -> list[Hand]:
    """Sam opened the reason of each; a further appointment nobody looked at."""
    hands = [Hand(house) for _ in range(many + 1)]
    for nth, hand in enumerate(hands):
        await hand.book(at("08:00", DAY) + timedelta(minutes=30 * nth))
    staff = await sam.staff(house)
    for hand in hands[:-1]:
        await read_for_member(house.instance, staff, hand.record, ["rs"], [])
    return hands


async def opened(house: House, bento: Person, letter: Letter = WHOLE) -> DossierTold:
    incident, staff = uuid.uuid4(), await bento.staff(house)
    scope = Scope(house.clock() - timedelta(hours=1), house.clock())
    await open_by_owner(house.instance, staff, incident, house.clock(), scope)
    house.clock.pass_(minutes=1)
    return (await write_letter(house.instance, staff, incident, 1, letter)).dossier


def sealed(
    house: House,
    bento: Person,
    dossier: DossierTold,
    hand: Hand,
    *,
    cap: Cap | None = None,
    text: bytes = SEALED,
) -> LetterRow:
    """As Bento's browser sends it; what is inside is nothing to the server."""
    roster = house.roster
    place = letter_place(
        roster.instance, house.practice.bytes, house.unit.bytes, hand.record.bytes, dossier.incident.bytes
    )
    pkh = (cap or hand.cap).pkh
    sig = bento.keys.sign.sign(letter_message(place, pkh, roster.head, text))
    return LetterRow(hand.record, pkh, text, roster.head, sig)


async def send(house: House, bento: Person, dossier: DossierTold, letters: Sequence[LetterRow]) -> None:
    await keep_letters(house.instance, await bento.staff(house), dossier.incident, dossier.rev, letters)


async def concerned(house: House, person: Person, dossier: DossierTold) -> dict[uuid.UUID, bool]:
    found = await read_recipients(
        house.instance, await person.staff(house), dossier.incident, after=None, kids=[]
    )
    assert found.concerned == len(found.recipients) and not found.more
    return {each.sealed.record: each.sent for each in found.recipients}


async def test_whoever_was_touched_has_the_letter_once_and_by_their_own_link(
    house: House, sam: Person, bento: Person
) -> None:
    *touched, spared = await taken(house, sam)
    dossier = await opened(house, bento)
    assert await concerned(house, bento, dossier) == {hand.record: False for hand in touched}
    first = sealed(house, bento, dossier, touched[0])
    await send(house, bento, dossier, [first])
    # The browser closed there. Another one finds who is left, and what is sent again changes nothing.
    assert await concerned(house, bento, dossier) == {hand.record: hand is touched[0] for hand in touched}
    again = sealed(house, bento, dossier, touched[0], text=b"t" * 2160)
    await send(house, bento, dossier, [again, *(sealed(house, bento, dossier, hand) for hand in touched[1:])])
    assert all((await concerned(house, bento, dossier)).values())
    [letter] = (await read_by_link(house.instance, touched[0].cap.row_token)).letters
    assert (letter.incident, letter.sealed, letter.sig) == (dossier.incident, first.sealed, first.sig)
    assert (await read_by_link(house.instance, spared.cap.row_token)).letters == []
    [told] = await dossiers_of(house.instance)
    assert told.letters == 3


async def test_nobody_sends_to_another_s_patient_nor_to_who_was_not_touched_nor_in_another_s_name(
    house: House, sam: Person, bento: Person, pool: object
) -> None:
    *touched, spared = await taken(house, sam)
    dossier = await opened(house, bento)
    there = await open_house(house.instance.pool, slug="lestrade")
    foreign = Hand(there)
    await foreign.book(at("09:00", DAY))
    good = sealed(house, bento, dossier, touched[0])
    for bad, refusal in (
        (sealed(house, bento, dossier, foreign), NoSuchAppointment),
        (sealed(house, bento, dossier, spared), NotConcerned),
        (sealed(house, bento, dossier, touched[1], cap=Cap.new()), StaleRevision),
        (sealed(house, sam, dossier, touched[1]), Altered),
        (
            replace(
                sealed(house, bento, dossier, touched[1]), record=touched[2].record, pkh=touched[2].cap.pkh
            ),
            Altered,
        ),
        (sealed(house, bento, dossier, touched[1], text=b"short"), Unknown),
    ):
        with pytest.raises(refusal):
            await send(house, bento, dossier, [good, bad])
    assert not any((await concerned(house, bento, dossier)).values()), "all or none"


async def test_whether_one_is_concerned_is_asked_of_the_entries_about_them_alone(
    house: House, sam: Person, bento: Person
) -> None:
    *touched, _ = await taken(house, sam)
    scope = Scope(house.clock() - timedelta(hours=1), house.clock())
    query, asked = load("letters")["read_concerned"], [touched[0].record]
    given = {
        "practice": house.practice, "units": [house.unit], "after": None, "records": asked, "most": 1, **incidents.scope_columns(scope)
    }  # fmt: skip
    pool = house.instance.pool
    assert [row["record"] for row in await query.rows(pool, **given)] == asked
    plan = await pool.fetchval("EXPLAIN (ANALYZE, FORMAT JSON) " + query.sql, *query.arguments(given))

    def entries_read(node: dict[str, Any]) -> int:
        own = node["Actual Rows"] * node["Actual Loops"] if node.get("Relation Name") == "ledger" else 0
        return own + sum(map(entries_read, node.get("Plans", [])))

    assert entries_read(msgspec.json.decode(plan)[0]["Plan"]) == 1


async def test_owners_alone_send_and_of_their_own_practice(house: House, sam: Person, bento: Person) -> None:
    [touched, _] = await taken(house, sam, 1)
    dossier = await opened(house, bento)
    secretary, nobody = await sam.staff(house), uuid.uuid4()
    with pytest.raises(NotYourRole):
        await read_recipients(house.instance, secretary, dossier.incident, after=None, kids=[])
    with pytest.raises(NotYourRole):
        await keep_letters(house.instance, secretary, dossier.incident, dossier.rev, [])
    with pytest.raises(NotYourRole):
        await note_reached(house.instance, secretary, dossier.incident, Reached(0, 0, 0))
    owner = await bento.staff(house)
    with pytest.raises(NoSuchIncident):
        await read_recipients(house.instance, owner, nobody, after=None, kids=[])
    # An owner who is not in the unit sees that somebody is there, and nobody's name.
    outside = replace(owner, units=frozenset())
    found = await read_recipients(house.instance, outside, dossier.incident, after=None, kids=[])
    assert (found.concerned, found.elsewhere, found.recipients) == (0, 1, [])
    with pytest.raises(NoSuchAppointment):
        await keep_letters(
            house.instance, outside, dossier.incident, dossier.rev, [sealed(house, bento, dossier, touched)]
        )


async def test_a_letter_that_lacks_something_is_not_sent_and_one_that_was_sent_stays(
    house: House, sam: Person, bento: Person
) -> None:
    [touched, _] = await taken(house, sam, 1)
    dossier = await opened(house, bento, Letter(nature="Un mot."))
    row = sealed(house, bento, dossier, touched)
    with pytest.raises(LetterLacks):
        await send(house, bento, dossier, [row])
    staff, incident = await bento.staff(house), dossier.incident
    # Who is about to write is refused before the first message; who only looks is answered.
    with pytest.raises(LetterLacks):
        await read_recipients(house.instance, staff, incident, after=None, kids=[], seen=dossier.rev)
    assert await concerned(house, bento, dossier) == {touched.record: False}
    with pytest.raises(StaleDossier):
        await read_recipients(house.instance, staff, incident, after=None, kids=[], seen=dossier.rev - 1)
    dossier = (await write_letter(house.instance, staff, dossier.incident, dossier.rev, WHOLE)).dossier
    with pytest.raises(StaleDossier):
        await keep_letters(house.instance, staff, dossier.incident, dossier.rev - 1, [row])
    await send(house, bento, dossier, [row])
    with pytest.raises(LetterSent):
        other = Letter(**{part: getattr(WHOLE, part) for part in WHOLE.__struct_fields__} | {"advice": "x"})
        await write_letter(house.instance, staff, dossier.incident, dossier.rev, other)


async def test_the_text_stays_for_an_owner_who_waited_while_the_first_letters_were_stored(
    house: House, sam: Person, bento: Person
) -> None:
    [touched, _] = await taken(house, sam, 1)
    dossier, staff = await opened(house, bento), await bento.staff(house)
    row = sealed(house, bento, dossier, touched)
    other = msgspec.structs.replace(
        WHOLE, advice="Ne rappelez que le numéro que vous connaissez déjà du cabinet."
    )
    async with transaction(house.instance.pool) as tx:
        await incidents.lock_dossier(tx, house.practice, dossier.incident)
        asked = asyncio.create_task(write_letter(house.instance, staff, dossier.incident, dossier.rev, other))
        await asyncio.wait_for(waits_for_a_lock(house), 30)
        await letters.keep(tx, house.practice, dossier.incident, staff.sign_kid, [row])
    with pytest.raises(LetterSent):
        await asked
    assert (await read_dossier(house.instance, staff, dossier.incident)).dossier.letter == WHOLE


async def test_whom_it_reached_is_kept_as_counts_that_the_host_sees_and_the_journal_chains(
    house: House, sam: Person, bento: Person
) -> None:
    *touched, _ = await taken(house, sam)
    dossier = await opened(house, bento)
    staff = await bento.staff(house)
    await send(house, bento, dossier, [sealed(house, bento, dossier, hand) for hand in touched[:2]])
    told = await note_reached(house.instance, staff, dossier.incident, Reached(0, 2, 1))
    assert told.dossier.told == LettersTold(3, 0, 0, 2, 0, 2, 1)
    paper = notice(told.dossier, "supplementary", house.clock())
    values = [row.value for section in paper.sections for row in section.content if isinstance(row, Row)]
    assert any("2 lettres remises pour 3 rendez-vous" in str(value) for value in values)
    again = await note_reached(house.instance, staff, dossier.incident, Reached(0, 2, 1))
    assert len(again.custody) == len(told.custody) and again.intact
    actions = [line.line.split("\t")[3].split(" ")[0] for line in again.custody]
    assert actions == ["open", "letter", "sending", "reached"]
    assert "told 2 unreached 1" in again.custody[-1].line
    with pytest.raises(FormWrong):
        await note_reached(house.instance, staff, dossier.incident, Reached(1, 2, 1))
    assert (await read_dossier(house.instance, staff, dossier.incident)).dossier.rev == dossier.rev


async def test_a_letter_goes_with_its_appointment_and_the_counts_stay(
    house: House, sam: Person, bento: Person
) -> None:
    [touched, _] = await taken(house, sam, 1)
    dossier = await opened(house, bento)
    await send(house, bento, dossier, [sealed(house, bento, dossier, touched)])
    await note_reached(house.instance, await bento.staff(house), dossier.incident, Reached(0, 1, 0))
    house.clock.pass_(days=120)
    await retain(house.instance)
    [told] = await dossiers_of(house.instance)
    assert told.letters == 0 and told.told is not None and told.told.sent == 1
