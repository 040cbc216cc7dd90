# SPDX-License-Identifier: AGPL-3.0-or-later
"""The running server: what every use case is given. One per process."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Generic, TypeVar
from uuid import UUID

from serment.database.pool import Pool
from serment.domain.incident import HOURS_MAX_DEFAULT
from serment.framing import Roster
from serment.server.changes import Changes
from serment.server.ledger_folder import LedgerFolder
from serment.server.secret import Secret
from serment.server.stores.rules import Rules
from serment.server.throttle import Throttle
from serment.server.witness import Witness

RULES_KEPT_MAX = 5_000
LOCALHOST = "http://localhost:8000"
ROSTERS_KEPT_MAX = 2_000
ANSWERS_KEPT_MAX = 2_000

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Kept(Generic[K, V]):
    """A bounded memory; what was asked for longest ago goes first. Whoever uses it checks that it still holds."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K) -> V | None:
        value = self._values.get(key)
        if value is not None:
            self._values.move_to_end(key)
        return value

    def keep(self, key: K, value: V) -> None:
        self._values[key] = value
        self._values.move_to_end(key)
        if len(self._values) > self._most:
            self._values.popitem(last=False)


def wall_time() -> datetime:
    """Now, aware, UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Instance:
    """`name` is part of every envelope's context; `source` is where the program's source code is, None if unsaid.
    `origin` is what stands in the bar of a browser that uses a passkey here: passkeys know no bare addresses.
    `claims`: whether the public search shows a new practice at once ("open") or once the host confirmed it ("confirm").
    `sms_price`: what a segment of an SMS costs, in euros.
    `notice_hours`: how long after a breach was found the authority is to be told.
    `ledger`: where the access ledger is published; its entries stand in the database before.
    `witness`: who signs that it only grew.

    The memories are checked against the database at each use.
    """

    name: str
    pool: Pool
    secret: Secret
    clock: Callable[[], datetime] = wall_time
    source: str | None = None
    origin: str = LOCALHOST
    claims: str = "open"
    sms_price: str | None = None
    throttle: Throttle = field(default_factory=Throttle)
    changes: Changes = field(default_factory=Changes)
    ledger: LedgerFolder | None = None
    notice_hours: int = HOURS_MAX_DEFAULT
    witness: Witness | None = None
    rules: Kept[UUID, Rules] = field(default_factory=lambda: Kept(RULES_KEPT_MAX))
    rosters: Kept[UUID, Roster] = field(default_factory=lambda: Kept(ROSTERS_KEPT_MAX))
    answers: Kept[Hashable, tuple[Hashable, bytes]] = field(default_factory=lambda: Kept(ANSWERS_KEPT_MAX))
    starts: Kept[Hashable, tuple[Hashable, list[datetime]]] = field(
        default_factory=lambda: Kept(ANSWERS_KEPT_MAX)
    )
