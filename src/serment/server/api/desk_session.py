# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who is at the desk: signing in and out, and the member behind each request, judged by the roster every time."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody
from msgspec import Meta

from serment.domain.roles import Deed
from serment.server.api.problems import problems
from serment.server.api.wire import Body, instance_of
from serment.server.session import no_session_cookie, session_cookie, session_token
from serment.server.usecases.devices import DeviceProof
from serment.server.usecases.dormancy import Dormant
from serment.server.usecases.membership import Staff, member_of
from serment.server.usecases.sign_in import Membership, SignedIn, Unlock, sign_in, sign_out, who_am_i


class SignInBody(Body):
    """`find` and `auth` of spec/rdv1.md, section 3: neither name nor password leaves the browser."""

    find: Annotated[bytes, Meta(min_length=32, max_length=32)]
    auth: Annotated[bytes, Meta(min_length=32, max_length=32)]
    device: DeviceProof | None = None
    recovery: Annotated[bytes, Meta(min_length=16, max_length=16)] | None = None


class SignedInAnswer(msgspec.Struct):
    """The session's token is in the cookie alone. `share` is null to whoever came in without a password; `dormant`: where
    an owner has to bring them back."""

    account: UUID
    share: bytes | None
    version: int
    unlocks: list[Unlock]
    practices: list[Membership]
    dormant: list[Dormant]


class MeAnswer(msgspec.Struct):
    """Who the session is."""

    account: UUID
    practices: list[Membership]


async def staff_of(request: Request[Any, Any, Any], practice: UUID, deed: Deed | None = None) -> Staff:
    """The member behind a request, who may do this where a deed is named. Raises SignedOut, NoSuchPractice, NotYourRole."""
    staff = await member_of(instance_of(request), session_token(request), practice)
    request.state.staff = staff
    if deed is not None:
        staff.check_may(deed)
    return staff


def signed_in_answer(signed_in: SignedIn, *, status_code: int = 200) -> Response[SignedInAnswer]:
    """The answer to somebody who has shown who they are, with the session's cookie."""
    answer = SignedInAnswer(
        signed_in.account, signed_in.share, signed_in.version, signed_in.unlocks,
        signed_in.practices, signed_in.dormant,
    )  # fmt: skip
    return Response(answer, status_code=status_code, cookies=[session_cookie(signed_in.token)])


@post(
    "/sign-in",
    status_code=200,
    responses=problems(401, 403, 409, 415, 422, 429),
    summary="Sign in by password",
)
async def sign_in_route(
    request: Request[Any, Any, Any], data: JSONBody[SignInBody]
) -> Response[SignedInAnswer]:
    return signed_in_answer(
        await sign_in(instance_of(request), data.find, data.auth, device=data.device, recovery=data.recovery)
    )


@post(
    "/sign-out",
    status_code=204,
    responses={204: ResponseSpec(None, description="Signed out."), **problems(403, 415)},
    summary="Sign out",
)
async def sign_out_route(request: Request[Any, Any, Any]) -> Response[None]:
    await sign_out(instance_of(request), session_token(request))
    return Response(None, status_code=204, cookies=[no_session_cookie()])


@get("/me", responses=problems(401), summary="Who the session is")
async def me(request: Request[Any, Any, Any]) -> MeAnswer:
    account, practices = await who_am_i(instance_of(request), session_token(request))
    return MeAnswer(account, practices)


handlers = [sign_in_route, sign_out_route, me]
