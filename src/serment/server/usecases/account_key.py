# SPDX-License-Identifier: AGPL-3.0-or-later
"""An account has one key: the one that signs its ways in is the one by which rosters name its member."""

from __future__ import annotations

from uuid import UUID

from serment.database.pool import Transaction
from serment.server.stores import unlocks
from serment.server.usecases.errors import NotTheAccountsKeys


async def check_account_key(tx: Transaction, account: UUID, sign_pk: bytes) -> None:
    """Raises NotTheAccountsKeys. Without it a session alone would enter practices by keys of somebody else's making."""
    if not await unlocks.is_key_of(tx, account, sign_pk):
        raise NotTheAccountsKeys
