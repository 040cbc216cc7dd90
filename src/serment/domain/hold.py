"""A hold: a slot kept for one person while they type. Exclusive, ten minutes, extended twice at the most
(WCAG 2.2.1).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from serment.domain.errors import HoldExpired, InvalidRule, NoMoreExtensions
from serment.domain.offer import Offer

HOLD_MINUTES = 10
HOLD_EXTENSIONS_MAX = 2
HOLD_WARNING_MINUTES = 2
OFFER_MINUTES = 15  # the waiting list's exclusive offer is a hold of this length


class HoldState(StrEnum):
    """Where a hold stands: kept, kept with its end near (the screen warns), or run out."""

    KEPT = "kept"
    ENDING = "ending"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Keeps a span of an agenda for one record-to-be until `until`, exclusive. `record` was drawn by the
    browser.
    """

    record: UUID
    offer: Offer
    until: datetime
    extensions: int = 0

    @staticmethod
    def placed(offer: Offer, record: UUID, *, now: datetime, minutes: int = HOLD_MINUTES) -> Hold:
        """A new hold on what was offered."""
        return Hold(record=record, offer=offer, until=_whole_second(now) + timedelta(minutes=minutes))

    def state(self, now: datetime) -> HoldState:
        """Where the hold stands at an instant."""
        return state_of(self.until, now)

    def extended(self, nth: int, *, now: datetime) -> Hold:
        """The hold kept for ten minutes from now, for the nth time. Asked again for the same n, the same
        answer.

        Raises HoldExpired, NoMoreExtensions.
        """
        until, extensions = extension(self.until, self.extensions, nth, now=now)
        return replace(self, until=until, extensions=extensions)

    def confirm(self, *, now: datetime) -> Offer:
        """What may now be booked. Raises HoldExpired: a late confirmation books nothing, even where nobody
        came since.
        """
        check_running(self.until, now=now)
        return self.offer


def state_of(until: datetime, now: datetime) -> HoldState:
    """Where a hold that runs until then stands now."""
    if now >= until:
        return HoldState.EXPIRED
    return HoldState.ENDING if now >= until - timedelta(minutes=HOLD_WARNING_MINUTES) else HoldState.KEPT


def check_running(until: datetime, *, now: datetime) -> None:
    """Raises HoldExpired unless the hold still runs."""
    if now >= until:
        raise HoldExpired(until)


def extension(until: datetime, extensions: int, nth: int, *, now: datetime) -> tuple[datetime, int]:
    """The new limit and number of extensions of a hold that is asked to be extended for the nth time.

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
    # A longer hold (the waiting list's) is never cut short by its first extension.
    return max(until, _whole_second(now) + timedelta(minutes=HOLD_MINUTES)), nth


def _whole_second(now: datetime) -> datetime:
    return now.replace(microsecond=0)
