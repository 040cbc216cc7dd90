# SPDX-License-Identifier: Apache-2.0
"""ways.json: what an account's key signs when its ways in change."""

from __future__ import annotations

from typing import Any

import people as p
from make import named, write

from serment.framing.ways import MachineKnown, WayDropped, WayPut, WaysChange

ACCOUNT = p.ident("account bento")
CHANGES = {
    "a first password": (
        1,
        WaysChange(put=(WayPut(2, b"", 1, named("box", 60)),), password=(named("find"), named("auth"))),
    ),
    "a passkey, and the machine": (
        7,
        WaysChange(
            put=(WayPut(1, named("credential"), 1, named("box", 60), b"said", b"attested", "Téléphone"),),
            remember=(MachineKnown(p.ident("device"), named("point", 65), "Accueil"),),
        ),
    ),
    "a new code, the passkey and two machines gone": (
        2**31 - 2,
        WaysChange(
            put=(WayPut(3, named("code hash"), 2, named("box", 60)),),
            drop=(WayDropped(1, named("credential")),),
            forget=(p.ident("device"), p.ident("other device")),
        ),
    ),
}


def _told(change: WaysChange) -> dict[str, Any]:
    return {
        "put": [
            {
                "method": way.method,
                "credential": way.credential.hex(),
                "version": way.version,
                "box": way.box.hex(),
                "client_data": way.client_data.hex(),
                "attestation": way.attestation.hex(),
                "label": way.label,
            }
            for way in change.put
        ],
        "drop": [{"method": way.method, "credential": way.credential.hex()} for way in change.drop],
        "password": None if change.password is None else [part.hex() for part in change.password],
        "remember": [
            {"device": one.device.hex(), "public_key": one.public_key.hex(), "label": one.label}
            for one in change.remember
        ],
        "forget": [device.hex() for device in change.forget],
    }


def make() -> None:
    changes = []
    for name, (seen, change) in CHANGES.items():
        message = change.message(p.INSTANCE, ACCOUNT, seen)
        signed = {"message": message.hex(), "sig": p.BENTO.sign.sign(message).hex()}
        changes.append({"name": name, "seen": seen} | _told(change) | signed)
    write(
        "ways.json",
        "Changes of the ways in: the message of each, and its signature by the account's own key of `user_seed`.",
        {
            "instance": p.INSTANCE,
            "account": ACCOUNT.hex(),
            "user_seed": p.BENTO.seed.hex(),
            "sign_pk": p.BENTO.sign.pk.hex(),
            "changes": changes,
        },
    )
