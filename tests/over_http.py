# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a browser puts on the wire, for the tests that speak HTTP."""

from __future__ import annotations

import base64
import json
import uuid
from datetime import UTC, datetime
from typing import Any

import msgspec

from serment.server.usecases.book import Written


def b64(data: bytes) -> str:
    """Standard base64 with padding."""
    return base64.b64encode(data).decode()


def wire(written: Written, writer: str = "patient") -> dict[str, Any]:
    """A sealed revision as a browser sends it."""
    revision, context = written.revision, written.revision.context
    slot = context.slot
    body = {
        "revision": {
            "practice": uuid.UUID(bytes=context.practice),
            "unit": uuid.UUID(bytes=context.unit),
            "record": uuid.UUID(bytes=context.record),
            "rev": context.rev,
            "slot": {
                "agenda": uuid.UUID(bytes=slot.agenda),
                "start": instant_text(slot.start),
                "minutes": slot.minutes,
                "visit_type": uuid.UUID(bytes=slot.visit_type),
            },
            "bodies": dict(zip(("id", "ct", "rs"), revision.bodies, strict=True)),
            "stanzas": list(written.stanzas),
            "sig": revision.sig,
            "head": revision.head,
            "booking_pk": revision.booking_pk,
            "patient_pk": revision.patient_pk,
            "writer": writer,
            "writer_kid": revision.writer_kid,
        },
        "row_token_hash": written.row_token_hash,
        "act": written.act,
    }
    return json.loads(msgspec.json.encode(body))  # type: ignore[no-any-return]


def instant_text(seconds: int) -> str:
    """RFC 3339, UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
