"""Whom the demo's first practice knows already: sealed cards, as its desk would have made them in some months of work."""

import datetime as dt
import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import asyncpg

from serment.demo.patients import Patient, invent
from serment.framing.conventions import ID_BYTES
from serment.seal.cards import UnitPlace, seal_card, seal_entry
from serment.seal.chance import draw
from serment.seal.groups import Relation, Sex
from serment.seal.keys import EpochKeys
from serment.seal.people import CardContent, NoShow, entry_of, person_id
from serment.server.stores import cards, search_index
from serment.server.stores.cards import CardRow
from serment.server.stores.search_index import EntryRow

KNOWN_COUNT = 42
KEPT_MONTHS = 24
FIRST_EPOCH = 1


@dataclass(frozen=True)
class Known:
    """Somebody with a card. `missed`: visits nobody came to, so many days ago. `twin`: told apart from another card by hand."""

    given_name: str
    birth_name: str
    birth_date: str
    sex: Sex
    phone: str | None
    used_name: str | None = None
    email: str | None = None
    note: str | None = None
    refuse: str | None = None
    missed: tuple[int, ...] = ()
    twin: bool = False
    child: bool = False
    seen_days_ago: int = 30

    def patient(self, chance: random.Random) -> Patient:
        """As they book: half of them leave the number out, which their card holds."""
        phone = "" if chance.random() < 0.5 else self.phone or ""
        relation: Relation = "child" if self.child else "self"
        return Patient(self.given_name, self.birth_name, self.birth_date, self.sex, phone, "", relation)


TOLD = (
    Known(
        "Yann", "Abgrall", "1979-04-12", "male", "+262639980112", note="Le père. Son fils porte le même nom.",
    ),
    Known("Yann", "Abgrall", "2004-09-30", "male", "+262639980113", email="yann.abgrall@exemple.test"),
    Known(
        "Bastien", "Ndiaye", "1991-02-17", "male", "+262639980127", missed=(11, 46, 88),
        note="Rappeler la veille : oublie ses rendez-vous.",
    ),
    Known(
        "Gaspard", "Ximenes", "1968-10-05", "male", "+262639980131", missed=(20,),
        refuse="Appelez le cabinet au 04 65 71 00 00 : nous fixerons ce rendez-vous ensemble.",
    ),
    Known(
        "Inaya", "Mbaye", "2021-06-14", "female", "+262639980146", note="Numéro d’un parent, son père Ibrahim.", child=True,
    ),
    Known("Colette", "Guérinel", "1948-03-02", "female", "+262639980150"),
    Known(
        "Colette", "Guerinel", "1948-03-02", "female", None, note="Malentendante : parler lentement.", twin=True,
    ),
    Known("Odile", "Delmotte", "1957-12-24", "female", "+262639980168", used_name="Vasseur"),
    Known(
        "Marcel", "Escoffier", "1938-05-19", "male", "+33465710021", note="Vient en taxi : pas avant 9 h 30.",
    ),
)  # fmt: skip


@cache
def known(seed: int, today: dt.date) -> tuple[Known, ...]:
    """The same people at every start: some with a story, the others drawn."""
    chance = random.Random(f"{seed} cards")  # noqa: S311  # invented people, not secrets
    people = list(TOLD)
    while len(people) < KNOWN_COUNT:
        one = invent(chance, today=today)
        days = chance.randrange(3, 600)
        people.append(
            Known(
                one.given_name, one.birth_name, one.birth_date, "female" if one.sex == "female" else "male", one.phone,
                seen_days_ago=days,
            )
        )  # fmt: skip
    return tuple(people)


def _content(one: Known, today: dt.date) -> CardContent:
    missed = [(today - dt.timedelta(days=days)).isoformat() for days in sorted(one.missed, reverse=True)]
    return CardContent(
        given_name=one.given_name,
        birth_name=one.birth_name,
        birth_date=one.birth_date,
        sex=one.sex,
        used_name=one.used_name,
        phone=one.phone,
        email=one.email,
        note=one.note,
        refuse=one.refuse,
        no_shows=tuple(NoShow(draw(ID_BYTES), day) for day in missed),
    )


def _month(one: Known, today: dt.date) -> int:
    """In which the card falls, yyyymm."""
    seen = today - dt.timedelta(days=one.seen_days_ago)
    count = seen.year * 12 + seen.month - 1 + KEPT_MONTHS
    return count // 12 * 100 + count % 12 + 1


async def plant_cards(
    connection: asyncpg.Connection,
    *,
    instance: str,
    practice: uuid.UUID,
    unit: uuid.UUID,
    keys: EpochKeys,
    people: Sequence[Known],
    today: dt.date,
) -> None:
    """Seals a card for each, and the entry that finds it."""
    rows: list[CardRow] = []
    entries: list[EntryRow] = []
    for one in people:
        place = UnitPlace(instance, practice.bytes, unit.bytes, FIRST_EPOCH, _month(one, today))
        content = _content(one, today)
        derived = person_id(keys.seed, one.given_name, one.birth_name, one.birth_date)
        card, entry = draw(ID_BYTES) if one.twin else derived, draw(ID_BYTES)
        sealed = seal_card(place, card, 1, keys.k_card, content.to_json())
        rows.append(CardRow(uuid.UUID(bytes=card), unit, FIRST_EPOCH, 1, place.month, sealed))
        found = seal_entry(place, entry, keys.k_idx, entry_of(card, 1, content).to_json())
        entries.append(EntryRow(uuid.UUID(bytes=entry), place.month, found))
    await cards.add(connection, practice, rows)
    await search_index.add_entries(connection, practice, unit, FIRST_EPOCH, entries)
