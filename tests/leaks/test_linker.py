# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two dumps of the database, before and after a morning: nobody can tell which two appointments are one person's."""

from __future__ import annotations

import random
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from bento_house import DAY, Hand, House, at, open_house
from leaks.linker import Verdict, added, dump, link
from serment.database.pool import Pool
from serment.seal.groups import Payloads
from serment.seal.keys import Cap
from serment.server.usecases.book import book

PEOPLE = 60
SLOTS_A_DAY = 18
GIVEN = ("Li", "Zoé", "Alice", "Bernadette", "Anne-Marie Élisabeth", "Jean-Baptiste Maximilien")
BORN = ("Wu", "Roy", "Fontbonne", "Guérinel", "Lestrade de la Tour", "de La Rochefoucauld-Montmorency")
REASONS = ("", "Toux", "Mal de dos depuis lundi.", "Une longue histoire, que je préfère raconter. " * 5)


@dataclass
class Somebody(Hand):
    """A person whose name, address and way of writing are always the same, with a new record each time."""

    given: str = ""
    born: str = ""
    email: str | None = None
    reason: str = ""

    def payloads(self, c: bytes, *, own: bool = True) -> Payloads:
        identity, contact, reason = super().payloads(c, own=own)
        return (
            replace(identity, given_name=self.given, birth_name=self.born),
            replace(contact, email=self.email),
            replace(reason, reason=self.reason or None),
        )


@dataclass
class Morning:
    """Two dumps and the truth."""

    rows: list[dict[str, Any]]
    person_of: dict[uuid.UUID, int]
    names: dict[uuid.UUID, int]


async def live(pool: Pool, house: House, day: int, *, in_turn: bool, one_cap: bool = False) -> Morning:
    """Everybody books twice, on two agendas; in any order, or (`in_turn`) each person both at once."""
    chance = random.Random(day)
    before = await dump(pool)
    house.clock.now = at("7:00", DAY + timedelta(days=day))
    visits, person_of, names = [], {}, {}
    for person in range(PEOPLE):
        given, born = chance.choice(GIVEN), chance.choice(BORN)
        email = chance.choice([None, "a@b.fr", f"{born.replace(' ', '.').lower()}@courriel.exemple.fr"])
        reason, cap = chance.choice(REASONS), Cap.new()
        hands = []
        for agenda in (house.bento, house.ferrand):
            hand = Somebody(
                house, cap=cap if one_cap else Cap.new(), given=given, born=born, email=email, reason=reason
            )
            hands.append((hand, agenda))
            person_of[hand.record], names[hand.record] = person, len(given + born)
        visits.append(hands)
    flat = [each for hands in visits for each in hands]
    if not in_turn:
        chance.shuffle(flat)
    free = {
        agenda: [
            at("8:00", DAY + timedelta(days=day + n // SLOTS_A_DAY))
            + timedelta(minutes=30 * (n % SLOTS_A_DAY))
            for n in range(PEOPLE)
        ]
        for agenda in (house.bento, house.ferrand)
    }
    for starts in free.values():
        chance.shuffle(starts)
    for hand, agenda in flat:
        start = free[agenda].pop()
        await hand.hold(start, agenda=agenda)
        written = hand.seal(hand.wants(start, agenda=agenda))
        if one_cap:  # the row's own token must be new, or the database refuses the second booking
            written = replace(written, row_token_hash=secrets.token_bytes(32))
        await book(house.instance, written, hand.token)
    return Morning(added(before, await dump(pool)), person_of, names)


@pytest.fixture(scope="module")
async def house(pool: Pool) -> House:
    return await open_house(pool)


def knowing(verdicts: list[Verdict]) -> set[str]:
    return {verdict.guesser for verdict in verdicts if verdict.knows}


def with_column(morning: Morning, column: Mapping[uuid.UUID, Any]) -> list[dict[str, Any]]:
    return [row | {"planted": column[row["record"]]} for row in morning.rows]


async def test_no_guesser_does_better_than_chance(pool: Pool, house: House) -> None:
    await live(pool, house, 0, in_turn=False)
    morning = await live(pool, house, 10, in_turn=False)
    assert len(morning.rows) == 2 * PEOPLE
    verdicts = link(morning.rows, morning.person_of)
    assert len(verdicts) > 30
    assert knowing(verdicts) == set(), sorted(verdicts, key=lambda each: each.probability)[:3]


async def test_the_linker_finds_one_key_used_for_two_bookings(pool: Pool, house: House) -> None:
    morning = await live(pool, house, 20, in_turn=False, one_cap=True)
    assert {"bits of booking_pk", "bits of patient_pk", "equal values"} <= knowing(
        link(morning.rows, morning.person_of)
    )


async def test_the_linker_finds_the_length_of_a_name(pool: Pool, house: House) -> None:
    morning = await live(pool, house, 30, in_turn=False)
    assert knowing(link(with_column(morning, morning.names), morning.person_of)) == {"nearness of planted"}


async def test_the_linker_finds_who_books_twice_in_one_sitting(pool: Pool, house: House) -> None:
    """Not protected, and said so (SECURITY.md, traffic): rows lie in the order in which they came."""
    morning = await live(pool, house, 40, in_turn=True)
    found = knowing(link(morning.rows, morning.person_of))
    assert "nearness of written_in" in found
    assert found <= {"nearness of written_in", "nearness of heap_place", "nearness of stanza_place"}
