# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may listen for changes: every desk, and no account so often that the others cannot."""

from __future__ import annotations

import contextlib
import uuid

import pytest

from serment.server.changes import LISTENERS_OF_ACCOUNT_MAX, Changes, TooManyListeners

PRACTICE, SAM, INES = (uuid.UUID(int=number) for number in range(1, 4))


async def test_one_account_leaves_room_for_the_others() -> None:
    changes = Changes()
    async with contextlib.AsyncExitStack() as desks:
        for _ in range(LISTENERS_OF_ACCOUNT_MAX):
            await desks.enter_async_context(changes.listen(PRACTICE, SAM))
        with pytest.raises(TooManyListeners):
            await desks.enter_async_context(changes.listen(PRACTICE, SAM))
        event = await desks.enter_async_context(changes.listen(PRACTICE, INES))
        changes.heard(str(PRACTICE))
        assert event.is_set()


async def test_a_desk_that_closed_makes_room_again() -> None:
    changes = Changes()
    for _ in range(2 * LISTENERS_OF_ACCOUNT_MAX):
        async with changes.listen(PRACTICE, SAM):
            pass
