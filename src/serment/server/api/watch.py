# SPDX-License-Identifier: AGPL-3.0-or-later
"""A member's request for what is not theirs is counted before it is answered as one for what does not exist."""

from __future__ import annotations

from typing import Any

from litestar.types import Scope

from serment.server.usecases.errors import NoSuchPractice, Refusal
from serment.server.usecases.membership import Staff
from serment.server.usecases.sentinel import note_foreign, note_stranger


async def watch(error: Exception, scope: Scope) -> None:
    """After any refusal. Where it cannot be counted the answer is 503, and nothing was told."""
    if not isinstance(error, Refusal):
        return
    instance = scope["litestar_app"].state.instance
    staff: Staff | None = scope["state"].get("staff")
    if staff is not None and error.asked:
        await note_foreign(instance, [(staff.practice, staff.member)], error.asked)
    elif isinstance(error, NoSuchPractice) and error.stranger is not None:
        # The record where one is named: who tries many in one practice has tried many.
        named: dict[str, Any] = scope["path_params"]
        asked = [named.get("record", named["practice"])]
        await note_stranger(instance, error.stranger, asked)
