# SPDX-License-Identifier: AGPL-3.0-or-later
"""How a figure is printed: what it is, what it was, and whether it reached its aim."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence

WIDTH = 58
_LINES: list[str] = []


def heading(letter: str, text: str) -> None:
    """Begins a bench."""
    print(f"\n({letter}) {text}", flush=True)


def figure(
    text: str, value: str, *, aim: float | None = None, got: float | None = None, most: bool = True
) -> None:
    """One line. With `aim` and `got`, whether it was reached: at most the aim, or (`most` False) at least."""
    verdict = ""
    if aim is not None and got is not None:
        reached = got <= aim if most else got >= aim
        verdict = f"   aim {'<=' if most else '>='} {aim:g}: {'reached' if reached else 'SHORT'}"
        if not reached:
            _LINES.append(f"{text}: {value}, aim {aim:g}")
    print(f"    {text:{WIDTH}} {value:>18}{verdict}", flush=True)


def shortfalls() -> Sequence[str]:
    """What missed its aim in this run."""
    return tuple(_LINES)


def machine() -> str:
    """What this was measured on, and what else it was doing."""
    load = ", ".join(f"{each:.2f}" for each in os.getloadavg())
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, load {load}"


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of all values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered)) - 1))]
