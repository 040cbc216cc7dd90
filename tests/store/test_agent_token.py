# SPDX-License-Identifier: AGPL-3.0-or-later
"""A token is given to whoever holds a connector's login key, and is good with one more key alone, for five minutes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from joserfc.jwk import ECKey

import members_house as people
from bento_house import House
from members_house import Person
from serment.framing import Revocation
from serment.server.stores import connectors
from serment.server.usecases.agent_token import Agent, TokenRefused, agent_of, give_token, is_still_served
from serment.server.usecases.errors import SignedOut
from soft_agent import SoftAgent, choose, linked, paired

FEED = "/api/agent/feed"


async def asks(house: House, agent: SoftAgent, token: str | None = None, **other: Any) -> Agent:
    """A request for the feed, with a proof in which `other` stands."""
    proof = agent.proof(house.instance.origin, house.clock(), path=FEED, **other)
    return await agent_of(house.instance, token or agent.token, proof, method="POST", path=FEED)


async def refused(house: House, agent: SoftAgent, **other: Any) -> str:
    """Why a token is not given for a word in which `other` stands."""
    origin, now = house.instance.origin, house.clock()
    with pytest.raises(TokenRefused) as error:
        await give_token(house.instance, agent.assertion(origin, now, **other), agent.proof(origin, now))
    return error.value.error


async def test_a_linked_agent_is_known_by_token_and_proof(house: House, bento: Person) -> None:
    agent = await linked(bento, house)
    found = await asks(house, agent)
    assert (found.practice, found.connector) == (house.practice, agent.connector)
    assert found.agendas == {house.bento, house.ferrand} and set(found.grants) == {house.unit}


async def test_a_word_that_is_not_the_agents_own_gets_no_token(house: House, bento: Person) -> None:
    agent, origin, now = await linked(bento, house), house.instance.origin, house.clock()
    other = await linked(bento, house)
    at = int(now.timestamp())
    for wrong in (
        {"key": ECKey.generate_key("P-384")},
        {"key": ECKey.generate_key("P-256"), "alg": "ES256"},
        {"iss": "x"}, {"sub": "x"}, {"sub": f"{house.practice}.{other.connector}"}, {"aud": origin}, {"aud": [origin + "/api/agent/token"]},
        {"exp": at}, {"exp": at + 301}, {"exp": True}, {"exp": "soon"}, {"exp": 1e300}, {"iat": at + 61},
        {"jti": "short"}, {"jti": "x" * 129}, {"jti": 7},
    ):  # fmt: skip
        assert await refused(house, agent, **wrong) == "invalid_client", wrong
    for garbage in ("", "a.b.c", "....", agent.assertion(origin, now)[:-4] + "AAAA", "é" * 20):
        with pytest.raises(TokenRefused):
            await give_token(house.instance, garbage, agent.proof(origin, now))


async def test_a_word_and_a_proof_are_taken_once(house: House, bento: Person) -> None:
    agent, origin, now = await linked(bento, house), house.instance.origin, house.clock()
    word, proof = agent.assertion(origin, now), agent.proof(origin, now)
    await give_token(house.instance, word, proof)
    with pytest.raises(TokenRefused, match="invalid_client"):
        await give_token(house.instance, word, agent.proof(origin, now))
    with pytest.raises(TokenRefused, match="invalid_dpop_proof"):
        await give_token(house.instance, agent.assertion(origin, now), proof)
    path = agent.proof(origin, now, path=FEED)
    await agent_of(house.instance, agent.token, path, method="POST", path=FEED)
    with pytest.raises(SignedOut):
        await agent_of(house.instance, agent.token, path, method="POST", path=FEED)


async def test_a_proof_speaks_of_this_request_and_no_other(house: House, bento: Person) -> None:
    agent = await linked(bento, house)
    at = int(house.clock().timestamp())
    stolen = ECKey.generate_key("P-256")
    for wrong in (
        {"key": stolen}, {"htm": "GET"}, {"htu": house.instance.origin + "/api/agent/changes"}, {"htu": "https://elsewhere" + FEED},
        {"ath": None}, {"ath": "A" * 43}, {"iat": at - 61}, {"iat": at + 61}, {"iat": None}, {"jti": None}, {"jti": "short"},
        {"header": {"typ": "JWT"}}, {"header": {"jwk": stolen.as_dict(private=False)}},
    ):  # fmt: skip
        with pytest.raises(SignedOut):
            await asks(house, agent, **wrong)
    await asks(house, agent)


async def test_a_stolen_token_without_its_key_opens_nothing(house: House, bento: Person) -> None:
    agent = await linked(bento, house)
    thief = agent.cloned()  # with the login key even, but not the key in memory
    with pytest.raises(SignedOut):
        await asks(house, thief, agent.token)
    for token in ("", "serment_token_", agent.token[:-1], agent.token.upper(), None):
        with pytest.raises(SignedOut):
            await agent_of(
                house.instance, token, agent.proof(house.instance.origin, house.clock(), path=FEED), method="POST", path=FEED
            )  # fmt: skip
    with pytest.raises(SignedOut):
        await agent_of(house.instance, agent.token, None, method="POST", path=FEED)


async def test_a_token_lasts_five_minutes(house: House, bento: Person) -> None:
    agent = await linked(bento, house)
    house.clock.now += timedelta(seconds=299)
    found = await asks(house, agent)
    assert await is_still_served(house.instance, found)
    house.clock.now += timedelta(seconds=1)
    with pytest.raises(SignedOut):
        await asks(house, agent)
    assert not await is_still_served(house.instance, found)


async def test_who_is_pending_revoked_or_frozen_is_answered_the_same(house: House, bento: Person) -> None:
    pending = await paired(bento, house)
    assert await refused(house, pending) == "invalid_client"
    assert await refused(house, SoftAgent(house.practice)) == "invalid_client"
    revoked, frozen = await linked(bento, house), await linked(bento, house)
    assert await asks(house, revoked) and await asks(house, frozen)
    await bento.change(house, await people.write(bento, house, [Revocation(revoked.connector.bytes)]))
    await connectors.freeze(house.instance.pool, house.practice, frozen.connector, "clone", house.clock())
    for agent in (revoked, frozen):
        with pytest.raises(SignedOut):
            await asks(house, agent)
        assert await refused(house, agent) == "invalid_client"


async def test_another_server_process_stops_serving_with_the_commit(house: House, bento: Person) -> None:
    """Nothing of who is served is kept in memory: what one process commits, the next request to any other sees."""
    agent = await linked(bento, house)
    elsewhere = House(
        **{
            **vars(house),
            "instance": type(house.instance)(
                house.instance.name, house.instance.pool, house.instance.secret, house.clock
            ),
        }
    )
    assert await asks(elsewhere, agent)
    await bento.change(house, await people.write(bento, house, [Revocation(agent.connector.bytes)]))
    with pytest.raises(SignedOut):
        await asks(elsewhere, agent)


async def test_agendas_taken_away_are_gone_at_the_next_request(house: House, bento: Person) -> None:
    agent = await linked(bento, house)
    await choose(bento, house, agent, house.ferrand)
    assert (await asks(house, agent)).agendas == {house.ferrand}
