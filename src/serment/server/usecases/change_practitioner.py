# SPDX-License-Identifier: AGPL-3.0-or-later
"""A practitioner is added, changed, or deleted where they never received. A register number is claimed, never just borne."""

from __future__ import annotations

import secrets
from uuid import UUID

import msgspec

from serment.database.pool import Transaction, transaction
from serment.domain.errors import InvalidRule
from serment.domain.roles import Deed
from serment.seeding.plant import slug_of
from serment.server.instance import Instance
from serment.server.stores import house_rows as house
from serment.server.stores import opening
from serment.server.stores import rule_rows as store
from serment.server.usecases.errors import (
    ClaimTaken,
    NoSuchRule,
    OfAnotherUnit,
    Registered,
    RuleIdTaken,
    StillNeeded,
    TooManyRules,
)
from serment.server.usecases.house_rows import PractitionerRow
from serment.server.usecases.membership import Staff
from serment.server.usecases.rule_rows import check_swap, plain

PRACTITIONERS_MAX = 200
SLUG_CHARACTERS_MAX = 60
SLUG_TRIES = 20
_NAMED = ("given_name", "family_name", "specialty", "number")


async def change_practitioner(
    instance: Instance, staff: Staff, was: PractitionerRow | None, now: PractitionerRow | None
) -> None:
    """Writes `now` (null deletes) where `was` stands. Asked again: nothing more happens.

    Raises NotYourRole, OfAnotherUnit (agendas in none of one's units), Registered, ClaimTaken, NoSuchRule, InvalidRule,
    RuleChanged, RuleIdTaken, StillNeeded, TooManyRules.
    """
    staff.check_may(Deed.CHANGE_CARE)
    row = now or was
    if row is None:
        return
    if not _words_alone(was, now):
        staff.check_may(Deed.CHANGE_PRACTICE)
    async with transaction(instance.pool) as tx:
        await store.lock_practice(tx, staff.practice)
        units = await store.read_units(tx, staff.practice, row.practitioner)
        if units and not units & staff.units:
            raise OfAnotherUnit
        text = await store.read(tx, "practitioner", staff.practice, row.practitioner)
        stands = None if text is None else msgspec.json.decode(text, type=PractitionerRow)
        if not check_swap(stands, was, now):
            return
        if now is None:
            if needs := await house.count_needs(tx, staff.practice, row.practitioner):
                raise StillNeeded(count=needs)
            await store.drop(tx, "practitioner", staff.practice, row.practitioner)
        elif stands is None:
            await _add(instance, tx, staff.practice, now)
        else:
            await write_practitioner(tx, staff.practice, now)
    instance.changes.note(staff.practice)


async def _add(instance: Instance, tx: Transaction, practice: UUID, now: PractitionerRow) -> None:
    if await house.count(tx, "practitioners", practice) >= PRACTITIONERS_MAX:
        raise TooManyRules(most=PRACTITIONERS_MAX)
    if now.number:
        await check_claim(tx, practice, now.number)
        if await house.has_number(tx, practice, now.number):
            raise ClaimTaken
    stands = await opening.read_opened(tx, practice)
    if stands is None:
        raise NoSuchRule
    slug = await free_slug(tx, f"{now.given_name} {now.family_name} {stands['town']}")
    await write_practitioner(tx, practice, now, slug=slug)
    # Before the practice takes bookings its claims wait for that; afterwards they wait for the host, if it wants to be asked.
    if stands["accepts_bookings"] and instance.claims == "open":
        await opening.accept_claims(tx, practice)


async def check_claim(tx: Transaction, practice: UUID, claim: str) -> None:
    """Raises ClaimTaken for a number that is bookable elsewhere; until the transaction ends nobody else claims it."""
    await opening.lock_claim(tx, claim)
    if await opening.claimed_elsewhere(tx, practice, claim):
        raise ClaimTaken


async def free_slug(tx: Transaction, wish: str) -> str:
    """A link nobody has: a name and a town, with a number where others came first; nobody else chooses until the end."""
    await opening.lock_slugs(tx)
    plain = slug_of(wish)[:SLUG_CHARACTERS_MAX].strip("-") or "cabinet"
    for number in range(1, SLUG_TRIES):
        slug = plain if number == 1 else f"{plain}-{number}"
        if not await opening.slug_taken(tx, slug):
            return slug
    return f"{plain}-{secrets.token_hex(4)}"


async def write_practitioner(
    tx: Transaction, practice: UUID, row: PractitionerRow, *, slug: str = ""
) -> None:
    """Writes a practitioner; page (`slug`) and number of a new one alone, the number as a claim. Raises RuleIdTaken."""
    columns = plain(row)
    claim = columns.pop("number") or None
    if not await store.put(tx, "practitioner", practice, {**columns, "slug": slug, "claim": claim}):
        raise RuleIdTaken


def _words_alone(was: PractitionerRow | None, now: PractitionerRow | None) -> bool:
    """Whether only what they say of themselves changes. Raises Registered, InvalidRule."""
    if was is None or now is None:
        return False
    if was.number != now.number:
        raise InvalidRule("number: it is given once, when the practitioner is added")
    renamed = any(getattr(was, name) != getattr(now, name) for name in _NAMED)
    if renamed and was.number:
        raise Registered
    return not renamed
