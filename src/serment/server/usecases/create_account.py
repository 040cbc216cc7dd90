# SPDX-License-Identifier: AGPL-3.0-or-later
"""Somebody makes an account: a random id, and either a log-in name with a password or, until its first passkey, nothing.

No name and no address of a person stand in it. What opens its seed is stored next (change_unlocks).
"""

from __future__ import annotations

import secrets
from uuid import UUID

from serment.database.pool import transaction
from serment.framing import find_row, password_share, stored_auth
from serment.framing.errors import Unknown
from serment.server.instance import Instance
from serment.server.stores import unlocks
from serment.server.usecases.errors import NameTaken
from serment.server.usecases.sign_in import SignedIn, new_session, signed_in


async def create_account(
    instance: Instance,
    account: UUID,
    *,
    find: bytes | None,
    auth: bytes | None,
    bucket: bytes,
    work: bytes | None,
) -> SignedIn:
    """The account with a session. Asking again with the same account, name and password opens another session, as long as
    the account has no way in: from the first box on this is no door beside sign_in, with its second way and its ten tries.

    Raises NameTaken, WorkAsked, WorkRefused, Unknown. That a name is taken is said here alone, and each asking counts
    like a hold of the caller's address: beyond five an hour it costs work.
    """
    if (find is None) != (auth is None):
        raise Unknown("account")
    with instance.throttle.claim(bucket, work, instance.clock()) as claim:
        claim.kept = True  # a name that is taken counts too: else names could be tried for nothing
        secret = instance.secret.current
        if find is None or auth is None:
            # Nobody types what leads to these; each stands for the log-in name the account does not have.
            row, stored, share = secrets.token_bytes(32), secrets.token_bytes(32), None
        else:
            row, stored = find_row(secret, find), stored_auth(secret, find, auth)
            share = password_share(secret, find)
            earlier = [find_row(generation, find) for generation in instance.secret.generations[1:]]
            if earlier and await unlocks.owner_of_name(instance.pool, earlier) is not None:
                raise NameTaken
        # In one transaction: an account nobody is signed in to is one that was left, and swept away.
        async with transaction(instance.pool) as tx:
            if not await unlocks.add_account(tx, account, row, stored):
                raise NameTaken
            token = await new_session(tx, account, instance.clock())
    return await signed_in(instance, account, share, token, proved=False)
