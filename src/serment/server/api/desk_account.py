# SPDX-License-Identifier: AGPL-3.0-or-later
"""A staff account and its ways in: passwords, passkeys, printed codes, known machines."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post, put
from litestar.exceptions import ValidationException
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody
from msgspec import Meta

from serment.server.api.desk_session import SignedInAnswer, signed_in_answer
from serment.server.api.problems import problems
from serment.server.api.wire import Body, bucket_of, instance_of
from serment.server.session import no_session_cookie, session_token
from serment.server.usecases.challenges import new_challenge
from serment.server.usecases.change_unlocks import (
    LABEL_CHARACTERS_MAX,
    Change,
    NewMachine,
    NewPassword,
    NewWay,
    OldWay,
    Ways,
    change_unlocks,
    read_ways,
    share_for,
)
from serment.server.usecases.create_account import create_account
from serment.server.usecases.devices import DEVICES_MAX
from serment.server.usecases.passkeys import PasskeyAnswer
from serment.server.usecases.sign_in import account_of, end_sessions, sign_in_by_code, sign_in_by_passkey

WAYS_PER_CHANGE_MAX = 4
_Key = Annotated[bytes, Meta(min_length=32, max_length=32)]
_Work = Annotated[bytes, Meta(max_length=64)]
_Label = Annotated[str, Meta(max_length=LABEL_CHARACTERS_MAX)]
_NOTHING = {204: ResponseSpec(None, description="Done.")}


class AccountBody(Body):
    """`find` and `auth` of spec/rdv1.md, section 3; both left out for an account that will open by passkey."""

    account: UUID
    find: _Key | None = None
    auth: _Key | None = None
    work: _Work | None = None


class ShareBody(Body):
    """The log-in name a password is about to be set for."""

    find: _Key
    work: _Work | None = None


class ShareAnswer(msgspec.Struct):
    """The server's part of a password's secret."""

    share: bytes


class MachineBody(Body):
    """A machine to remember: the public half of its key, P-256, uncompressed."""

    device: UUID
    public_key: Annotated[bytes, Meta(min_length=65, max_length=65)]
    label: _Label


class UnlocksBody(Body):
    """A change of the ways in and of the machines that are known. `seen`: the version it was decided on; `sig`: the
    account's own key `key` over all of it (spec/rdv1.md, section 3)."""

    seen: Annotated[int, Meta(ge=1, le=2_147_483_646)]
    key: _Key
    sig: Annotated[bytes, Meta(min_length=64, max_length=64)]
    put: Annotated[list[NewWay], Meta(max_length=WAYS_PER_CHANGE_MAX)] = msgspec.field(default_factory=list)
    drop: Annotated[list[OldWay], Meta(max_length=WAYS_PER_CHANGE_MAX)] = msgspec.field(default_factory=list)
    password: NewPassword | None = None
    remember: Annotated[list[MachineBody], Meta(max_length=WAYS_PER_CHANGE_MAX)] = msgspec.field(
        default_factory=list
    )
    forget: Annotated[list[UUID], Meta(max_length=DEVICES_MAX)] = msgspec.field(default_factory=list)

    def change(self) -> Change:
        """As the use case takes it."""
        machines = [NewMachine(one.device, one.public_key, one.label) for one in self.remember]
        return Change(self.put, self.drop, self.password, machines, self.forget)


class VersionAnswer(msgspec.Struct):
    """The version after a change."""

    version: int


class RecoverBody(Body):
    """`recovery find` of spec/rdv1.md, section 3: the code itself stays in the browser."""

    find: Annotated[bytes, Meta(min_length=16, max_length=16)]


class ChallengeAnswer(msgspec.Struct):
    """A question for a passkey or a known machine: five minutes, one answer."""

    challenge: bytes


async def _account(request: Request[Any, Any, Any]) -> UUID:
    return await account_of(instance_of(request), session_token(request))


@post("/accounts", responses=problems(403, 409, 415, 422, 429), summary="Make an account")
async def make_account(
    request: Request[Any, Any, Any], data: JSONBody[AccountBody]
) -> Response[SignedInAnswer]:
    instance = instance_of(request)
    made = await create_account(
        instance,
        data.account,
        find=data.find,
        auth=data.auth,
        bucket=bucket_of(request, instance),
        work=data.work,
    )
    return signed_in_answer(made, status_code=201)


@get("/account", responses=problems(401), summary="My ways in and the machines I am known on")
async def my_account(request: Request[Any, Any, Any]) -> Ways:
    return await read_ways(instance_of(request), await _account(request))


@post(
    "/account/share",
    status_code=200,
    responses=problems(401, 403, 409, 415, 422, 429),
    summary="The server's part of a password that is about to be set",
)
async def my_share(request: Request[Any, Any, Any], data: JSONBody[ShareBody]) -> ShareAnswer:
    instance = instance_of(request)
    account, bucket = await _account(request), bucket_of(request, instance)
    return ShareAnswer(await share_for(instance, account, data.find, bucket=bucket, work=data.work))


@put("/account/unlocks", responses=problems(401, 403, 409, 415, 422), summary="Change my ways in, signed")
async def change_ways(request: Request[Any, Any, Any], data: JSONBody[UnlocksBody]) -> VersionAnswer:
    if data.password is not None and (len(data.password.find), len(data.password.auth)) != (32, 32):
        raise ValidationException("password")
    instance, account = instance_of(request), await _account(request)
    version = await change_unlocks(
        instance,
        account,
        data.seen,
        data.change(),
        key=data.key,
        sig=data.sig,
        session_token=session_token(request),
    )
    return VersionAnswer(version)


@post(
    "/recover", status_code=200, responses=problems(401, 403, 415, 422), summary="Sign in by a printed code"
)
async def recover(request: Request[Any, Any, Any], data: JSONBody[RecoverBody]) -> Response[SignedInAnswer]:
    return signed_in_answer(await sign_in_by_code(instance_of(request), data.find))


@get(
    "/challenge",
    responses=problems(),
    summary="A question for a passkey or a known machine",
    sync_to_thread=False,
)
def challenge(request: Request[Any, Any, Any]) -> ChallengeAnswer:
    return ChallengeAnswer(new_challenge(instance_of(request)))


@post(
    "/sign-in/passkey",
    status_code=200,
    responses=problems(401, 403, 409, 415, 422),
    summary="Sign in by a passkey",
)
async def passkey_sign_in(
    request: Request[Any, Any, Any], data: JSONBody[PasskeyAnswer]
) -> Response[SignedInAnswer]:
    return signed_in_answer(await sign_in_by_passkey(instance_of(request), data))


@post(
    "/account/end-sessions",
    status_code=204,
    responses=_NOTHING | problems(401, 403, 415),
    summary="End all my sessions",
)
async def end_all(request: Request[Any, Any, Any]) -> Response[None]:
    await end_sessions(instance_of(request), session_token(request))
    return Response(None, status_code=204, cookies=[no_session_cookie()])


handlers = [
    make_account,
    my_account,
    my_share,
    change_ways,
    recover,
    challenge,
    passkey_sign_in,
    end_all,
]
