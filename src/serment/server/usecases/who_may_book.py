# SPDX-License-Identifier: AGPL-3.0-or-later
"""The seam for the phone check: who may book online, and on which terms.

Until there is a notifier, every online booking is accepted under the server's own caps: five holds an hour from an
address, then work (`throttle`), and a hold must stand before a booking can. With the notifier, this one object asks for
the proof of a checked number (spec/rdv1.md, section 5) and turns bookings without it into requests; nothing else changes.
"""

from __future__ import annotations

from typing import Protocol

from serment.framing import Revision, Roster


class BookingPolicy(Protocol):
    """Decides before a booking is stored. Raises NotBooked."""

    def check(self, revision: Revision, roster: Roster) -> None: ...


class AcceptedUnderCaps:
    """Whoever holds the slot may book it."""

    def check(self, revision: Revision, roster: Roster) -> None:
        """Accepts."""


who_may_book: BookingPolicy = AcceptedUnderCaps()
