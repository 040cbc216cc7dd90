# SPDX-License-Identifier: AGPL-3.0-or-later
"""A hold: a slot kept for one person while they type. Exclusive, ten minutes, extended twice at the most
(WCAG 2.2.1).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from serment.domain.errors import HoldExpired, InvalidRule, NoMoreExtensions

HOLD_MINUTES = 10
HOLD_EXTENSIONS_MAX = 2


def limit(now: datetime) -> datetime:
    """Until when a hold placed now is kept, exclusive; whole seconds."""
    return now.replace(microsecond=0) + timedelta(minutes=HOLD_MINUTES)


def check_running(until: datetime, *, now: datetime) -> None:
    """Raises HoldExpired unless the hold still runs: a late confirmation fails, even where nobody came since."""
    if now >= until:
        raise HoldExpired


def extension(until: datetime, extensions: int, nth: int, *, now: datetime) -> tuple[datetime, int]:
    """The new limit and number of extensions of a hold that is asked to be extended for the nth time: ten minutes
    onto its end, so that whoever asks early loses nothing.

    Repeating an extension that was granted changes nothing. Raises HoldExpired, NoMoreExtensions,
    InvalidRule.
    """
    check_running(until, now=now)
    if nth < 1 or nth > extensions + 1:
        raise InvalidRule("extensions are counted from one, one at a time")
    if nth > HOLD_EXTENSIONS_MAX:
        raise NoMoreExtensions(until)
    if nth <= extensions:
        return until, extensions
    return until + timedelta(minutes=HOLD_MINUTES), nth
