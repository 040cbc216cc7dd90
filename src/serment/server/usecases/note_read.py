# SPDX-License-Identifier: AGPL-3.0-or-later
"""Before sealed bytes leave, an entry stands. If it cannot be written, nothing leaves."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from uuid import UUID

from serment.domain.ledger import SALT_BYTES, Entry, Part, Purpose
from serment.server.instance import Instance
from serment.server.stores import ledger


async def note_read(
    instance: Instance,
    practice: UUID,
    reader: UUID | None,
    purpose: Purpose,
    parts: Part,
    records: Iterable[UUID],
) -> None:
    """`reader`: a member, None for the patient's link. An answer without anything sealed needs no entry."""
    wanted = list(records)
    if wanted and parts:
        entry = Entry.of(instance.clock(), practice, reader, purpose, parts, wanted)
        await ledger.note(instance.pool, entry, secrets.token_bytes(SALT_BYTES))
