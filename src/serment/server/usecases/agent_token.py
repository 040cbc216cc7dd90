# SPDX-License-Identifier: AGPL-3.0-or-later
"""An agent shows its login key and is given a token of five minutes; and who a token is, judged at each request
(spec/agent.md, section 3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from serment.database.pool import transaction
from serment.framing import Altered, Roster
from serment.framing.agent_login import Shown, check_assertion, check_proof, claimed_client
from serment.framing.connectors import LoginKey
from serment.framing.roster_events import Grant
from serment.framing.typed import TOKEN, TOKEN_BYTES, draw_typed, is_typed, typed_hash
from serment.server.instance import Instance
from serment.server.stores import connectors
from serment.server.usecases.errors import SignedOut
from serment.server.usecases.read_roster import roster_of

TOKEN_SECONDS = 300
TOKEN_PATH = "/api/agent/token"  # noqa: S105  # an address


class TokenRefused(Exception):
    """No token: `error` is RFC 6749's word (section 5.2). Nothing tells which of its reasons it was."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


@dataclass(frozen=True, slots=True)
class Agent:
    """A linked program with a live token. Nothing outside `grants` (by unit) and `agendas` exists for it."""

    practice: UUID
    connector: UUID
    grants: Mapping[UUID, Grant]
    agendas: frozenset[UUID]
    roster: Roster
    token_hash: bytes


def client_id(practice: UUID, connector: UUID) -> str:
    """How a connector names itself where it asks for tokens."""
    return f"{practice}.{connector}"


async def give_token(instance: Instance, assertion: str, proof: str) -> str:
    """An access token, good with proofs of this one's key alone. Raises TokenRefused."""
    now, address = instance.clock(), instance.origin + TOKEN_PATH
    try:
        shown = check_proof(proof, method="POST", address=address, now=now, token=None)
    except Altered:
        raise TokenRefused("invalid_dpop_proof") from None
    client = claimed_client(assertion)
    practice, connector = _named(client)
    login = await connectors.read_login(instance.pool, practice, connector)
    if login is None:
        raise TokenRefused("invalid_client")
    try:
        word = check_assertion(assertion, LoginKey(*login), client=client, audience=address, now=now)
    except Altered:
        raise TokenRefused("invalid_client") from None
    token = draw_typed(TOKEN, TOKEN_BYTES)
    async with transaction(instance.pool) as tx:
        if not await connectors.show_once(tx, word.shown, word.over):
            raise TokenRefused("invalid_client")
        if not await connectors.show_once(tx, shown.shown, shown.over):
            raise TokenRefused("invalid_dpop_proof")
        if not await connectors.give_token(
            tx, practice, connector, token_hash=typed_hash(token), jkt=shown.thumb,
            expires_at=now + timedelta(seconds=TOKEN_SECONDS),
        ):  # fmt: skip
            raise TokenRefused("invalid_client")
    return token


def _named(client: str) -> tuple[UUID, UUID]:
    practice, _, connector = client.partition(".")
    try:
        named = UUID(practice), UUID(connector)
    except ValueError:
        raise TokenRefused("invalid_client") from None
    if client != client_id(*named):
        raise TokenRefused("invalid_client")
    return named


async def agent_of(
    instance: Instance, token: str | None, proof: str | None, *, method: str, path: str
) -> Agent:
    """Who asks, by a token, and a proof of its key that speaks of this request. Raises SignedOut, for whatever reason."""
    if token is None or proof is None or not is_typed(TOKEN, TOKEN_BYTES, token):
        raise SignedOut
    now = instance.clock()
    try:
        shown: Shown = check_proof(proof, method=method, address=instance.origin + path, now=now, token=token)
    except Altered:
        raise SignedOut from None
    row = await connectors.judge(
        instance.pool, typed_hash(token), shown.thumb, shown=shown.shown, proof_over=shown.over, now=now
    )
    if row is None or row["head"] is None:
        raise SignedOut
    roster = await roster_of(instance, row["practice"], head=row["head"])
    grants = {
        UUID(bytes=unit): grant
        for (connector, unit), grant in roster.grants.items()
        if connector == row["connector"].bytes
    }
    if not grants:
        raise SignedOut
    return Agent(
        row["practice"], row["connector"], grants, frozenset(row["agendas"]), roster, typed_hash(token)
    )


async def is_still_served(instance: Instance, agent: Agent) -> bool:
    """Whether an open stream goes on: token, connector and grant hold still."""
    return await connectors.still_served(instance.pool, agent.token_hash, instance.clock())
