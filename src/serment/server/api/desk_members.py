# SPDX-License-Identifier: AGPL-3.0-or-later
"""Members of a practice: who they are, who is invited, who is suspended; and the signed roster with its sealed seeds."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from serment.framing import SignedEvent
from serment.framing.roster_seeds import BoxedSeed, SealedSeed
from serment.server.api.desk_session import staff_of
from serment.server.api.problems import problems
from serment.server.api.wire import Body, Kid, instance_of
from serment.server.usecases.append_events import UNITS_MAX, RosterBatch
from serment.server.usecases.change_roster import change_roster
from serment.server.usecases.invite import (
    NAME_CHARACTERS_MAX,
    OWNERS_TOLD_MAX,
    InvitationAsked,
    SealedSecret,
    invite,
    revoke_invitation,
)
from serment.server.usecases.older_stanzas import OLDER_MAX, OlderRecords, keep_previous, older_stanzas
from serment.server.usecases.read_members import MembersTold, read_members
from serment.server.usecases.see_look_back import see_look_back
from serment.server.usecases.suspend_member import name_last_day, suspend_member
from serment.server.usecases.unfreeze import unfreeze

ROSTER_BODY_BYTES_MAX = 4 * 1024 * 1024
EVENTS_PER_REQUEST_MAX = 500
SEEDS_PER_REQUEST_MAX = 2_000
KIDS_MAX = 64

Name = Annotated[str, Meta(min_length=1, max_length=NAME_CHARACTERS_MAX, pattern=r"\S")]
EpochNumber = Annotated[int, Meta(ge=1, le=2_147_483_647)]


class EventBody(Body):
    """One signed event; see spec/roster.md."""

    event: bytes
    sig: Annotated[bytes, Meta(min_length=64, max_length=64)]


class SeedBody(Body):
    """An epoch's seed, sealed to the member's key that `kid` names: 1,168 bytes."""

    unit: UUID
    epoch: EpochNumber
    kid: Kid
    seed: bytes = msgspec.field(name="bytes")


class PreviousBody(Body):
    """The seed of the epoch before `epoch`, boxed under it: 60 bytes."""

    unit: UUID
    epoch: Annotated[int, Meta(ge=2, le=2_147_483_647)]
    seed: bytes = msgspec.field(name="bytes")


class UnitBody(Body):
    """A new unit's name, in clear."""

    unit: UUID
    name: Name


class RosterBody(Body, kw_only=True):
    """All or none. Exactly one seed for each member of each new epoch, and for each member new to a unit."""

    events: Annotated[list[EventBody], Meta(min_length=1, max_length=EVENTS_PER_REQUEST_MAX)]
    seeds: Annotated[list[SeedBody], Meta(max_length=SEEDS_PER_REQUEST_MAX)] = []  # noqa: RUF012  # msgspec copies an empty list
    previous: Annotated[list[PreviousBody], Meta(max_length=UNITS_MAX)] = []  # noqa: RUF012  # msgspec copies an empty list
    units: Annotated[list[UnitBody], Meta(max_length=UNITS_MAX)] = []  # noqa: RUF012  # msgspec copies an empty list

    def batch(self) -> RosterBatch:
        """As the use cases take it."""
        return RosterBatch(
            [SignedEvent(each.event, each.sig) for each in self.events],
            [SealedSeed(each.unit.bytes, each.epoch, each.kid, each.seed) for each in self.seeds],
            boxed(self.previous),
            [(each.unit, each.name) for each in self.units],
        )


class RosterAnswer(msgspec.Struct):
    """The roster that stands."""

    seq: int
    head: bytes


class PreviousSeedsBody(Body):
    """From a member who holds both seeds."""

    previous: Annotated[list[PreviousBody], Meta(min_length=1, max_length=UNITS_MAX)]


class LastDayBody(Body):
    """The last day on which they are served; null for none."""

    until: date | None


class InvitationBody(Body):
    """`find` is D(secret, "invitation find", 16); the secret stays in the link. Units ascending. Role: 1 owner, 2
    practitioner, 3 secretary."""

    invitation: UUID
    member: UUID
    find: Annotated[bytes, Meta(min_length=16, max_length=16)]
    role: Annotated[int, Meta(ge=1, le=3)]
    units: Annotated[list[UUID], Meta(max_length=UNITS_MAX)]
    name: Name
    in_place_of: UUID | None = None
    until: date | None = None
    owners: Annotated[list[SealedSecret], Meta(max_length=OWNERS_TOLD_MAX)] = []  # noqa: RUF012  # msgspec copies an empty list


class InvitationAnswer(msgspec.Struct):
    """The last day on which the link can be answered."""

    expires_on: date


class OlderBody(Body):
    """`kids`: of the unit's keys of earlier epochs, public and symmetric."""

    unit: UUID
    kids: Annotated[list[Kid], Meta(min_length=1, max_length=KIDS_MAX)]
    most: Annotated[int, Meta(ge=1, le=OLDER_MAX)] = OLDER_MAX


