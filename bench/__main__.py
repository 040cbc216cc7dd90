# SPDX-License-Identifier: AGPL-3.0-or-later
"""`python -m bench [a b c d e f g h i j k]`: the figures of docs/reference/speed.md, each beside a limit found in the same run.

a: free times over HTTP. b: the search among many agendas. c: bookings. d: many hands on few slots. e: browser.
f: the register (SERMENT_BENCH_ROWS rows of it). g: the notifier's queue (SERMENT_BENCH_PLANNED messages in it).
h: the notifier killed a hundred times. i: honest days before the sentinel
(SERMENT_BENCH_SEEDS, 1; SERMENT_BENCH_DAYS, 2; SERMENT_BENCH_PRACTITIONERS, 30), then
keys that turn (SERMENT_BENCH_CARDS, 20000).
j: the access ledger (SERMENT_BENCH_ENTRIES of it). k: a volume lost (SERMENT_BENCH_BACKED bookings in it).
Everything runs on loopback, on an embedded PostgreSQL in a temporary folder, and ends by itself.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import uvloop

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from bench import (
    backups,
    bookings,
    browser,
    directory,
    honest_day,
    key_turn,
    kills,
    ledger,
    next_free,
    planned,
    report,
    slots_http,
)

LETTERS = "abcdefghijk"


def main() -> None:
    """Runs what was asked for, all by default. What falls short is said at the end; an error is only a slot won
    twice, a message lost, or one doubled that was under no lease."""
    wanted = set("".join(sys.argv[1:]) or LETTERS)
    if not wanted <= set(LETTERS):
        sys.exit(f"python -m bench takes letters of {' '.join(LETTERS)}")
    begun = time.perf_counter()
    print(report.machine())
    if "a" in wanted:
        uvloop.run(slots_http.measure())
    if "b" in wanted:
        uvloop.run(next_free.measure())
    if wanted & {"c", "d"}:
        uvloop.run(bookings.measure(wanted))
    if "f" in wanted:
        uvloop.run(directory.measure())
    if "g" in wanted:
        uvloop.run(planned.measure())
    if "h" in wanted:
        uvloop.run(kills.measure())
    if "i" in wanted:
        uvloop.run(honest_day.measure())
        uvloop.run(key_turn.measure())
    if "j" in wanted:
        uvloop.run(ledger.measure())
    if "k" in wanted:
        uvloop.run(backups.measure())
    if "e" in wanted:
        browser.measure()
    print(f"\n{time.perf_counter() - begun:.0f} s; at the end {report.machine()}")
    for line in report.shortfalls():
        print(f"short: {line}")


if __name__ == "__main__":
    main()
