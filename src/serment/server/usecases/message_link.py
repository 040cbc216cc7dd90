# SPDX-License-Identifier: AGPL-3.0-or-later
"""The link in a message: it shows day, time and a word, and confirms or cancels. No practice, no practitioner, no name."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import asyncpg
import msgspec

from serment.framing import Act, act_tag
from serment.framing.conventions import KID_BYTES, SIG_BYTES
from serment.server.instance import Instance
from serment.server.stores import messages
from serment.server.usecases.act import act_by_link
from serment.server.usecases.errors import NoSuchAppointment

# An act by a message's link is signed by nobody, and says so.
UNSIGNED_KID, UNSIGNED = bytes(KID_BYTES), bytes(SIG_BYTES)


class LinkedAppointment(msgspec.Struct):
    """What a message's link shows. `page`: the sealed word, which the link's secret opens. How long the visit takes would
    tell its kind, and is not among it.
    """

    start: datetime
    zone: str
    status: str
    confirmed: bool
    page: bytes | None
    letter: bool


async def read_by_message(instance: Instance, act: bytes, bucket: bytes | None = None) -> LinkedAppointment:
    """Raises NoSuchAppointment, later and later for who guesses: an appointment that was moved has another link."""
    return _told(await _find(instance, act, bucket))


async def act_by_message(
    instance: Instance, act: bytes, kind: Literal["cancel", "confirm"], bucket: bytes | None = None
) -> LinkedAppointment:
    """Cancels or confirms, and answers how it stands now. Asked again: the same answer.

    Raises NoSuchAppointment, TooLate, IllegalChange, TooManyActs.
    """
    row = await _find(instance, act, bucket)
    await act_by_link(
        instance, row["practice"], row["record"], rev=row["rev"], kind=Act.CANCEL if kind == "cancel" else Act.CONFIRM,
        signer_kid=UNSIGNED_KID, sig=UNSIGNED,
    )  # fmt: skip
    return _told(await _find(instance, act, bucket))


async def _find(instance: Instance, act: bytes, bucket: bytes | None) -> asyncpg.Record:
    tags = [act_tag(secret, act) for secret in instance.secret.generations]
    row = await messages.find_by_act(instance.pool, tags)
    if row is None:
        if bucket is not None:
            await instance.throttle.slow_wrong_token(bucket, instance.clock())
        raise NoSuchAppointment
    return row


def _told(row: asyncpg.Record) -> LinkedAppointment:
    return LinkedAppointment(
        row["start"], row["zone"], row["status"], row["confirmed"], row["page"], row["letter"]
    )
