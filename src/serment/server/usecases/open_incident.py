# SPDX-License-Identifier: AGPL-3.0-or-later
"""A breach's dossier is opened: by an owner, by the host for each practice it touches, or by itself after a freeze.

A freeze never waits for its dossier: a sweep drafts what lacks one, and one that was drafted is not drafted again.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import structlog

from serment.database.pool import Transaction, transaction
from serment.domain.custody import exact
from serment.domain.incident import Figures, Form, FormWrong, Scope, check_found
from serment.domain.incident_labels import say
from serment.domain.named_times import moment
from serment.domain.roles import Deed
from serment.domain.sentinel import FOREIGN_DAYS, Why
from serment.server.instance import Instance
from serment.server.stores import incidents
from serment.server.usecases.dossier import note_custody, scope_in_custody
from serment.server.usecases.errors import NoSuchPractice, TooManyDossiers
from serment.server.usecases.membership import Staff

FREEZES_LOOKED_AT_DAYS = 30
DRAFTS_AT_A_TIME = 100
SCOPE_DAYS_MAX = 366  # the ledger's own entries go after a year
DOSSIERS_A_PRACTICE_MAX = 200
BEFORE_FREEZE = timedelta(days=1)
AFTER_FREEZE = timedelta(minutes=1)  # an answer under way may still have been entered

_journal = structlog.get_logger("serment.jobs")


def check_scope(scope: Scope, now: datetime) -> None:
    """Raises FormWrong."""
    if scope.until < scope.since or scope.until - scope.since > timedelta(days=SCOPE_DAYS_MAX):
        raise FormWrong("until", "order")
    if scope.since > now:
        raise FormWrong("since", "future")


async def open_by_owner(
    instance: Instance, staff: Staff, incident: UUID, found_at: datetime, scope: Scope
) -> None:
    """`incident` is drawn by who opens it: again, the same. Raises NotYourRole, FormWrong, TooManyDossiers."""
    staff.check_may(Deed.KEEP_INCIDENTS)
    _check_found(instance, found_at)
    check_scope(scope, instance.clock())
    async with transaction(instance.pool) as tx:
        held = await incidents.read_dossiers(tx, staff.practice, None, DOSSIERS_A_PRACTICE_MAX)
        if len(held) >= DOSSIERS_A_PRACTICE_MAX and all(row["incident"] != incident for row in held):
            raise TooManyDossiers
        await _open(
            instance, tx, staff.practice, incident, "owner", found_at, scope, actor=f"member {staff.member}"
        )
    instance.changes.note(staff.practice)


async def open_by_host(
    instance: Instance, incident: UUID, found_at: datetime, scope: Scope, slugs: Sequence[str]
) -> list[UUID]:
    """One dossier for each practice that `slugs` name, or else of which the ledger shows that anything left. The practices;
    those that have the dossier keep it as it is. Raises NoSuchPractice, FormWrong."""
    _check_found(instance, found_at)
    check_scope(scope, instance.clock())
    async with transaction(instance.pool) as tx:
        practices: list[UUID] = []
        for slug in slugs:
            practice = await incidents.practice_by_slug(tx, slug)
            if practice is None:
                raise NoSuchPractice
            practices.append(practice)
        for practice in practices or await incidents.practices_taken_from(tx, scope):
            await _open(instance, tx, practice, incident, "host", found_at, scope, actor="host")
            practices = [*practices, practice] if practice not in practices else practices
    for practice in practices:
        instance.changes.note(practice)
    return practices


async def draft_freezes(instance: Instance) -> int:
    """Opens a dossier for each freeze of late that has none; how many. It holds what is known, and lacks the rest.

    One that fails is left to the next sweep, with a line in the journal, and stops none of the others.
    """
    now, drafted, last = instance.clock(), 0, None
    while fresh := await incidents.undrafted(
        instance.pool, now, FREEZES_LOOKED_AT_DAYS, DRAFTS_AT_A_TIME, last
    ):
        drafted += await _draft_some(instance, fresh)
        last = fresh[-1]
    return drafted


async def _draft_some(instance: Instance, fresh: Sequence[Any]) -> int:
    drafted = 0
    for row in fresh:
        try:
            async with transaction(instance.pool) as tx:
                await _draft(
                    instance, tx, row["practice"], row["member"], row["at"], Why(row["why"]), row["asked"]
                )
        except Exception as error:
            # Its kind alone: an error's words may repeat a row.
            _journal.warning("draft failed", practice=str(row["practice"]), kind=type(error).__name__)
            continue
        instance.changes.note(row["practice"])
        drafted += 1
    return drafted


async def _draft(
    instance: Instance, tx: Transaction, practice: UUID, member: UUID, at: datetime, why: Why, asked: int
) -> None:
    before = timedelta(days=FOREIGN_DAYS) if why is Why.FOREIGN else BEFORE_FREEZE
    scope = Scope(at - before, at + AFTER_FREEZE, (member,))
    await _open(
        instance,
        tx,
        practice,
        uuid.uuid4(),
        "freeze",
        at,
        scope,
        actor="serment",
        frozen=(member, at, why, asked),
    )


async def _open(
    instance: Instance, tx: Transaction, practice: UUID, incident: UUID, origin: str, found_at: datetime,
    scope: Scope, *, actor: str, frozen: tuple[UUID, datetime, Why, int] | None = None,
) -> None:  # fmt: skip
    now = instance.clock()
    house = await incidents.controller(tx, practice)
    if house is None:
        return
    figures = await incidents.count_taken(tx, practice, scope)
    form = _first_form(house["name"], house["address"] or "", figures)
    if frozen is not None:
        form = _of_freeze(form, house["timezone"], *frozen[1:])
    opened = await incidents.open_dossier(
        tx,
        incidents.Opening(
            practice,
            incident,
            origin,
            now,
            found_at,
            scope,
            figures,
            msgspec.json.encode(form),
            None if frozen is None else frozen[:2],
        ),
    )
    if opened:
        detail = f"{origin} found {exact(found_at)} {scope_in_custody(scope, figures)}"
        await note_custody(tx, practice, incident, now, actor, "open", detail)


def _first_form(name: str, address: str, figures: Figures) -> Form:
    return Form(
        controller_name=name[:200],
        controller_address=address[:200],
        controller_sector="Santé",
        began_at=figures.first,
        ended_at=figures.last,
        natures=("confidentiality",),
        people=("patients",),
        measures_before=say("freeze", "before"),
    )


def _of_freeze(form: Form, zone: str, at: datetime, why: Why, asked: int) -> Form:
    """What is known of a freeze, in the practice's own time."""
    when = moment(at, zone)
    return msgspec.structs.replace(
        form,
        ended_at=at,
        began_at=min(form.began_at or at, at),
        found_how=say("freeze", "found_how"),
        circumstances=say("freeze", why.value).format(when=when, asked=asked),
        measures_after=say("freeze", "measures").format(when=when),
        cause="unknown",
        origins=("unknown",),
        impacts=("control", "secrecy"),
    )


def _check_found(instance: Instance, found_at: datetime) -> None:
    if found_at > instance.clock():
        raise FormWrong("found_at", "future")
    check_found(found_at, instance.clock())
