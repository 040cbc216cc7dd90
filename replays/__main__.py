# SPDX-License-Identifier: AGPL-3.0-or-later
"""`python -m replays [--short] [--seeds N] [b1 b2 ...]`: each theft on a fresh server, the worst of the seeds.

An honest day is worked beside each.

Prints a table and ends with 1 if a figure is worse than the replay's expected.toml allows, with 2 if an honest person was
stopped or refused. `--short`: a small centre, few requests, one seed.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from bench import report
from replays.plays import NAMES, Outcome, outcome_of, read_expected
from replays.stage import DRAFT_SECONDS_MAX, theatre

SEEDS = 3


async def main() -> int:
    """The exit code."""
    words = argparse.ArgumentParser(prog="python -m replays", description=__doc__.split("\n")[0])
    words.add_argument("--short", action="store_true")
    words.add_argument("--seeds", type=int, default=SEEDS)
    words.add_argument("names", nargs="*", metavar="name", help=" ".join(NAMES))
    asked = words.parse_args()
    names = asked.names or NAMES
    if unknown := set(names) - set(NAMES):
        words.error(f"no replay is called {' '.join(sorted(unknown))}")
    seeds = range(1, 2) if asked.short else range(1, asked.seeds + 1)
    print(report.machine(), flush=True)
    outcomes: list[Outcome] = []
    async with theatre(short=asked.short) as played:
        for name in names:
            begun = time.perf_counter()
            outcomes.append(await outcome_of(played, name, seeds))
            print(_table(outcomes[-1], time.perf_counter() - begun), flush=True)
    if any(one.honest for one in outcomes):
        return 2
    return 1 if any(one.worse for one in outcomes) else 0


def _table(outcome: Outcome, seconds: float) -> str:
    expected = read_expected(outcome.name)
    lines = [f"\n{outcome.name.upper()}  {expected.attacker}", f"    elsewhere: {expected.public}"]
    for figure, most in expected.most.items():
        value = outcome.figures[figure]
        verdict = "WORSE" if value > most else "held"
        lines.append(f"    {figure.replace('_', ' '):34} {value:>12g}   at most {most:g}: {verdict}")
    if outcome.draft:
        lines.append(
            f"    each stop had its dossier {outcome.draft:.0f} s after the play, at most {DRAFT_SECONDS_MAX}"
        )
    if expected.short:
        lines.append(f"    SHORT: {expected.short}")
    beside = (
        f"{outcome.asked:,} honest requests and {outcome.booked} bookings beside, {outcome.gestures} gestures"
    )
    lines.append(f"    {beside}; {seconds:.0f} s")
    lines += [f"    HONEST WORK HURT: {each}" for each in outcome.honest]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
