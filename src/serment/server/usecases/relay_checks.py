# SPDX-License-Identifier: AGPL-3.0-or-later
"""Phone checks pass through the server sealed: it learns no number, no code, and not whether a code was sent.

Source: spec/rdv1.md section 5. Who asks often owes work, never refusal; a question is forgotten after ten minutes.
"""

from __future__ import annotations

from datetime import timedelta

import msgspec

from serment.framing.conventions import ID_BYTES, exactly
from serment.framing.messages import ASK_BYTES, CODE_BYTES
from serment.server.instance import Instance
from serment.server.stores import checks
from serment.server.usecases.errors import (
    CheckTaken,
    CodeJudged,
    NoNotifier,
    NoSuchCheck,
    TooManyChecks,
    TriesSpent,
)

CHECK_MINUTES = 10
TRIES_MAX = 3
CHECKS_MAX = 5_000  # at once, in the whole instance: a few megabytes


class CheckTold(msgspec.Struct):
    """How often a code was wrong, and the notifier's sealed answer once one was right."""

    tries: int
    reply: bytes | None


async def ask_check(instance: Instance, q: bytes, ask: bytes, *, bucket: bytes, work: bytes | None) -> None:
    """Leaves a question for the notifier; the same one again changes nothing.

    Raises Unknown, WorkAsked, WorkRefused, NoNotifier, CheckTaken, TooManyChecks.
    """
    exactly(q, ID_BYTES, "q")
    exactly(ask, ASK_BYTES, "ask")
    now = instance.clock()
    with instance.throttle.claim_check(bucket, work, now) as claim:
        until = now + timedelta(minutes=CHECK_MINUTES)
        stands = await checks.ask(instance.pool, q, ask, until, most=CHECKS_MAX)
        claim.kept = stands == "asked"
    match stands:
        case "taken":
            raise CheckTaken
        case "full":
            raise TooManyChecks
        case "no notifier":
            raise NoNotifier


async def give_code(instance: Instance, q: bytes, code: bytes) -> None:
    """Leaves a typed code for the notifier. The same bytes again are one try; after an answer they change nothing.

    Raises Unknown, NoSuchCheck, TriesSpent, CodeJudged.
    """
    exactly(q, ID_BYTES, "q")
    exactly(code, CODE_BYTES, "code")
    now = instance.clock()
    if await checks.give_code(instance.pool, q, code, now, tries_most=TRIES_MAX):
        return
    told = await read_check(instance, q)
    if told.reply is not None:
        return
    raise TriesSpent if told.tries >= TRIES_MAX else CodeJudged


async def read_check(instance: Instance, q: bytes) -> CheckTold:
    """Raises Unknown, NoSuchCheck."""
    row = await checks.read(instance.pool, exactly(q, ID_BYTES, "q"), instance.clock())
    if row is None:
        raise NoSuchCheck
    return CheckTold(row["tries"], row["reply"])
