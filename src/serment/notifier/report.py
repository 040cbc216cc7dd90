# SPDX-License-Identifier: AGPL-3.0-or-later
"""`serment notify --check`: what is wrong with configuration, keys, rights, clock and channels, in words. It sends nothing."""

from __future__ import annotations

import datetime as dt
from typing import Final

from serment.notifier.keys import AnotherNotifier
from serment.notifier.start import Standing

CLOCK_SECONDS_MAX: Final = 60.0
# Tables whose rows would tell a notifier what it must not know; the connection may read none of them.
FORBIDDEN: Final = (
    "appointments",
    "stanzas",
    "accounts",
    "members",
    "cards",
    "spans",
    "sessions",
    "inbox_capsules",
    "inbox_messages",
    "cold_capsules",
    "cold_messages",
)


async def report(standing: Standing, now: dt.datetime) -> list[str]:
    """Sentences, none when all is well. Writes nothing and sends nothing."""
    found: list[str] = []
    rights = await standing.outbox.rights(FORBIDDEN)
    own = "Let the notifier connect as serment_notifier."
    if rights["almighty"]:
        found.append(f"The database user {rights['who']} may do everything. {own}")
    elif rights["readable"]:
        found.append(f"The database user {rights['who']} may read {', '.join(rights['readable'])}. {own}")
    if (apart := abs((rights["clock"] - now).total_seconds())) > CLOCK_SECONDS_MAX:
        found.append(
            f"The clocks of this machine and of the database are {apart:.0f} seconds apart. Set both by NTP."
        )
    root = await standing.outbox.root()
    if root is not None and root != standing.keys.root.pk:
        found.append(" ".join((AnotherNotifier.__doc__ or "").split()))
    elif strange := standing.keys.strange(await standing.outbox.day_keys(), now):
        found.append(
            f"Browsers seal to {len(strange)} day keys that the key file does not hold, the first of {strange[0]}: "
            "what is sealed to them opens to nobody. Put the right key file, or its mirror, in place."
        )
    if not standing.config.texts:
        found.append(
            "There is no channel for SMS: patients without e-mail get no message, and no number can be checked."
        )
    if not standing.config.letters:
        found.append("There is no channel for e-mail: reminders a week before go to nobody.")
    limit = standing.config.limits.sms_a_day
    if await standing.outbox.sms_of(now.date()) >= limit:
        found.append(
            f"All {limit} SMS of today are spent (sms_a_day): what is left waits until midnight (UTC). "
            "Raise it, or see with serment notify --counts what goes out."
        )
    for channel in (*standing.config.texts, *standing.config.letters):
        found += [f"{channel.name}: {sentence}" for sentence in await channel.check()]
    return found
