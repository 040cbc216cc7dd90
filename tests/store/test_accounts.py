# SPDX-License-Identifier: AGPL-3.0-or-later
"""Dr Bento makes an account and changes its ways in; Mallory holds a password, a dump, an old answer, and gets nowhere."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
import secrets
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

import members_house as people
from bento_house import INSTANCE, Clock, open_house
from serment import database
from serment.database.pool import Pool, open_pool
from serment.domain.errors import WorkAsked
from serment.framing import Role
from serment.framing.conventions import T, instance_bytes
from serment.framing.errors import Unknown
from serment.seal.chance import draw
from serment.seal.keys import UserKeys
from serment.seal.primitives import SignPair
from serment.server.instance import Instance
from serment.server.secret import Secret
from serment.server.stores import unlocks
from serment.server.throttle import STUFFED_MINUTES, WRONG_LOG_INS_A_MINUTE
from serment.server.usecases.challenges import CHALLENGE_MINUTES, new_challenge
from serment.server.usecases.change_unlocks import (
    Change,
    NewMachine,
    NewPassword,
    NewWay,
    OldWay,
    change_unlocks,
    read_ways,
    share_for,
)
from serment.server.usecases.create_account import create_account
from serment.server.usecases.devices import DEVICES_MAX, DeviceProof
from serment.server.usecases.errors import (
    ChallengeOver,
    NameTaken,
    NewDevice,
    NoSuchCode,
    NotSigned,
    PasskeyRefused,
    PasswordClosed,
    Refusal,
    SignedOut,
    StaleWays,
    TooManyWays,
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

ACCOUNTS_IN_A_ROW = 60
BOX = b"b" * 60
MIGRATION = Path(database.__file__).parent / "migrations" / "0012_owners_and_keys.sql"


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
    sign: SignPair = field(default_factory=lambda: SignPair.from_seed(draw(32)))

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

    def change(
        self, seen: int, *, by: SignPair | None = None, session: bytes | None = None, **change: Any
    ) -> Awaitable[int]:
        asked, pair = Change(**change), by or self.sign
        sig = pair.sign(asked.message(self.instance, self.account, seen))
        return change_unlocks(
            self.instance, self.account, seen, asked, key=pair.pk, sig=sig, session_token=session
        )

    @property
    def machine(self) -> NewMachine:
        point = self.key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        return NewMachine(self.device, point, "Accueil")

    async def remembers(self, seen: int = 2) -> None:
        await self.change(seen, remember=[self.machine])

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


async def test_once_a_way_in_stands_signing_up_again_opens_nothing(bento: Person) -> None:
    asked = {"find": bento.find, "auth": bento.auth, "work": None}
    with pytest.raises(NameTaken):
        await create_account(bento.instance, bento.account, bucket=b"a" * 16, **asked)
    for nth in range(10):
        with pytest.raises(WrongLogIn):
            await sign_in(bento.instance, bento.find, bytes(31) + bytes([nth]))
    with pytest.raises(NameTaken):  # while the password is closed, too
        await create_account(bento.instance, bento.account, bucket=b"c" * 16, **asked)


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


async def test_an_account_in_no_practice_goes_two_years_after_its_last_session(
    bento: Person, instance: Instance
) -> None:
    assert isinstance(instance.clock, Clock)

    async def month() -> Any:
        return await instance.pool.fetchval(
            "SELECT lone_since FROM accounts WHERE account = $1", bento.account
        )

    async def passes(days: int) -> None:
        assert isinstance(instance.clock, Clock)
        instance.clock.pass_(hours=24 * days)
        await expire_sessions(instance)

    assert await bento.signs_in(recovery=bento.code)
    await expire_sessions(instance)
    assert await month() is None
    await passes(1)
    assert await month() == instance.clock().date().replace(day=1)
    # Whoever signs in is there: it begins anew.
    await passes(700)
    assert await bento.signs_in(recovery=bento.code)
    await expire_sessions(instance)
    assert await month() is None
    await passes(1)
    await passes(700)
    assert await bento.signs_in(recovery=bento.code)
    await passes(1)
    await passes(770)
    with pytest.raises(WrongLogIn):
        await bento.signs_in(recovery=bento.code)


async def test_the_sweep_takes_no_account_that_is_being_made(instance: Instance) -> None:
    async def sweeps() -> None:
        while True:
            await expire_sessions(instance)

    sweeping = [asyncio.create_task(sweeps()) for _ in range(2)]
    try:
        for nth in range(ACCOUNTS_IN_A_ROW):
            person = Person(instance)
            made = {"find": person.find, "auth": person.auth, "bucket": nth.to_bytes(16, "big"), "work": None}
            await create_account(instance, person.account, **made)
            assert await stands(instance, person)
            await unlocks.close_sessions(instance.pool, person.account)
            with contextlib.suppress(
                NameTaken
            ):  # swept in this very moment: said, and asked again it is made anew
                await create_account(instance, person.account, **made)
                assert await stands(instance, person)
    finally:
        for task in sweeping:
            task.cancel()
        await asyncio.gather(*sweeping, return_exceptions=True)


async def stands(instance: Instance, person: Person) -> bool:
    found = await instance.pool.fetchval("SELECT count(*) FROM accounts WHERE account = $1", person.account)
    return bool(found)


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


@pytest.mark.parametrize("round_", range(5))
async def test_of_two_changes_at_once_each_leaving_two_ways_one_is_made(bento: Person, round_: int) -> None:
    """Each alone is allowed; together they would leave the passkey alone."""
    await bento.change(2, put=[bento.passkey_way()])
    code, password = OldWay(3, hashlib.sha256(bento.code).digest()), OldWay(2, b"")
    done = await asyncio.gather(
        bento.change(3, drop=[code]), bento.change(3, drop=[password]), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in done) == ["StaleWays", "int"]
    assert len({way.method for way in (await read_ways(bento.instance, bento.account)).ways}) == 2


# ---------------------------------------------------------------- signed by the account's own key


def everything(bento: Person) -> dict[str, dict[str, Any]]:
    """Each thing that can be changed about the ways in."""
    other = Person(bento.instance)
    return {
        "a new password": {"put": [NewWay(2, b"", 2, b"m" * 60)], "password": other.password},
        "a new code": {"put": [other.code_way(2)]},
        "a passkey": {"put": [other.passkey_way()]},
        "a way less": {"drop": [OldWay(3, hashlib.sha256(bento.code).digest())]},
        "a machine": {"remember": [other.machine]},
        "a machine less": {"forget": [bento.device]},
    }


async def standing(bento: Person) -> object:
    ways = await read_ways(bento.instance, bento.account)
    boxes = await bento.instance.pool.fetch(
        "SELECT method, credential, bytes FROM unlocks WHERE account = $1 ORDER BY 1, 2", bento.account
    )
    names = await bento.instance.pool.fetch("SELECT * FROM accounts WHERE account = $1", bento.account)
    return ways, boxes, names


async def test_a_stolen_session_changes_nothing(bento: Person) -> None:
    """Mallory holds Dr Bento's cookie, hence the account, its version and all the server tells; and a key of her own."""
    await bento.remembers()
    before = await standing(bento)
    mallory = SignPair.from_seed(draw(32))
    for change in everything(bento).values():
        with pytest.raises(NotSigned):
            await bento.change(3, by=mallory, **change)
        asked = Change(**change)
        for sig in (bytes(64), mallory.sign(asked.message(bento.instance, bento.account, 3))):
            with pytest.raises(NotSigned):
                await change_unlocks(
                    bento.instance, bento.account, 3, asked, key=bento.sign.pk, sig=sig, session_token=None
                )
    assert await standing(bento) == before


