# SPDX-License-Identifier: AGPL-3.0-or-later
"""Dr Bento makes an account and changes its ways in; Mallory holds a password, a dump, an old answer, and gets nowhere."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from bento_house import INSTANCE, Clock
from serment.database.pool import Pool
from serment.domain.errors import WorkAsked
from serment.framing.conventions import T, instance_bytes
from serment.server.instance import Instance
from serment.server.secret import Secret
from serment.server.usecases.challenges import CHALLENGE_MINUTES, new_challenge
from serment.server.usecases.change_unlocks import (
    NewPassword,
    NewWay,
    OldWay,
    change_unlocks,
    read_ways,
    share_for,
)
from serment.server.usecases.create_account import create_account
from serment.server.usecases.devices import DeviceProof, forget_device, remember_device
from serment.server.usecases.errors import (
    ChallengeOver,
    NameTaken,
    NewDevice,
    NoSuchCode,
    PasskeyRefused,
    PasswordClosed,
    Refusal,
    SignedOut,
    StaleWays,
    TwoWaysNeeded,
    WrongLogIn,
)
from serment.server.usecases.expire import expire_sessions
from serment.server.usecases.sign_in import (
    SESSION_HOURS,
    account_of,
    end_sessions,
    sign_in,
    sign_in_by_code,
    sign_in_by_passkey,
)
from soft_passkey import SoftPasskey

BOX = b"b" * 60


@pytest.fixture
def instance(pool: Pool) -> Instance:
    return Instance(INSTANCE, pool, Secret(b"S" * 32), Clock())


@dataclass
class Person:
    """Somebody at a browser: what their name, password and printed code derive to, a machine's key, a passkey."""

    instance: Instance
    account: uuid.UUID = field(default_factory=uuid.uuid4)
    find: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    auth: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    code: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    device: uuid.UUID = field(default_factory=uuid.uuid4)
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    passkey: SoftPasskey = field(default_factory=SoftPasskey)

    async def joins(self) -> Person:
        """An account with a password and a printed code."""
        bucket = secrets.token_bytes(16)
        await create_account(
            self.instance, self.account, find=self.find, auth=self.auth, bucket=bucket, work=None
        )
        await self.change(1, put=[self.password_way(), self.code_way()], password=self.password)
        return self

    @property
    def password(self) -> NewPassword:
        return NewPassword(self.find, self.auth)

    def password_way(self, version: int = 1) -> NewWay:
        return NewWay(2, b"", version, BOX)

    def code_way(self, version: int = 1) -> NewWay:
        return NewWay(3, hashlib.sha256(self.code).digest(), version, BOX)

    def passkey_way(self) -> NewWay:
        answer = self.passkey.registers(new_challenge(self.instance))
        return NewWay(1, self.passkey.credential, 1, BOX, answer, "Téléphone")

    def change(self, seen: int, **change: Any) -> Awaitable[int]:
        return change_unlocks(self.instance, self.account, seen, **({"put": []} | change))

    async def remembers(self) -> None:
        point = self.key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        await remember_device(self.instance, self.account, self.device, point, "Accueil")

    def proves(self, challenge: bytes | None = None) -> DeviceProof:
        challenge = challenge or new_challenge(self.instance)
        signed = T("device") + instance_bytes(INSTANCE) + self.device.bytes + challenge
        halves = decode_dss_signature(self.key.sign(signed, ec.ECDSA(SHA256())))
        return DeviceProof(self.device, challenge, b"".join(half.to_bytes(32, "big") for half in halves))

    def signs_in(self, **more: Any) -> Awaitable[Any]:
        return sign_in(self.instance, self.find, self.auth, **more)


@pytest.fixture
async def bento(instance: Instance) -> Person:
    return await Person(instance).joins()


async def test_an_account_is_made_once_and_asked_for_twice(instance: Instance) -> None:
    bento = Person(instance)
    asked = {"find": bento.find, "auth": bento.auth, "bucket": b"b" * 16, "work": None}
    first = await create_account(instance, bento.account, **asked)
    again = await create_account(instance, bento.account, **asked)
    assert first.share == again.share and first.unlocks == []
    assert await account_of(instance, again.token) == bento.account


async def test_a_name_that_is_taken_is_said_at_sign_up(bento: Person) -> None:
    mallory = Person(bento.instance, find=bento.find)
    with pytest.raises(NameTaken):
        await create_account(
            bento.instance, mallory.account, find=mallory.find, auth=mallory.auth, bucket=b"m" * 16, work=None
        )
    with pytest.raises(WrongLogIn):
        await mallory.signs_in()


