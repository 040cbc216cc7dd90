# SPDX-License-Identifier: AGPL-3.0-or-later
"""A slot is kept for one person while they type."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from serment.database.pool import transaction
from serment.domain.appointment import Status
from serment.domain.errors import NotOffered
from serment.domain.hold import HOLD_EXTENSIONS_MAX, limit
from serment.domain.instants import local_day
from serment.domain.offer import Offer, offer, overbook
from serment.domain.reason import Busy, BusyElsewhere, QuotaReached, ResourceBusy
from serment.domain.slot import Situation
from serment.domain.visit_type import Accepted, Who
from serment.server.instance import Instance
from serment.server.stores import appointments, spans
from serment.server.stores.rules import Rules
from serment.server.stores.spans import NewHold, NewSpan
from serment.server.usecases.errors import (
    AskPractice,
    NoSuchAgenda,
    NoSuchAppointment,
    RecordInUse,
    SlotTaken,
)
from serment.server.usecases.read_rules import rules_of
from serment.server.usecases.situation import Asked, Seen, alternatives, see_slot, visit_type_of

RESOURCE_TRIES_MAX = 8
_GONE = (
    Busy,
    BusyElsewhere,
    QuotaReached,
    ResourceBusy,
)  # what others did; for every other reason the time was never on offer


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRequest:
    """What is asked to be held. `row_token` where a record is moved by its patient; `bucket` None asks for no work.

    Staff: who=STAFF, and may choose `minutes` and overbook having read the reasons in `warned`.
    """

    practice: UUID
    record: UUID
    agenda: UUID
    visit_type: UUID
    start: datetime
    token: bytes
    row_token: bytes | None = None
    work: bytes | None = None
    bucket: bytes | None = None
    who: Who = Who.ANYONE
    minutes: int | None = None
    warned: frozenset[str] | None = None
    units: frozenset[UUID] | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A hold as its holder is told of it."""

    record: UUID
    start: datetime
    minutes: int
    expires_at: datetime
    extensions_left: int


class _Answer(NamedTuple):
    """The hold, and whether it was placed now: the same request again is told of the one it has."""

    held: Held
    placed: bool


def token_hash(token: bytes) -> bytes:
    """Tokens are stored as SHA-256."""
    return hashlib.sha256(token).digest()


async def hold_slot(instance: Instance, request: HoldRequest) -> Held:
    """Keeps the slot for ten minutes. Asked again for the same slot, the same answer; for another, the hold moves there.

    Raises WorkAsked, NotOffered, NotOverbookable, WarningChanged, SlotTaken, RecordInUse, NoSuchAppointment,
    NoSuchAgenda, AskPractice. A crash leaves a hold that expires.
    """
    now = instance.clock()
    if request.bucket is None:
        return (await _hold(instance, request, now)).held
    with instance.throttle.claim(request.bucket, request.work, now) as claim:
        answer = await _hold(instance, request, now)
        claim.kept = answer.placed
        return answer.held


async def _hold(instance: Instance, request: HoldRequest, now: datetime) -> _Answer:
    _check_place(request, await rules_of(instance, request.agenda))
    asked, may_move = await _asked(instance, request)
    answer = await _place_unseen(instance, request, asked, may_move, now) or await _place_seen(
        instance, request, asked, may_move, now
    )
    if answer is None:
        raise SlotTaken(await alternatives(instance, asked, request.start))
    return answer


async def _place_unseen(
    instance: Instance, request: HoldRequest, asked: Asked, may_move: bool, now: datetime
) -> _Answer | None:
    """The hold, by the rules in memory alone, or None where it takes a closer look.

    Only the constraint decides what is taken, and the statement compares the rules' version: most holds need no more.
    """
    rules = await rules_of(instance, request.agenda)
    visit_type = rules.visit_types.get(request.visit_type)
    if visit_type is None or visit_type.resource_kinds or visit_type.daily_quota is not None:
        return None
    situation = Situation(now=now, who=asked.who, minutes=asked.minutes)
    try:
        offered = offer(rules.agenda, visit_type, situation, request.start)
    except NotOffered:
        return None
    hold = _new_hold(request, offered, may_move, rules.version, now)
    if await spans.place_hold(instance.pool, hold) is None:
        return None
    return _placed(hold)


