# SPDX-License-Identifier: AGPL-3.0-or-later
"""How grave a breach is for the people it is about, by ENISA's method of 2013: SE = DPC x EI + CB, with the working shown.

DPC is what the data says of somebody: 2 in general practice, 3 for a specialty, 4 where the specialty alone is grave. EI is how
easily people are named by it. CB adds what was lost and whether harm was meant. What is not known counts as the worse.
The specialties are our rule, by analogy with ENISA's examples; the theft of July 2020 gives 3.0 to 5.0 by it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, cast

from serment.domain.incident import Figures, Form, Gravity, malice
from serment.domain.incident_labels import specialties

DPC: Final = {"general": 2.0, "specialist": 3.0, "grave": 4.0}
EI: Final = {"readable": 1.0, "sealed": 0.25, "nothing": 0.25}
RECIPIENTS: Final = {"none": 0.0, "known": 0.25, "unknown": 0.5}
LOSS: Final = {"none": 0.0, "recoverable": 0.25, "lost": 0.5}
MALICE: Final = {"yes": 0.5, "unknown": 0.5, "no": 0.0}
LEVELS: Final = ((2.0, "low"), (3.0, "medium"), (4.0, "high"))

Vocabulary = Literal["dpc", "ei", "recipients", "integrity", "availability", "malice"]


@dataclass(frozen=True, slots=True)
class Step:
    """One term: its vocabulary and key in the labels, and what it is worth."""

    of: Vocabulary
    key: str
    worth: float


@dataclass(frozen=True, slots=True)
class Severity:
    """`steps`: DPC, EI, then the terms of CB. `level` by ENISA's bounds: below 2, 3, 4, and above."""

    steps: tuple[Step, ...]
    cb: float
    se: float
    level: Gravity

    def sum(self) -> str:
        """The working in one line, as `3 x 1 + 1 = 4`."""
        dpc, ei = self.steps[0].worth, self.steps[1].worth
        return f"{dpc:g} × {ei:g} + {self.cb:g} = {self.se:g}"


def dpc_of(codes: Iterable[str]) -> str:
    """The gravest of the practice's specialties (codes of the register); without any it is a specialty."""
    known = specialties()
    found = set(codes)
    if found & known["grave"]:
        return "grave"
    return "general" if found and found <= known["general"] else "specialist"


def severity(form: Form, figures: Figures, codes: Iterable[str], *, by_ledger: bool = True) -> Severity:
    """Of one practice's dossier. A loss counts where the form names its nature. `by_ledger`: whether the ledger alone says what
    left; of a lost list or machine it knows nothing, and an empty scope is no comfort then."""
    left = figures.records > 0 or not by_ledger
    dpc = dpc_of(codes)
    ei = "nothing" if not left else "sealed" if form.keys == "safe" else "readable"
    recipients = form.recipients if "confidentiality" in form.natures or not form.natures else "none"
    integrity = form.integrity if "integrity" in form.natures else "none"
    availability = form.availability if "availability" in form.natures else "none"
    meant = malice(form.cause)
    steps = (
        Step("dpc", dpc, DPC[dpc]),
        Step("ei", ei, EI[ei]),
        Step("recipients", recipients, RECIPIENTS[recipients]),
        Step("integrity", integrity, LOSS[integrity]),
        Step("availability", availability, LOSS[availability]),
        Step("malice", meant, MALICE[meant]),
    )
    cb = sum(step.worth for step in steps[2:])
    se = steps[0].worth * steps[1].worth + cb
    level = next((name for most, name in LEVELS if se < most), "very_high")
    return Severity(steps, cb, se, cast("Gravity", level))
