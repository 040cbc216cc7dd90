# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which messages wait in this process, and until when. Nothing of what they say is kept here: they are opened again to be sent.

A restart forgets all of it and reads the queue anew; a message that stands here twice is claimed once.
"""

from __future__ import annotations

import datetime as dt
import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from serment.domain.reminder import Channel
from serment.notifier.outbox import Place

Group = bytes
Key = tuple[bytes, bytes]
Again = Mapping[Channel, dt.datetime]


@dataclass(frozen=True, slots=True)
class Wait:
    """A message, from when it may be sent, in which lane ("mail": nothing but an e-mail is to go), the group it goes with, if
    it is one of several that may share an SMS, and when it came from the inbox, if that was in this process.
    """

    place: Place
    not_before: dt.datetime
    due: dt.datetime
    lane: Channel
    group: Group | None = None
    came: dt.datetime | None = None
    again: Again = field(default_factory=dict)  # channels that are not tried before


@dataclass(slots=True)
class Waiting:
    """A heap by time for each lane, and beside them the groups."""

    _heaps: dict[Channel, list[tuple[dt.datetime, bytes, bytes]]] = field(
        default_factory=lambda: {"sms": [], "mail": []}
    )
    _waits: dict[Key, Wait] = field(default_factory=dict)
    _groups: dict[Group, set[Key]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._waits)

    def __contains__(self, place: Place) -> bool:
        return (place.h, place.mid) in self._waits

    def add(self, wait: Wait) -> None:
        """In place of the same message with another time."""
        key = (wait.place.h, wait.place.mid)
        self._drop(key)
        self._waits[key] = wait
        if wait.group is not None:
            self._groups.setdefault(wait.group, set()).add(key)
        heapq.heappush(self._heaps[wait.lane], (wait.due, *key))

    def pop_due(self, now: dt.datetime, most: int, lane: Channel) -> list[Wait]:
        """At least `most` of those that are due in a lane, if there are so many: a group whose first is due comes whole."""
        found: list[Wait] = []
        while len(found) < most and (first := self._first(lane)) is not None and first.due <= now:
            found += self._take((first.place.h, first.place.mid), now)
        return found

    def _first(self, lane: Channel) -> Wait | None:
        """Which is due first. Takes from the heap what left it, or has another time or lane now."""
        heap = self._heaps[lane]
        while heap:
            due, h, mid = heap[0]
            wait = self._waits.get((h, mid))
            if wait is not None and (wait.due, wait.lane) == (due, lane):
                return wait
            heapq.heappop(heap)
        return None

    def _take(self, key: Key, now: dt.datetime) -> Iterable[Wait]:
        group = self._waits[key].group
        keys = (
            {key}
            if group is None
            else {each for each in self._groups[group] if self._waits[each].not_before <= now} | {key}
        )
        return [self._drop(each) for each in sorted(keys)]  # type: ignore[misc]  # each of them waits

    def _drop(self, key: Key) -> Wait | None:
        wait = self._waits.pop(key, None)
        if wait is not None and wait.group is not None:
            members = self._groups[wait.group]
            members.discard(key)
            if not members:
                del self._groups[wait.group]
        return wait
