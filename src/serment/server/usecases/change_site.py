# SPDX-License-Identifier: AGPL-3.0-or-later
"""A site is added, changed, or deleted where nobody receives. Its town is the official list's, its days its zone's."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import msgspec

from serment.database.pool import Transaction, transaction
from serment.directory.search import town_of
from serment.domain.agenda import Agenda
from serment.domain.errors import InvalidRule
from serment.domain.holiday import REGIONS, ZONES
from serment.domain.roles import Deed
from serment.domain.word import place
from serment.framing.messages import WORD_BYTES_MAX
from serment.server.instance import Instance
from serment.server.stores import house_rows as house
from serment.server.stores import rule_rows as store
from serment.server.stores import rules as rules_store
from serment.server.usecases.errors import NoSuchTown, RuleIdTaken, StillNeeded, TooManyRules
from serment.server.usecases.house_rows import SiteRow
from serment.server.usecases.in_the_way import InTheWay, in_the_way
from serment.server.usecases.membership import Staff
from serment.server.usecases.rule_rows import check_swap, plain

SITES_MAX = 50
_TEXTS = ("name", "phone", "access_fr", "access_en")


async def change_site(instance: Instance, staff: Staff, was: SiteRow | None, now: SiteRow | None) -> InTheWay:
    """Writes `now` (null deletes) where `was` stands. Where its clock or its holidays are others then, the appointments in
    the way are named, of the units the caller is in. Asked again: the same answer.

    Raises NotYourRole, NoSuchTown, InvalidRule, RuleChanged, RuleIdTaken, StillNeeded, TooManyRules.
    """
    staff.check_may(Deed.CHANGE_CARE)
    row = now or was
    if row is None:
        return InTheWay([], 0)
    if not _texts_alone(was, now):
        staff.check_may(Deed.CHANGE_PRACTICE)
    if now is not None and (now.timezone not in ZONES or now.holiday_region not in ("", *REGIONS)):
        raise InvalidRule("timezone, holiday_region: of France and its territories")
    if now is not None and (place(now.word) != now.word or len(now.word.encode()) > WORD_BYTES_MAX):
        raise InvalidRule("word: letters, figures and few signs, 24 bytes; no link and no number to call")
    async with transaction(instance.pool) as tx:
        await store.lock_practice(tx, staff.practice)
        text = await store.read(tx, "site", staff.practice, row.site)
        stands = None if text is None else msgspec.json.decode(text, type=SiteRow)
        if check_swap(stands, was, now):
            if now is None:
                await _delete(tx, staff.practice, row.site)
            else:
                if stands is None and await house.count(tx, "sites", staff.practice) >= SITES_MAX:
                    raise TooManyRules(most=SITES_MAX)
                await write_site(tx, staff.practice, now)
        agendas = await _agendas_there(tx, staff, row.site)
    instance.changes.note(staff.practice)
    found = InTheWay([], 0)
    if was is None or now is None or _days(was) == _days(now):
        return found
    for agenda in agendas:
        each = await in_the_way(instance, staff.practice, _at(agenda, was), _at(agenda, now))
        found = InTheWay(found.stranded + each.stranded, found.booking + each.booking)
    return found


async def write_site(tx: Transaction, practice: UUID, row: SiteRow) -> None:
    """Writes a site with its town's name and place. Raises NoSuchTown, RuleIdTaken."""
    town = await town_of(tx, row.town_code)
    if town is None or row.postcode not in town.postcodes:
        raise NoSuchTown
    place = {"town": town.name, "latitude": town.latitude, "longitude": town.longitude}
    if not await store.put(tx, "site", practice, {**plain(row), **place}):
        raise RuleIdTaken


async def _delete(tx: Transaction, practice: UUID, site: UUID) -> None:
    if needs := await house.count_needs(tx, practice, site):
        raise StillNeeded(count=needs)
    await store.drop(tx, "site", practice, site)


async def _agendas_there(tx: Transaction, staff: Staff, site: UUID) -> list[Agenda]:
    there = await house.agendas_at(tx, staff.practice, site)
    read = [await rules_store.read(tx, agenda) for agenda, unit in there.items() if unit in staff.units]
    return [rules.agenda for rules in read if rules is not None]


def _texts_alone(was: SiteRow | None, now: SiteRow | None) -> bool:
    if was is None or now is None:
        return False
    return all(name in _TEXTS or getattr(was, name) == getattr(now, name) for name in was.__struct_fields__)


def _days(row: SiteRow) -> tuple[str, str]:
    return row.timezone, row.holiday_region


def _at(agenda: Agenda, row: SiteRow) -> Agenda:
    return replace(agenda, zone=row.timezone, holiday_region=row.holiday_region)