async def _place_seen(
    instance: Instance, request: HoldRequest, asked: Asked, may_move: bool, now: datetime
) -> _Answer | None:
    """The hold, by all that is true now; None where others were quicker."""
    for _ in range(RESOURCE_TRIES_MAX):
        seen = await see_slot(instance, asked, request.start)
        _check_place(request, seen.rules)
        own = await _own_hold(instance, request, seen, may_move)
        if own is not None:
            return _Answer(own, placed=False)
        try:
            offered = _offer(request, seen)
            hold = _new_hold(request, offered, may_move, seen.rules.version, now)
            if await _place_whole(instance, request, asked, hold, offered.resources):
                return _placed(hold)
        except _HoldGone:
            continue
        except NotOffered as refused:
            if all(isinstance(why, _GONE) for why in refused.reasons):
                break
            raise
        if not (offered.resources or offered.overbooked):
            break
    return None


def _placed(hold: NewHold) -> _Answer:
    span = hold.span
    return _Answer(Held(span.record, span.start, span.minutes, hold.until, HOLD_EXTENSIONS_MAX), placed=True)


def _offer(request: HoldRequest, seen: Seen) -> Offer:
    rules, visit_type, situation = seen.rules.agenda, seen.visit_type, seen.situation
    if request.warned is not None and request.who is Who.STAFF:
        return overbook(rules, visit_type, situation, request.start, warned=request.warned)
    return offer(rules, visit_type, situation, request.start)


def _check_place(request: HoldRequest, rules: Rules) -> None:
    """Another practice's agenda, or another unit's for staff, answers as one that does not exist."""
    if rules.practice != request.practice:
        raise NoSuchAgenda().about(request.agenda)
    if request.units is not None and rules.unit not in request.units:
        raise NoSuchAgenda


async def _asked(instance: Instance, request: HoldRequest) -> tuple[Asked, bool]:
    """The question, and whether the record is an appointment that the caller may move. Raises NoSuchAppointment.

    A record's own spans never stand in its way here; whose record it is, placing the hold finds out.
    """
    staff = request.who is Who.STAFF
    minutes = request.minutes if staff else None
    asked = Asked(request.agenda, request.visit_type, request.who, request.record, minutes)
    if request.row_token is None and not staff:
        return asked, False
    row = await appointments.read(instance.pool, request.practice, request.record)
    if row is None:
        if not staff:
            raise NoSuchAppointment
        return asked, False
    if request.row_token is not None:
        if not hmac.compare_digest(row["row_token_hash"] or b"", token_hash(request.row_token)):
            raise NoSuchAppointment
        rules = await rules_of(instance, request.agenda)
        asked_first = visit_type_of(rules, request.visit_type).accepted is Accepted.ON_REQUEST
        if asked_first and row["status"] == Status.BOOKED:
            raise AskPractice
    elif request.units is not None and row["unit"] not in request.units:
        raise NoSuchAppointment().about(request.record)
    if minutes is None and row["visit_type"] == request.visit_type:
        # A duration that staff chose survives a move; one that only followed the visit type follows it further.
        default = visit_type_of(await rules_of(instance, request.agenda), request.visit_type).minutes
        asked = asked._replace(minutes=None if row["minutes"] == default else row["minutes"])
    return asked, True


def _may_replace(request: HoldRequest, may_move: bool) -> bool:
    """Whether an earlier hold of the record, whoever's, gives way: a member moves an appointment of theirs. Else whoever
    has its link, or a desk whose answer was lost, would keep the practice from moving it for as long as they hold."""
    return may_move and request.who is Who.STAFF


