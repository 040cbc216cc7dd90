# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may book online, and on which terms: whoever brings the notifier's signature for this booking key; who brings none, where
the practice asks for one, makes a request. What members enter is never asked.

The server learns no number: it sees a commitment to one, compares it with nothing and keeps nothing of it but a keyed tag of
the booking key, so that a signature serves once. Source: spec/rdv1.md section 5, docs/decisions/0053.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from serment.framing import Altered, Revision, Roster, Unknown
from serment.framing.messages import bind, check_proof
from serment.framing.server_secret import check_tag
from serment.server.instance import Instance
from serment.server.stores import practices
from serment.server.usecases.errors import CheckRefused

PROOF_MONTHS: Final = 12  # a signature lives until the month it was made in is over in the next year


@dataclass(frozen=True, slots=True)
class NumberProof:
    """The notifier's signature for one booking key: commit and salt (32 each), month (yyyymm), proof (64)."""

    commit: bytes
    salt: bytes
    month: int
    proof: bytes


@dataclass(frozen=True, slots=True)
class Terms:
    """`on_request`: the booking becomes a request. `spent`: what marks its signature as used, one tag a generation of S."""

    on_request: bool = False
    spent: tuple[bytes, ...] = ()
    month: int | None = None


async def who_may_book(
    instance: Instance, revision: Revision, roster: Roster, proof: NumberProof | None
) -> Terms:
    """The terms of a patient's booking. Raises CheckRefused."""
    notifier = roster.notifier_pk
    if proof is not None:
        if notifier is None or not _is_live(proof.month, instance.clock()):
            raise CheckRefused
        try:
            to = bind(revision.booking_pk, proof.salt)
            check_proof(notifier, instance.name, proof.commit, to, proof.month, proof.proof)
        except (Altered, Unknown):
            raise CheckRefused from None
        tags = tuple(check_tag(secret, revision.booking_pk) for secret in instance.secret.generations)
        return Terms(spent=tags, month=proof.month)
    asked = notifier is not None and await practices.asks_check(instance.pool, roster.practice, notifier)
    return Terms(on_request=asked)


def _is_live(month: int, now: datetime) -> bool:
    """The notifier's clock may be in the next month already."""
    today = now.astimezone(UTC)
    age = today.year * 12 + today.month - (month // 100 * 12 + month % 100)
    return 1 <= month % 100 <= 12 and -1 <= age <= PROOF_MONTHS


def first_live_month(now: datetime) -> int:
    """The month (yyyymm) before which every signature is over."""
    today = now.astimezone(UTC)
    return (today.year - 1) * 100 + today.month