async def test_what_was_signed_for_another_change_version_or_account_changes_nothing(bento: Person) -> None:
    await bento.remembers()
    before, other = await standing(bento), uuid.uuid4()
    elsewhere = Instance("another", bento.instance.pool, bento.instance.secret, bento.instance.clock)
    for change in everything(bento).values():
        asked, less = Change(**change), Change()
        heard = [
            bento.sign.sign(message)
            for message in (
                less.message(bento.instance, bento.account, 3),
                asked.message(bento.instance, bento.account, 2),
                asked.message(bento.instance, other, 3),
                asked.message(elsewhere, bento.account, 3),
            )
        ]
        for sig in heard:
            with pytest.raises(NotSigned):
                await change_unlocks(
                    bento.instance, bento.account, 3, asked, key=bento.sign.pk, sig=sig, session_token=None
                )
    assert await standing(bento) == before


async def test_a_change_that_was_heard_on_its_way_is_not_made_a_second_time(bento: Person) -> None:
    """Mallory plays it again after Dr Bento took it back: the machine stays forgotten."""
    asked = Change(remember=[bento.machine])
    heard = bento.sign.sign(asked.message(bento.instance, bento.account, 2))
    await bento.remembers()
    await bento.change(3, forget=[bento.device])
    with pytest.raises(StaleWays):
        await change_unlocks(
            bento.instance, bento.account, 2, asked, key=bento.sign.pk, sig=heard, session_token=None
        )
    assert (await read_ways(bento.instance, bento.account)).devices == []


