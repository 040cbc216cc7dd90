# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sets of whole minutes as sorted, disjoint, half-open intervals `(since, until)`. What they count is the
caller's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Interval = tuple[int, int]


def merged(intervals: Iterable[Interval]) -> list[Interval]:
    """The union of any intervals, sorted; touching ones become one, empty ones vanish."""
    union: list[Interval] = []
    for since, until in sorted(intervals):
        if since >= until:
            continue
        if union and since <= union[-1][1]:
            if until > union[-1][1]:
                union[-1] = (union[-1][0], until)
        else:
            union.append((since, until))
    return union


def subtracted(whole: Sequence[Interval], holes: Sequence[Interval]) -> list[Interval]:
    """What remains of `whole` without `holes`. Both are sorted and disjoint, as `merged` gives them."""
    if not holes:
        return list(whole)
    rest: list[Interval] = []
    first = 0
    for since, until in whole:
        while first < len(holes) and holes[first][1] <= since:
            first += 1
        at = first
        while at < len(holes) and holes[at][0] < until:
            if holes[at][0] > since:
                rest.append((since, holes[at][0]))
            since = max(since, holes[at][1])
            at += 1
        if since < until:
            rest.append((since, until))
    return rest


def intersected(left: Sequence[Interval], right: Sequence[Interval]) -> list[Interval]:
    """What both sets hold. Both are sorted and disjoint, as `merged` gives them."""
    both: list[Interval] = []
    i = j = 0
    while i < len(left) and j < len(right):
        since = max(left[i][0], right[j][0])
        until = min(left[i][1], right[j][1])
        if since < until:
            both.append((since, until))
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1
    return both


def covers(whole: Sequence[Interval], since: int, until: int) -> bool:
    """Whether one interval of `whole` holds all of [since, until)."""
    return any(low <= since and until <= high for low, high in whole)