async def _own_hold(instance: Instance, request: HoldRequest, seen: Seen, may_move: bool) -> Held | None:
    """The same request again finds its own hold: that hold is the answer. Raises RecordInUse for another's that stays."""
    if not any(span.record == request.record for span in seen.situation.busy):
        return None
    row = await spans.read_record(instance.pool, request.practice, request.record)
    if row["span"] is None or row["hold_until"] <= instance.clock():
        return None
    if not hmac.compare_digest(row["hold_token"], token_hash(request.token)):
        if _may_replace(request, may_move):
            return None
        raise RecordInUse
    wanted = (request.agenda, request.visit_type, request.start)
    if (row["agenda"], row["visit_type"], row["start"]) != wanted:
        return None
    left = HOLD_EXTENSIONS_MAX - row["extensions"]
    return Held(request.record, row["start"], row["minutes"], row["hold_until"], left)


def _new_hold(
    request: HoldRequest, offered: Offer, may_move: bool, rules_version: int, now: datetime
) -> NewHold:
    span = NewSpan(
        request.practice,
        request.agenda,
        request.record,
        request.visit_type,
        offered.slot.start,
        offered.slot.minutes,
        offered.blocked_since,
        offered.blocked_until,
        offered.overbooked,
    )
    # What staff enter stands at once, whatever the visit type asks of patients.
    on_request = offered.on_request and request.who is not Who.STAFF
    return NewHold(
        span,
        token_hash(request.token),
        limit(now),
        on_request,
        may_move,
        rules_version,
        now,
        offered.over_block,
    )


class _Undo(Exception):
    """Rolls a transaction back."""


class _HoldGone(Exception):
    """The hold that was to give way is none any more: it stands, moved or went. Rolls back; what is true now is to be seen."""


async def _place_whole(
    instance: Instance, request: HoldRequest, asked: Asked, hold: NewHold, resources: tuple[UUID, ...]
) -> bool:
    """In one transaction: lets go of the record's own hold elsewhere, or of one that gives way to a member's, places the
    new one, takes its resources.

    Where the visit type has a daily quota, those who want one of its visits that day come one after another, and each
    counts anew: no constraint knows the number. Raises NotOffered when it is reached. A marked overbooking is checked once
    more while nobody else places anything on its agenda: what stands beside it was there when it was checked, and what
    comes later is refused (docs/decisions/0036). Raises WarningChanged, _HoldGone.
    """
    span = hold.span
    rules = await rules_of(instance, span.agenda)
    try:
        async with transaction(instance.pool) as tx:
            if visit_type_of(rules, span.visit_type).daily_quota is not None:
                await spans.queue_for_quota(
                    tx, span.agenda, span.visit_type, local_day(span.start, rules.agenda.zone)
                )
                _offer(request, await see_slot(instance, asked, span.start, connection=tx))
            if span.overbooked:
                await spans.queue_for_overbooking(tx, span.agenda)
                if not _offer(request, await see_slot(instance, asked, span.start, connection=tx)).overbooked:
                    raise _Undo
            row = await spans.read_record(tx, span.practice, span.record)
            if row["appointment"] and not hold.may_move:
                raise RecordInUse
            if row["span"] is not None and row["hold_until"] > hold.now:
                mine = hmac.compare_digest(row["hold_token"], hold.token_hash)
                if not mine and not _may_replace(request, hold.may_move):
                    raise RecordInUse
                if not await spans.release_hold(tx, span.practice, span.record, row["hold_token"]):
                    raise _HoldGone
            if resources:
                await spans.lock_resources(tx, span.practice, resources)
            placed = await spans.place_hold(tx, hold)
            if placed is None:
                raise _Undo
            if resources and not await spans.place_resources(tx, span, placed, resources, hold.now):
                raise _Undo
        return True
    except _Undo:
        return False
