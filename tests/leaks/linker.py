# SPDX-License-Identifier: AGPL-3.0-or-later
"""A statistician with two dumps: which of the new appointments are the same person's?

He sees every column of every new row, where it lies in the heap (the order of a dump) and which transaction wrote it.
Each guesser names, for each row, the other row it thinks is the same person's; ties are drawn. With n rows in pairs,
guessing blindly hits with probability 1 / (n - 1) a row. Whoever is likest to somebody is mostly their likest too, so hits come by twos: what is
counted is people of whom one row names the other, which blind guessing does with probability 2 / (n - 1) at most. A guesser that hits more often than chance does once in
10,000 runs knows something.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from serment.database.pool import Pool

CHANCE_MAX = 1e-4
# ctid as a number: the place in the heap is the order of COPY; xmin: the transaction.
_READ = (
    "SELECT p.*, (p.ctid::text::point)[0] * 10000 + (p.ctid::text::point)[1] AS heap_place,"
    " p.xmin::text::bigint AS written_in,"
    " (SELECT coalesce(sum(length(s.bytes)), 0) FROM stanzas s"
    "  WHERE s.practice = p.practice AND s.record = p.record) AS stanza_bytes,"
    " (SELECT min((s.ctid::text::point)[0] * 10000 + (s.ctid::text::point)[1]) FROM stanzas s"
    "  WHERE s.practice = p.practice AND s.record = p.record) AS stanza_place"
    " FROM appointments p"
)
Row = Mapping[str, Any]
Distance = Callable[[Row, Row], float]


async def dump(pool: Pool) -> dict[UUID, dict[str, Any]]:
    """Every appointment, by record."""
    return {row["record"]: dict(row) for row in await pool.fetch(_READ)}


def added(before: Mapping[UUID, Any], after: Mapping[UUID, dict[str, Any]]) -> list[dict[str, Any]]:
    """What the second dump has and the first has not."""
    return [row for record, row in after.items() if record not in before]


@dataclass(frozen=True)
class Verdict:
    """For how many people one guesser was right, of how many, and how probable that is for somebody who knows nothing."""

    guesser: str
    hits: int
    people: int
    probability: float

    @property
    def knows(self) -> bool:
        return self.probability < CHANCE_MAX


def _bits(one: bytes, other: bytes) -> int:
    length = min(len(one), len(other))
    return (int.from_bytes(one[:length], "big") ^ int.from_bytes(other[:length], "big")).bit_count()


def guessers(rows: Sequence[Row]) -> dict[str, Distance]:
    """One guesser for each column by its likeness, one for sizes, one for places, one for equal values anywhere."""
    found: dict[str, Distance] = {}
    for name, value in rows[0].items():
        if isinstance(value, bytes):
            found[f"bits of {name}"] = lambda a, b, n=name: _bits(a[n] or b"", b[n] or b"")  # type: ignore[misc]
            found[f"length of {name}"] = lambda a, b, n=name: abs(len(a[n] or b"") - len(b[n] or b""))  # type: ignore[misc]
        elif isinstance(value, UUID):
            found[f"bits of {name}"] = lambda a, b, n=name: _bits(a[n].bytes, b[n].bytes)  # type: ignore[misc]
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found[f"nearness of {name}"] = lambda a, b, n=name: abs(a[n] - b[n])  # type: ignore[misc]
    bodies = ("body_id", "body_ct", "body_rs")
    found["sizes together"] = lambda a, b: sum(abs(len(a[n]) - len(b[n])) for n in bodies)
    found["equal values"] = lambda a, b: -sum(a[n] == b[n] for n in a if isinstance(a[n], bytes))
    return found


def link(rows: Sequence[Row], person_of: Mapping[UUID, int], *, seed: int = 1) -> list[Verdict]:
    """Every guesser's verdict. `person_of` is the truth, of which guessers see nothing: two rows a person."""
    chance, verdicts = random.Random(seed), []
    for name, distance in guessers(rows).items():
        hit: set[int] = set()
        for row in rows:
            others = [other for other in rows if other is not row]
            scores = [distance(row, other) for other in others]
            best = min(scores)
            guess = chance.choice(
                [other for other, score in zip(others, scores, strict=True) if score == best]
            )
            if person_of[row["record"]] == person_of[guess["record"]]:
                hit.add(person_of[row["record"]])
        people = len(rows) // 2
        verdicts.append(Verdict(name, len(hit), people, at_least(len(hit), people, 2 / (len(rows) - 1))))
    return verdicts


def at_least(hits: int, tries: int, share: float) -> float:
    """P(X >= hits) for X binomial: how probable that many hits are by chance."""
    return math.fsum(
        math.comb(tries, k) * share**k * (1 - share) ** (tries - k) for k in range(hits, tries + 1)
    )