async def test_a_machine_is_remembered_and_forgotten_once_however_often_it_is_asked(bento: Person) -> None:
    for _ in range(2):
        assert await bento.change(2, remember=[bento.machine]) == 3
    assert [one.label for one in (await read_ways(bento.instance, bento.account)).devices] == ["Accueil"]
    for _ in range(2):
        assert await bento.change(3, forget=[bento.device]) == 4
    assert (await read_ways(bento.instance, bento.account)).devices == []


async def test_an_account_knows_so_many_machines_and_no_more(bento: Person) -> None:
    for nth in range(DEVICES_MAX):
        await bento.change(2 + nth, remember=[Person(bento.instance).machine])
    with pytest.raises(TooManyWays):
        await bento.remembers(2 + DEVICES_MAX)
    assert len((await read_ways(bento.instance, bento.account)).devices) == DEVICES_MAX


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
    await bento.change(3, forget=[bento.device])
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


async def test_while_a_list_is_tried_nothing_tells_a_right_password_from_a_wrong_one_on_a_new_machine(
    bento: Person,
) -> None:
    await bento.remembers()
    stranger = Person(bento.instance)
    for nth in range(WRONG_LOG_INS_A_MINUTE + 1):
        with pytest.raises(WrongLogIn):
            await sign_in(
                bento.instance,
                secrets.token_bytes(32),
                bento.auth,
                device=stranger.proves() if nth % 2 else None,
            )
    wrong = Person(bento.instance, find=bento.find, code=bento.code, device=bento.device, key=bento.key)
    for who in (stranger, wrong, bento):  # no such name, a wrong password, the right one
        with pytest.raises(NewDevice):
            await who.signs_in()
        with pytest.raises(NewDevice):
            await who.signs_in(device=stranger.proves())
        with pytest.raises(NoSuchCode):
            await who.signs_in(recovery=secrets.token_bytes(16))
    # A machine of theirs and the printed code open as ever, after a slip too.
    with pytest.raises(WrongLogIn):
        await wrong.signs_in(device=bento.proves())
    assert (await bento.signs_in(device=bento.proves())).account == bento.account
    assert (await bento.signs_in(recovery=bento.code)).account == bento.account
    bento.instance.clock.pass_(minutes=STUFFED_MINUTES)  # type: ignore[attr-defined]
    with pytest.raises(WrongLogIn):
        await wrong.signs_in()


async def test_slips_on_machines_that_are_known_are_no_list(bento: Person) -> None:
    await bento.remembers()
    for _ in range(3 * WRONG_LOG_INS_A_MINUTE):
        with pytest.raises(WrongLogIn):
            await sign_in(bento.instance, bento.find, secrets.token_bytes(32), device=bento.proves())
        await bento.instance.pool.execute("DELETE FROM password_failures")
    with pytest.raises(WrongLogIn):
        await Person(bento.instance).signs_in()


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


# ---------------------------------------------------------------- accounts from before


async def test_accounts_from_before_keys_were_kept_get_that_of_their_member(
    new_database: Callable[[], Awaitable[str]],
) -> None:
    """The migration finds it in the roster: of the first owner in the genesis, of Sam and Nadia in an event of their own."""
    pool = await open_pool(await new_database(), connections_max=4)
    try:
        house = await open_house(pool)
        bento, sam = await people.bento(house), await people.sam(house)
        nadia = await people.bring_in(bento, house, "Nadia", Role.SECRETARY, [house.unit])
        stranger = await people.enrol(house, "Mallory", UserKeys.new())
        await pool.execute("UPDATE accounts SET sign_pk = NULL")
        statement = re.search(r"^UPDATE accounts a SET .*?;", MIGRATION.read_text("utf-8"), re.S | re.M)
        assert statement is not None
        await pool.execute(statement[0])
        kept = {
            row["account"]: row["sign_pk"]
            for row in await pool.fetch("SELECT account, sign_pk FROM accounts")
        }
        assert {who.name: kept[who.account] for who in (bento, sam, nadia, stranger)} == {
            "Dr Bento": house.owner.sign.pk,
            "Sam": house.sam.sign.pk,
            "Nadia": nadia.keys.sign.pk,
            "Mallory": None,
        }
    finally:
        pool.terminate()


