# SPDX-License-Identifier: Apache-2.0
"""invitations.json: what an owner's seed and an offer derive, and what answers it."""

from __future__ import annotations

import people as p
from make import named, write

from serment.framing import Role
from serment.seal.invitation import (
    Offer,
    invitation_find,
    invitation_secret,
    invitation_tag,
    member_fingerprint,
    seal_to_owner,
)

OFFERS = {
    "a secretary of two units": Offer(
        p.INSTANCE, p.PRACTICE, p.ident("nadia"), Role.SECRETARY, tuple(sorted((p.UNIT, p.UNIT_2)))
    ),
    "an owner of none": Offer(p.INSTANCE, p.PRACTICE, p.ident("nadia"), Role.OWNER, ()),
    "in place of Sam": Offer(
        p.INSTANCE, p.PRACTICE, p.ident("nadia"), Role.SECRETARY, (p.UNIT,), p.SAM_MEMBER.id
    ),
}


def make() -> None:
    offers = []
    for name, offer in OFFERS.items():
        secret = invitation_secret(p.BENTO.seed, offer)
        offers.append(
            {
                "name": name,
                "instance": offer.instance,
                "practice": offer.practice.hex(),
                "member": offer.member.hex(),
                "role": int(offer.role),
                "units": [unit.hex() for unit in offer.units],
                "in_place_of": None if offer.in_place_of is None else offer.in_place_of.hex(),
                "secret": secret.hex(),
                "find": invitation_find(secret).hex(),
                "sealed": seal_to_owner(secret, offer, p.BENTO.sign, p.SAM.kem.pk).hex(),
                "forged": seal_to_owner(secret, offer, p.MALLORY.sign, p.SAM.kem.pk).hex(),
                "tag": invitation_tag(secret, offer, p.MALLORY.kem.pk, p.MALLORY.sign.pk).hex(),
            }
        )
    write(
        "invitations.json",
        "Invitations: the link's secret from the owner's user seed and the offer, what finds it, and the tag of an"
        " answer with the keys of `answering_user_seed`. `wrong_tag` is Altered for each. `sealed` is the secret for"
        " the owner of `other_owner_user_seed`; `forged` the same signed by the one who answers: Altered.",
        {
            "owner_user_seed": p.BENTO.seed.hex(),
            "other_owner_user_seed": p.SAM.seed.hex(),
            "answering_user_seed": p.MALLORY.seed.hex(),
            "fingerprint": member_fingerprint(p.MALLORY.kem.pk, p.MALLORY.sign.pk).hex(),
            "wrong_tag": named("wrong tag").hex(),
            "offers": offers,
        },
    )
