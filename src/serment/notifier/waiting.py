# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which messages wait in this process, and until when. Nothing of what they say is kept here: they are opened again to be sent.

A restart forgets all of it and reads the queue anew; a message that stands here twice is claimed once.
"""

from __future__ import annotations

import datetime as dt
import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field

from serment.notifier.outbox import Place

Group = bytes
Key = tuple[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Wait:
    """A message, from when it may be sent, the group it goes with, if it is one of several that may share an SMS, and when it
    came from the inbox, if that was in this process.
    """

    place: Place
    not_before: dt.datetime
    due: dt.datetime
    group: Group | None = None
    came: dt.datetime | None = None


@dataclass(slots=True)
class Waiting:
    """A heap by time, and beside it the groups."""

    _heap: list[tuple[dt.datetime, bytes, bytes]] = field(default_factory=list)
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
        heapq.heappush(self._heap, (wait.due, *key))

    def next_due(self) -> dt.datetime | None:
        """When the first one is due."""
        self._tidy()
        return self._heap[0][0] if self._heap else None

    def pop_due(self, now: dt.datetime, most: int) -> list[Wait]:
        """At least `most` of those that are due, if there are so many: a group whose first is due comes whole."""
        found: list[Wait] = []
        while len(found) < most and (first := self.next_due()) is not None and first <= now:
            _, h, mid = heapq.heappop(self._heap)
            found += self._take((h, mid), now)
        return found

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

    def _tidy(self) -> None:
        """Takes from the heap what left it or has another time now."""
        while self._heap:
            due, h, mid = self._heap[0]
            wait = self._waits.get((h, mid))
            if wait is not None and wait.due == due:
                return
            heapq.heappop(self._heap)
