# SPDX-License-Identifier: AGPL-3.0-or-later
"""Mallory holds Sam's cookie and nothing else: over a live server she changes none of Sam's ways in."""

from __future__ import annotations

import base64
import secrets
from typing import Any

import pytest

import members_house as people
from api.test_members_http import browser, house
from bento_house import INSTANCE, House
from members_house import Person
from serment.framing import Role
from serment.framing.ways import WayDropped, WayPut, WaysChange
from serment.seal.chance import draw
from serment.seal.invitation import invitation_find, invitation_tag
from serment.seal.keys import UserKeys
from serment.seal.primitives import SignPair
from serment.server.usecases.invite import invite

__all__ = ["house"]


def text(value: bytes) -> str:
    return base64.b64encode(value).decode()


def signed(pair: SignPair, account: bytes, seen: int, change: WaysChange) -> dict[str, Any]:
    """The request as a browser sends it, signed by whoever has the pair."""
    return {
        "seen": seen,
        "key": text(pair.pk),
        "sig": text(pair.sign(change.message(INSTANCE, account, seen))),
        "put": [
            {
                "method": way.method,
                "credential": text(way.credential),
                "version": way.version,
                "bytes": text(way.box),
            }
            for way in change.put
        ],
        "drop": [{"method": way.method, "credential": text(way.credential)} for way in change.drop],
        "password": None
        if change.password is None
        else {"find": text(change.password[0]), "auth": text(change.password[1])},
        "forget": [],
    }


TWO_WAYS = WaysChange(
    put=[WayPut(2, b"", 1, bytes(60)), WayPut(3, bytes(32), 1, bytes(60))], password=(b"n" * 32, b"p" * 32)
)
WISHES = {
    "her own password": WaysChange(
        put=[WayPut(2, b"", 2, b"m" * 60)], password=(secrets.token_bytes(32), b"p" * 32)
    ),
    "her own code": WaysChange(put=[WayPut(3, secrets.token_bytes(32), 2, b"m" * 60)]),
    "no code": WaysChange(drop=[WayDropped(3, bytes(32))]),
}


@pytest.mark.parametrize("wish", WISHES)
async def test_the_cookie_alone_changes_no_way_in(house: tuple[House, str], wish: str) -> None:
    opened, base = house
    sam = await people.sam(opened)
    account, mallory = sam.account.bytes, SignPair.from_seed(draw(32))
    async with browser(base, sam) as stolen:
        first = await stolen.put(
            "/api/practice/account/unlocks", json=signed(opened.sam.sign, account, 1, TWO_WAYS)
        )
        assert first.status_code == 200, first.text
        before = (await stolen.get("/api/practice/account")).json()
        body = signed(mallory, account, 2, WISHES[wish])
        for key in (mallory.pk, opened.sam.sign.pk):
            answer = await stolen.put("/api/practice/account/unlocks", json=body | {"key": text(key)})
            assert answer.status_code == 403
            assert answer.json()["type"] == "urn:serment:error:not_signed"
        unsigned = {name: value for name, value in body.items() if name not in ("key", "sig")}
        assert (await stolen.put("/api/practice/account/unlocks", json=unsigned)).status_code == 400
        assert (await stolen.get("/api/practice/account")).json() == before
        # The same wish, by Sam's own key, is granted where two ways stay.
        own = await stolen.put(
            "/api/practice/account/unlocks", json=signed(opened.sam.sign, account, 2, WISHES[wish])
        )
        assert own.status_code == (409 if wish == "no code" else 200)


async def test_the_cookie_alone_answers_no_invitation_by_other_keys(house: tuple[House, str]) -> None:
    """Else the roster would name Mallory's key for Sam's account."""
    opened, base = house
    bento = await people.bento(opened)
    letter = people.letter(bento, opened, "Kim", Role.SECRETARY, [opened.unit])
    await invite(opened.instance, await bento.staff(opened), letter.asked)
    kim = await people.enrol(opened, "Kim", UserKeys.new())
    mallory = UserKeys.new()

    def answer(keys: UserKeys, who: Person) -> dict[str, str]:
        tag = invitation_tag(letter.secret, letter.offer, keys.kem.pk, keys.sign.pk)
        find = invitation_find(letter.secret)
        given = {"find": find, "kem_pk": keys.kem.pk, "sign_pk": keys.sign.pk, "tag": tag}
        return {name: text(value) for name, value in given.items()}

    async with browser(base, kim) as stolen:
        refused = await stolen.post("/api/practice/join/answer", json=answer(mallory, kim))
        assert (refused.status_code, refused.json()["type"]) == (
            403,
            "urn:serment:error:not_the_accounts_keys",
        )
        assert (await stolen.post("/api/practice/join/answer", json=answer(kim.keys, kim))).status_code == 204