@pytest.mark.parametrize("what", ["password", "machine forgotten", "code", "passkey taken away"])
async def test_what_holds_no_longer_ends_the_sessions_elsewhere_and_not_ones_own(
    bento: Person, what: str
) -> None:
    await bento.change(2, put=[bento.passkey_way()], remember=[bento.machine])
    here = await bento.signs_in(recovery=bento.code)
    mallory = await bento.signs_in(device=bento.proves())
    change: dict[str, Any] = {
        "password": {"put": [bento.password_way(2)], "password": NewPassword(bento.find, b"n" * 32)},
        "machine forgotten": {"forget": [bento.device]},
        "code": {"put": [NewWay(3, b"n" * 32, 2, BOX)]},
        "passkey taken away": {"drop": [OldWay(1, bento.passkey.credential)]},
    }[what]
    await bento.change(3, session=here.token, **change)
    with pytest.raises(SignedOut):
        await account_of(bento.instance, mallory.token)
    assert await account_of(bento.instance, here.token) == bento.account


async def test_another_way_in_ends_no_session(bento: Person) -> None:
    elsewhere = await bento.signs_in(recovery=bento.code)
    await bento.change(2, put=[bento.passkey_way()], remember=[bento.machine])
    assert await account_of(bento.instance, elsewhere.token) == bento.account


async def test_an_account_begun_and_left_leaves_no_machine_behind(instance: Instance) -> None:
    left = Person(instance)
    await create_account(instance, left.account, find=left.find, auth=left.auth, bucket=b"k" * 16, work=None)
    await instance.pool.execute(
        "INSERT INTO devices VALUES ($1, $2, $3, '')", left.account, left.device, left.machine.public_key
    )
    assert isinstance(instance.clock, Clock)
    instance.clock.pass_(hours=SESSION_HOURS + 1)
    await expire_sessions(instance)
    assert not await instance.pool.fetchval("SELECT count(*) FROM devices WHERE account = $1", left.account)


# ---------------------------------------------------------------- limits


@pytest.mark.parametrize("what", ["version", "label", "machine's label", "box", "method", "somebody's code"])
async def test_what_no_browser_of_ours_sends_is_refused_by_name(bento: Person, what: str) -> None:
    mallory = await Person(bento.instance).joins()
    passkey = mallory.passkey_way()
    change: dict[str, Any] = {
        "version": {"put": [mallory.code_way(2**31)]},
        "label": {"put": [NewWay(1, passkey.credential, 1, BOX, passkey.passkey, "x" * 61)]},
        "machine's label": {"remember": [NewMachine(mallory.device, mallory.machine.public_key, "x" * 61)]},
        "box": {"put": [NewWay(3, b"h" * 32, 2, BOX + b"b")]},
        "method": {"put": [NewWay(4, b"h" * 32, 2, BOX)]},
        "somebody's code": {"put": [bento.code_way(2)]},
    }[what]
    with pytest.raises(Unknown):
        await mallory.change(2, **change)
    assert len((await read_ways(mallory.instance, mallory.account)).ways) == 2


async def test_ten_passkeys_and_twenty_machines_stand_and_no_more(bento: Person) -> None:
    for nth in range(10):
        bento.passkey = SoftPasskey()
        await bento.change(2 + nth, put=[bento.passkey_way()])
    bento.passkey = SoftPasskey()
    with pytest.raises(TooManyWays):
        await bento.change(12, put=[bento.passkey_way()])
    machines = [NewMachine(uuid.uuid4(), bento.machine.public_key, "") for _ in range(21)]
    with pytest.raises(TooManyWays):
        await bento.change(12, remember=machines)
    await bento.change(12, remember=machines[1:])


async def test_a_passkey_registered_twice_is_one(bento: Person) -> None:
    await bento.change(2, put=[bento.passkey_way()])
    await bento.change(3, put=[bento.passkey_way()])
    assert [way.method for way in (await read_ways(bento.instance, bento.account)).ways] == [1, 2, 3]
    assert await sign_in_by_passkey(bento.instance, bento.passkey.answers(new_challenge(bento.instance)))


async def test_a_passkey_names_itself_and_a_copy_that_counts_behind_is_noticed(bento: Person) -> None:
    way = bento.passkey_way()
    with pytest.raises(PasskeyRefused):
        await bento.change(2, put=[NewWay(1, b"another", 1, BOX, way.passkey)])
    await bento.change(2, put=[bento.passkey_way()])
    copied = bento.passkey.counted
    await sign_in_by_passkey(bento.instance, bento.passkey.answers(new_challenge(bento.instance)))
    bento.passkey.counted = copied
    with pytest.raises(PasskeyRefused):
        await sign_in_by_passkey(bento.instance, bento.passkey.answers(new_challenge(bento.instance)))
