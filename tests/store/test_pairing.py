# SPDX-License-Identifier: AGPL-3.0-or-later
"""A program at the practice is linked by an owner's code, granted by a signed event, and gone with another."""

from __future__ import annotations

import dataclasses
import uuid

import pytest

import members_house as people
from bento_house import House
from members_house import Person
from serment.framing import Altered, Revocation
from serment.framing.typed import PAIRING, PAIRING_BYTES, draw_typed
from serment.seal.keys import ConnectorKeys
from serment.server.usecases.errors import (
    AlreadyPaired,
    NoSuchAgenda,
    NoSuchConnector,
    NoSuchPairing,
    NotYourRole,
    StillGranted,
    TooManyCodes,
)
from serment.server.usecases.expire import PENDING_HOURS, expire_pairings
from serment.server.usecases.pair_connector import ask_code, drop_connector, pair, read_connectors
from soft_agent import SoftAgent, choose, linked, paired


async def states(owner: Person, house: House) -> dict[uuid.UUID, str]:
    told = await read_connectors(house.instance, await owner.staff(house))
    return {each.connector: each.state for each in told.connectors}


async def test_an_agent_answers_a_code_once_and_the_same_answer_again(house: House, bento: Person) -> None:
    code = await ask_code(house.instance, await bento.staff(house), None)
    agent = SoftAgent(house.practice)
    for _ in range(2):  # the first answer was lost
        await pair(house.instance, house.practice, agent.shown(code.code))
    assert await states(bento, house) == {agent.connector: "pending"}
    with pytest.raises(NoSuchPairing):
        await pair(house.instance, house.practice, SoftAgent(house.practice).shown(code.code))


async def test_a_code_is_good_for_a_quarter_of_an_hour_and_in_its_practice_alone(
    house: House, bento: Person
) -> None:
    code = await ask_code(house.instance, await bento.staff(house), None)
    agent = SoftAgent(house.practice)
    for other in (draw_typed(PAIRING, PAIRING_BYTES), code.code[:-1] + "2", "", "serment_pair_"):
        with pytest.raises(NoSuchPairing):
            await pair(house.instance, house.practice, agent.shown(other))
    elsewhere = uuid.uuid4()
    with pytest.raises(NoSuchPairing):
        await pair(house.instance, elsewhere, dataclasses.replace(agent, practice=elsewhere).shown(code.code))
    house.clock.pass_(minutes=15)
    with pytest.raises(NoSuchPairing):
        await pair(house.instance, house.practice, agent.shown(code.code))


async def test_three_codes_stand_at_a_time(house: House, bento: Person) -> None:
    staff = await bento.staff(house)
    for _ in range(3):
        await ask_code(house.instance, staff, None)
    with pytest.raises(TooManyCodes):
        await ask_code(house.instance, staff, None)
    house.clock.pass_(minutes=16)
    await ask_code(house.instance, staff, None)


async def test_a_server_cannot_put_another_login_key_in(house: House, bento: Person) -> None:
    code = await ask_code(house.instance, await bento.staff(house), None)
    agent, mallory = SoftAgent(house.practice), SoftAgent(house.practice)
    shown = agent.shown(code.code)
    other = dataclasses.replace(shown, public=dataclasses.replace(agent.public, login=mallory.login_key))
    with pytest.raises(Altered):
        await pair(house.instance, house.practice, other)
    assert other.public.fingerprint("serment-test", house.practice.bytes) != agent.public.fingerprint(
        "serment-test", house.practice.bytes
    )


async def test_keys_are_linked_once(house: House, bento: Person) -> None:
    agent = await paired(bento, house)
    code = await ask_code(house.instance, await bento.staff(house), None)
    again = SoftAgent(house.practice, keys=agent.keys)
    with pytest.raises(AlreadyPaired):
        await pair(house.instance, house.practice, again.shown(code.code))
    await pair(
        house.instance, house.practice, SoftAgent(house.practice).shown(code.code)
    )  # the code was not lost


async def test_owners_alone_link_programs(house: House, sam: Person, bento: Person) -> None:
    agent, staff = await paired(bento, house), await sam.staff(house)
    with pytest.raises(NotYourRole):
        await ask_code(house.instance, staff, None)
    with pytest.raises(NotYourRole):
        await read_connectors(house.instance, staff)
    with pytest.raises(NotYourRole):
        await choose(sam, house, agent, house.bento)
    with pytest.raises(NotYourRole):
        await drop_connector(house.instance, staff, agent.connector)


async def test_a_grant_stands_for_paired_keys_and_agendas_of_its_units_alone(
    house: House, bento: Person
) -> None:
    stranger = SoftAgent(house.practice)
    with pytest.raises(Altered):
        await bento.change(house, await people.write(bento, house, [stranger.grant(house.unit)]))
    agent = await paired(bento, house)
    with pytest.raises(Altered):  # no agenda was chosen
        await bento.change(house, await people.write(bento, house, [agent.grant(house.unit)]))
    await choose(bento, house, agent, house.id("agenda", "lab"))
    with pytest.raises(Altered):
        await bento.change(house, await people.write(bento, house, [agent.grant(house.unit)]))
    await choose(bento, house, agent, house.bento)
    swapped = dataclasses.replace(agent, keys=ConnectorKeys.new())
    with pytest.raises(Altered):
        await bento.change(house, await people.write(bento, house, [swapped.grant(house.unit)]))
    await bento.change(house, await people.write(bento, house, [agent.grant(house.unit)]))
    assert await states(bento, house) == {agent.connector: "granted"}
    with pytest.raises(NoSuchAgenda):
        await choose(bento, house, agent, house.id("agenda", "lab"))
    with pytest.raises(StillGranted):
        await drop_connector(house.instance, await bento.staff(house), agent.connector)


async def test_a_revoked_program_is_granted_nothing_any_more(house: House, bento: Person) -> None:
    agent = await linked(bento, house)
    await bento.change(house, await people.write(bento, house, [Revocation(agent.connector.bytes)]))
    assert await states(bento, house) == {agent.connector: "revoked"}
    with pytest.raises(NoSuchConnector):
        await choose(bento, house, agent, house.bento)
    house.clock.pass_(days=366)
    await expire_pairings(house.instance)
    assert await house.instance.pool.fetchval("SELECT count(*) FROM connectors") == 0


async def test_paired_again_it_keeps_its_settings(house: House, bento: Person) -> None:
    old = await linked(bento, house)
    code = await ask_code(house.instance, await bento.staff(house), old.connector)
    new = SoftAgent(house.practice)
    await pair(house.instance, house.practice, new.shown(code.code))
    await bento.change(
        house, await people.write(bento, house, [Revocation(old.connector.bytes), new.grant(house.unit)])
    )
    told = await read_connectors(house.instance, await bento.staff(house))
    of = {each.connector: each for each in told.connectors}
    assert of[old.connector].state == "revoked"
    assert of[new.connector].state == "granted" and of[new.connector].name == "Logiciel du cabinet"
    assert set(of[new.connector].agendas) == {house.bento, house.ferrand}


async def test_what_nobody_grants_is_forgotten_after_a_day(house: House, bento: Person) -> None:
    await paired(bento, house)
    granted = await linked(bento, house)
    house.clock.pass_(hours=PENDING_HOURS)
    await expire_pairings(house.instance)
    assert set(await states(bento, house)) == {granted.connector}
    dropped = await paired(bento, house)
    for _ in range(2):
        await drop_connector(house.instance, await bento.staff(house), dropped.connector)
    assert set(await states(bento, house)) == {granted.connector}