async def test_asking_for_names_costs_work_after_a_few(bento: Person) -> None:
    for _ in range(5):
        with pytest.raises(NameTaken):
            await create_account(
                bento.instance, uuid.uuid4(), find=bento.find, auth=b"m" * 32, bucket=b"w" * 16, work=None
            )
    with pytest.raises(WorkAsked):
        await create_account(
            bento.instance, uuid.uuid4(), find=bento.find, auth=b"m" * 32, bucket=b"w" * 16, work=None
        )


async def test_the_share_of_anothers_name_is_not_told(bento: Person) -> None:
    mallory = await Person(bento.instance).joins()
    with pytest.raises(NameTaken):
        await share_for(bento.instance, mallory.account, bento.find, bucket=b"n" * 16, work=None)
    own = await share_for(bento.instance, bento.account, bento.find, bucket=b"n" * 16, work=None)
    assert own == (await bento.signs_in(recovery=bento.code)).share


async def test_an_account_begun_and_left_is_forgotten_and_one_with_a_way_in_stays(
    bento: Person, instance: Instance
) -> None:
    left = Person(instance)
    await create_account(instance, left.account, find=left.find, auth=left.auth, bucket=b"l" * 16, work=None)
    await expire_sessions(instance)
    assert await left.signs_in()
    assert isinstance(instance.clock, Clock)
    instance.clock.pass_(hours=SESSION_HOURS + 1)
    await expire_sessions(instance)
    with pytest.raises(WrongLogIn):
        await left.signs_in()
    assert await bento.signs_in(recovery=bento.code)


# ---------------------------------------------------------------- two ways, always


async def test_the_last_but_one_way_in_stays(bento: Person) -> None:
    code = OldWay(3, hashlib.sha256(bento.code).digest())
    for old in (code, OldWay(2, b"")):
        with pytest.raises(TwoWaysNeeded):
            await bento.change(2, drop=[old])
    assert len((await read_ways(bento.instance, bento.account)).ways) == 2


async def test_of_three_ways_one_may_go(bento: Person) -> None:
    await bento.change(2, put=[bento.passkey_way()])
    assert await bento.change(3, drop=[OldWay(2, b"")]) == 4
    ways = await read_ways(bento.instance, bento.account)
    assert [(way.method, way.label) for way in ways.ways] == [(1, "Téléphone"), (3, "")]


async def test_two_passkeys_are_one_way_of_two(bento: Person) -> None:
    await bento.change(2, put=[bento.passkey_way()])
    bento.passkey = SoftPasskey()
    await bento.change(3, put=[bento.passkey_way()])
    with pytest.raises(TwoWaysNeeded):
        await bento.change(4, drop=[OldWay(2, b""), OldWay(3, hashlib.sha256(bento.code).digest())])


async def test_a_change_decided_on_an_older_state_is_refused_and_a_repeated_one_is_not(bento: Person) -> None:
    bento.code = secrets.token_bytes(16)
    way = bento.code_way(2)
    assert await bento.change(2, put=[way]) == 3
    assert await bento.change(2, put=[way]) == 3
    with pytest.raises(StaleWays):
        await bento.change(2, put=[NewWay(3, b"o" * 32, 2, b"o" * 60)])


# ---------------------------------------------------------------- the printed code


async def test_a_printed_code_signs_in_until_a_new_one_is_put(bento: Person) -> None:
    old = bento.code
    signed_in = await sign_in_by_code(bento.instance, old)
    assert (signed_in.account, signed_in.share) == (bento.account, None)
    assert await sign_in_by_code(bento.instance, old)
    bento.code = secrets.token_bytes(16)
    await bento.change(2, put=[bento.code_way(2)])
    with pytest.raises(NoSuchCode):
        await sign_in_by_code(bento.instance, old)
    assert await sign_in_by_code(bento.instance, bento.code)


async def test_what_stands_in_the_dump_is_not_what_signs_in(bento: Person, pool: Pool) -> None:
    stored = await pool.fetchval(
        "SELECT credential FROM unlocks WHERE account = $1 AND method = 3", bento.account
    )
    for tried in (stored[:16], stored[16:]):
        with pytest.raises(NoSuchCode):
            await sign_in_by_code(bento.instance, tried)
    assert await sign_in_by_code(bento.instance, bento.code)


# ---------------------------------------------------------------- new machines


async def test_the_password_alone_opens_no_session_on_a_new_machine(bento: Person) -> None:
    with pytest.raises(NewDevice):
        await bento.signs_in()
    assert (await bento.signs_in(recovery=bento.code)).share is not None
    with pytest.raises(NoSuchCode):
        await bento.signs_in(recovery=secrets.token_bytes(16))


async def test_another_accounts_code_is_no_second_way(bento: Person) -> None:
    mallory = await Person(bento.instance).joins()
    with pytest.raises(NoSuchCode):
        await bento.signs_in(recovery=mallory.code)