@post(
    "/{practice:uuid}/roster",
    status_code=200,
    responses=problems(401, 403, 404, 409, 415, 422),
    summary="Append signed events, with the seeds they call for",
    request_max_body_size=ROSTER_BODY_BYTES_MAX,
)
async def roster(
    request: Request[Any, Any, Any], practice: FromPath[UUID], data: JSONBody[RosterBody]
) -> RosterAnswer:
    staff = await staff_of(request, practice)
    stands = await change_roster(instance_of(request), staff, data.batch())
    return RosterAnswer(stands.seq, stands.head)


def boxed(previous: list[PreviousBody]) -> list[BoxedSeed]:
    return [BoxedSeed(each.unit.bytes, each.epoch, each.seed) for each in previous]


@post(
    "/{practice:uuid}/seeds/previous",
    status_code=204,
    responses=problems(401, 403, 404, 415, 422),
    summary="Box the seed of an earlier epoch",
)
async def previous_seeds(
    request: Request[Any, Any, Any], practice: FromPath[UUID], data: JSONBody[PreviousSeedsBody]
) -> None:
    staff = await staff_of(request, practice)
    await keep_previous(instance_of(request), staff, boxed(data.previous))


@post(
    "/{practice:uuid}/stanzas/older",
    status_code=200,
    responses=problems(401, 403, 404, 415, 422),
    summary="Records still under older keys, what is to come first",
)
async def older(
    request: Request[Any, Any, Any], practice: FromPath[UUID], data: JSONBody[OlderBody]
) -> OlderRecords:
    staff = await staff_of(request, practice)
    return await older_stanzas(instance_of(request), staff, data.unit, data.kids, data.most)


@get("/{practice:uuid}/members", responses=problems(401, 403, 404), summary="Who belongs to the practice")
async def members(request: Request[Any, Any, Any], practice: FromPath[UUID]) -> MembersTold:
    return await read_members(instance_of(request), await staff_of(request, practice))


@post(
    "/{practice:uuid}/members/{member:uuid}/suspend",
    status_code=204,
    responses=problems(401, 403, 404, 409, 415),
    summary="Serve a member nothing more, at once",
)
async def suspend(request: Request[Any, Any, Any], practice: FromPath[UUID], member: FromPath[UUID]) -> None:
    staff = await staff_of(request, practice)
    await suspend_member(instance_of(request), staff, member, suspended=True)


@post(
    "/{practice:uuid}/members/{member:uuid}/unsuspend",
    status_code=204,
    responses=problems(401, 403, 404, 409, 415),
    summary="Take a suspension back",
)
async def unsuspend(
    request: Request[Any, Any, Any], practice: FromPath[UUID], member: FromPath[UUID]
) -> None:
    staff = await staff_of(request, practice)
    await suspend_member(instance_of(request), staff, member, suspended=False)


@post(
    "/{practice:uuid}/members/{member:uuid}/unfreeze",
    status_code=204,
    responses=problems(401, 403, 404, 415),
    summary="Let a member go on whom the sentinel stopped",
)
async def unfreeze_member(
    request: Request[Any, Any, Any], practice: FromPath[UUID], member: FromPath[UUID]
) -> None:
    await unfreeze(instance_of(request), await staff_of(request, practice), member)


@post(
    "/{practice:uuid}/members/{member:uuid}/looked",
    status_code=204,
    responses=problems(401, 403, 404, 415),
    summary="Note that an owner has seen whose visits long over a member opened",
)
async def saw_look_back(
    request: Request[Any, Any, Any], practice: FromPath[UUID], member: FromPath[UUID]
) -> None:
    await see_look_back(instance_of(request), await staff_of(request, practice), member)


@post(
    "/{practice:uuid}/members/{member:uuid}/until",
    status_code=204,
    responses=problems(401, 403, 404, 409, 415, 422),
    summary="Name a member's last day",
)
async def last_day(
    request: Request[Any, Any, Any],
    practice: FromPath[UUID],
    member: FromPath[UUID],
    data: JSONBody[LastDayBody],
) -> None:
    staff = await staff_of(request, practice)
    await name_last_day(instance_of(request), staff, member, data.until)


@post(
    "/{practice:uuid}/invitations",
    status_code=200,
    responses=problems(401, 403, 404, 409, 415, 422),
    summary="Invite somebody",
)
async def invitation(
    request: Request[Any, Any, Any], practice: FromPath[UUID], data: JSONBody[InvitationBody]
) -> InvitationAnswer:
    staff = await staff_of(request, practice)
    asked = InvitationAsked(
        data.invitation,
        data.member,
        data.find,
        data.role,
        data.units,
        data.in_place_of,
        data.name.strip(),
        data.until,
        data.owners,
    )
    return InvitationAnswer(await invite(instance_of(request), staff, asked))


@post(
    "/{practice:uuid}/invitations/{invitation:uuid}/revoke",
    status_code=204,
    responses=problems(401, 403, 404, 415),
    summary="Take an invitation back",
)
async def revoke(
    request: Request[Any, Any, Any], practice: FromPath[UUID], invitation: FromPath[UUID]
) -> None:
    staff = await staff_of(request, practice)
    await revoke_invitation(instance_of(request), staff, invitation)


handlers = [
    roster,
    previous_seeds,
    older,
    members,
    suspend,
    unsuspend,
    unfreeze_member,
    saw_look_back,
    last_day,
    invitation,
    revoke,
]
