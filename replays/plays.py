# SPDX-License-Identifier: AGPL-3.0-or-later
"""Plays a replay with several seeds and judges its worst figures by its expected.toml."""

from __future__ import annotations

import importlib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from replays.stage import DRAFT_SECONDS_MAX, Theatre

FOLDER = Path(__file__).parent
NAMES = tuple(
    sorted((path.parent.name for path in FOLDER.glob("b*/expected.toml")), key=lambda name: int(name[1:]))
)


@dataclass(frozen=True)
class Expected:
    """What a replay may yield at most, and what it yielded elsewhere. `short`: what was wished for and is not there."""

    attacker: str
    public: str
    most: Mapping[str, float]
    short: str = ""


@dataclass
class Outcome:
    """The worst of all seeds. `worse`: figures over what is allowed; `honest`: what honest work suffered; `draft`: seconds from
    the end of a play until each stop had its dossier, in long plays."""

    name: str
    figures: dict[str, float] = field(default_factory=dict)
    worse: list[str] = field(default_factory=list)
    honest: list[str] = field(default_factory=list)
    asked: int = 0
    gestures: int = 0
    booked: int = 0
    draft: float = 0


def read_expected(name: str) -> Expected:
    """Raises FileNotFoundError, KeyError."""
    told = tomllib.loads((FOLDER / name / "expected.toml").read_text("utf-8"))
    return Expected(told["attacker"], told["public"], told["most"], told.get("short", ""))


async def outcome_of(theatre: Theatre, name: str, seeds: Iterable[int]) -> Outcome:
    """Every figure that expected.toml names has to come out of the play: a missing one is a KeyError.

    `readable` and `sealed` are the oracle's count, whatever the script says.
    """
    script, expected, outcome = (
        importlib.import_module(f"replays.{name}.script"),
        read_expected(name),
        Outcome(name),
    )
    for seed in seeds:
        async with theatre.stage(seed) as stage:
            figures: dict[str, float] = await script.play(stage)
            await stage.rest_of_the_day()
            if not stage.short:
                outcome.draft = max(outcome.draft, await stage.seconds_to_the_drafts())
            figures |= {"sealed": stage.left.count(), "readable": len(stage.left.readable)}
            stopped, lost = await stage.honest_stopped(), await stage.bookings_lost()
        for figure, value in figures.items():
            outcome.figures[figure] = max(value, outcome.figures.get(figure, value))
        outcome.asked += stage.honest.asked
        outcome.gestures += sum(stage.honest.gestures.values())
        outcome.honest += [f"seed {seed}: {stopped} people stopped"] if stopped else []
        outcome.honest += [f"seed {seed}: {lost} bookings lost"] if lost else []
        outcome.booked += len(stage.bookings)
        outcome.honest += [
            f"seed {seed}: {count} requests refused, {kind}" for kind, count in stage.honest.refused.items()
        ]
    outcome.worse = ["seconds_to_the_drafts"] if outcome.draft > DRAFT_SECONDS_MAX else []
    outcome.worse += [figure for figure, most in expected.most.items() if outcome.figures[figure] > most]
    return outcome
