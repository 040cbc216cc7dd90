# SPDX-License-Identifier: AGPL-3.0-or-later
"""Puts a notifier together from its configuration: the key file, the database under its own role, the channels."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from serment.database.pool import open_pool
from serment.notifier.channels import Channel
from serment.notifier.checks import Checks, CodeLimits
from serment.notifier.config import Config
from serment.notifier.keys import Keys
from serment.notifier.outbox import Outbox
from serment.notifier.run import Notifier
from serment.notifier.sending import Limits, Sender
from serment.notifier.strongbox import Strongbox
from serment.notifier.waiting import Waiting
from serment.seal.startup import self_test

CONNECTIONS_MAX = 4


@dataclass(frozen=True, slots=True)
class Standing:
    """A notifier that could run now, and the parts that `report` looks at."""

    notifier: Notifier
    outbox: Outbox
    keys: Keys
    config: Config


def wall_time() -> dt.datetime:
    """Now, aware UTC."""
    return dt.datetime.now(dt.UTC)


@contextlib.asynccontextmanager
async def standing(
    config: Config, url: str, *, instance: str, origin: str, clock: Callable[[], dt.datetime] = wall_time
) -> AsyncIterator[Standing]:
    """Opens everything, lets go of it when the block ends. Raises StrongboxUnusable, what the pool raises, the self-test."""
    self_test()
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(config.close)
        box = stack.enter_context(Strongbox(config.keys, config.keys_mirror))
        pool = await open_pool(url, application_name="serment-notifier", connections_max=CONNECTIONS_MAX)
        stack.push_async_callback(pool.close)
        outbox, keys = Outbox(pool), Keys(box, instance)
        sender = Sender(
            outbox, keys, Waiting(), instance=instance, origin=origin, tag_key=box.tag_key,
            limits=Limits(tuple(config.limits.prefixes), config.limits.sms_a_day),
            texts=config.texts, letters=config.letters, clock=clock,
        )  # fmt: skip
        stack.push_async_callback(sender.close)
        checks = Checks(
            outbox, keys, sender, instance=instance, origin=origin, tag_key=box.tag_key,
            limits=CodeLimits(tuple(config.limits.prefixes), config.limits.codes_a_day),
            texts=config.texts, letters=config.letters, clock=clock,
        )  # fmt: skip
        stack.push_async_callback(checks.close)
        channels: list[Channel] = [*config.texts, *config.letters]
        notifier = Notifier(
            outbox, keys, sender, tag_key=box.tag_key, channels=channels, clock=clock,
            more=checks.duties, waited_for=checks.waited_for,
        )  # fmt: skip
        yield Standing(notifier, outbox, keys, config)