async def test_a_known_machine_needs_the_password_alone_and_once_forgotten_more(bento: Person) -> None:
    await bento.remembers()
    assert await bento.signs_in(device=bento.proves())
    await forget_device(bento.instance, bento.account, bento.device)
    with pytest.raises(NewDevice):
        await bento.signs_in(device=bento.proves())


async def test_a_machines_answer_counts_once_and_for_five_minutes(bento: Person) -> None:
    await bento.remembers()
    heard = bento.proves()
    await bento.signs_in(device=heard)
    with pytest.raises(ChallengeOver):
        await bento.signs_in(device=heard)
    late = bento.proves()
    assert isinstance(bento.instance.clock, Clock)
    bento.instance.clock.pass_(minutes=CHALLENGE_MINUTES)
    with pytest.raises(ChallengeOver):
        await bento.signs_in(device=late)


async def test_another_machines_key_is_refused(bento: Person) -> None:
    await bento.remembers()
    mallory = Person(bento.instance, device=bento.device)
    with pytest.raises(NewDevice):
        await bento.signs_in(device=mallory.proves())


async def test_ten_wrong_passwords_close_the_password_but_neither_code_nor_passkey(bento: Person) -> None:
    await bento.change(2, put=[bento.passkey_way()])
    for _ in range(10):
        with pytest.raises(WrongLogIn):
            await sign_in(bento.instance, bento.find, b"w" * 32)
    with pytest.raises(PasswordClosed):
        await bento.signs_in(recovery=bento.code)
    assert await sign_in_by_code(bento.instance, bento.code)
    assert await sign_in_by_passkey(bento.instance, bento.passkey.answers(new_challenge(bento.instance)))


# ---------------------------------------------------------------- passkeys


async def test_a_passkey_signs_in(bento: Person) -> None:
    await bento.change(2, put=[bento.passkey_way()])
    signed_in = await sign_in_by_passkey(bento.instance, bento.passkey.answers(new_challenge(bento.instance)))
    assert signed_in.account == bento.account and {way.method for way in signed_in.unlocks} == {1, 2, 3}


async def test_a_passkey_whose_owner_was_not_checked_is_refused(bento: Person) -> None:
    await bento.change(2, put=[bento.passkey_way()])
    bento.passkey.verifies = False
    with pytest.raises(PasskeyRefused):
        await sign_in_by_passkey(bento.instance, bento.passkey.answers(new_challenge(bento.instance)))
    bento.passkey = SoftPasskey(verifies=False)
    with pytest.raises(PasskeyRefused):
        await bento.change(3, put=[bento.passkey_way()])


@pytest.mark.parametrize("turned", ["another origin", "another key", "an old answer", "somebody's challenge"])
async def test_a_passkeys_answer_is_good_here_now_and_once(bento: Person, turned: str) -> None:
    await bento.change(2, put=[bento.passkey_way()])
    good = bento.passkey.answers(new_challenge(bento.instance))
    assert await sign_in_by_passkey(bento.instance, good)
    refused: type[Refusal] = PasskeyRefused
    if turned == "another origin":
        bento.passkey.origin = "http://localhost.example:8000"
    elif turned == "another key":
        bento.passkey.key = ec.generate_private_key(ec.SECP256R1())
    challenge = new_challenge(bento.instance)
    if turned == "somebody's challenge":
        challenge, refused = challenge[:24] + secrets.token_bytes(32), ChallengeOver
    answer = bento.passkey.answers(challenge)
    if turned == "an old answer":
        bento.passkey.counted = 99
        answer, refused = good, ChallengeOver
        with pytest.raises((ChallengeOver, PasskeyRefused)):
            await sign_in_by_passkey(bento.instance, answer)
        return
    with pytest.raises(refused):
        await sign_in_by_passkey(bento.instance, answer)


async def test_one_answer_registers_one_passkey(bento: Person) -> None:
    way = bento.passkey_way()
    await bento.change(2, put=[way])
    mallory = await Person(bento.instance).joins()
    with pytest.raises(ChallengeOver):
        await mallory.change(2, put=[way])


# ---------------------------------------------------------------- sessions


async def test_all_sessions_end_at_once_and_nobody_elses(bento: Person) -> None:
    first, second = [await bento.signs_in(recovery=bento.code) for _ in range(2)]
    other = await Person(bento.instance).joins()
    stays = await other.signs_in(recovery=other.code)
    await end_sessions(bento.instance, first.token)
    for token in (first.token, second.token):
        with pytest.raises(SignedOut):
            await account_of(bento.instance, token)
    assert await account_of(bento.instance, stays.token) == other.account
