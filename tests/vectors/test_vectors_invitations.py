# SPDX-License-Identifier: AGPL-3.0-or-later
"""The invitations of spec/vectors: every language makes the same link of the same offer, and no other."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from serment.framing import Altered, Role
from serment.framing.errors import Unknown
from serment.seal.invitation import (
    Offer,
    check_invitation_tag,
    invitation_find,
    invitation_secret,
    invitation_tag,
    member_fingerprint,
    open_as_owner,
)
from serment.seal.keys import UserKeys

FILE = json.loads((Path(__file__).parents[2] / "spec/vectors/invitations.json").read_text("utf-8"))
OWNER = bytes.fromhex(FILE["owner_user_seed"])
OTHER_OWNER = UserKeys.from_seed(bytes.fromhex(FILE["other_owner_user_seed"]))
NADIA = UserKeys.from_seed(bytes.fromhex(FILE["answering_user_seed"]))


def offer_of(told: dict[str, Any]) -> Offer:
    units = tuple(bytes.fromhex(unit) for unit in told["units"])
    replaced = None if told["in_place_of"] is None else bytes.fromhex(told["in_place_of"])
    return Offer(
        told["instance"], bytes.fromhex(told["practice"]), bytes.fromhex(told["member"]), Role(told["role"]), units, replaced
    )  # fmt: skip


@pytest.mark.parametrize("told", FILE["offers"], ids=lambda told: told["name"])
def test_an_offer_makes_the_recorded_link_and_takes_the_recorded_answer(told: dict[str, Any]) -> None:
    offer = offer_of(told)
    secret = invitation_secret(OWNER, offer)
    assert (secret.hex(), invitation_find(secret).hex()) == (told["secret"], told["find"])
    assert invitation_tag(secret, offer, NADIA.kem.pk, NADIA.sign.pk).hex() == told["tag"]
    check_invitation_tag(secret, offer, NADIA.kem.pk, NADIA.sign.pk, bytes.fromhex(told["tag"]))
    with pytest.raises(Altered):
        check_invitation_tag(secret, offer, NADIA.kem.pk, NADIA.sign.pk, bytes.fromhex(FILE["wrong_tag"]))
    assert member_fingerprint(NADIA.kem.pk, NADIA.sign.pk).hex() == FILE["fingerprint"]


@pytest.mark.parametrize("told", FILE["offers"], ids=lambda told: told["name"])
def test_another_owner_opens_the_recorded_secret_and_none_that_the_inviter_did_not_sign(
    told: dict[str, Any],
) -> None:
    offer, inviter = offer_of(told), UserKeys.from_seed(OWNER).sign.pk
    sealed, forged = bytes.fromhex(told["sealed"]), bytes.fromhex(told["forged"])
    assert open_as_owner(sealed, offer, inviter, OTHER_OWNER.kem).hex() == told["secret"]
    for refused in (
        lambda: open_as_owner(forged, offer, inviter, OTHER_OWNER.kem),
        lambda: open_as_owner(sealed, offer, NADIA.sign.pk, OTHER_OWNER.kem),
        lambda: open_as_owner(sealed, replace(offer, role=Role.PRACTITIONER), inviter, OTHER_OWNER.kem),
        lambda: open_as_owner(sealed, replace(offer, practice=bytes(16)), inviter, OTHER_OWNER.kem),
        lambda: open_as_owner(sealed, offer, inviter, NADIA.kem),
    ):
        with pytest.raises(Altered):
            refused()


def test_no_part_of_an_offer_can_be_another(told: dict[str, Any] = FILE["offers"][0]) -> None:  # one case
    offer, keys = offer_of(told), (NADIA.kem.pk, NADIA.sign.pk)
    others = [
        replace(offer, role=Role.OWNER),
        replace(offer, units=offer.units[:1]),
        replace(offer, member=bytes(16)),
        replace(offer, practice=bytes(16)),
        replace(offer, in_place_of=offer.member),
        replace(offer, instance="another"),
    ]
    for other in others:
        secret = invitation_secret(OWNER, other)
        assert secret.hex() != told["secret"]
        with pytest.raises(Altered):
            check_invitation_tag(secret, other, *keys, bytes.fromhex(told["tag"]))
    with pytest.raises(Unknown):
        invitation_secret(OWNER, replace(offer, units=offer.units[::-1]))
