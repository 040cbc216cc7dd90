# SPDX-License-Identifier: AGPL-3.0-or-later
"""What an import of the register says of itself."""

from dataclasses import dataclass, field

REFUSED_LISTED_MAX = 1_000
"""Refused rows that a report lists; all are counted."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One row that was not taken: its line in the file (the header is line 1) and why, in words."""

    line: int
    reason: str


@dataclass(slots=True)
class ImportReport:
    """What an import did. The entries that the file lists are `added` + `changed` + `unchanged`, and its rows are these
    + `merged` + `refused_count`.
    """

    rows: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    closed: int = 0
    merged: int = 0
    """Rows that said something more of an activity listed by another row, or repeated it."""
    refused_count: int = 0
    refused: list[Refusal] = field(default_factory=list)
    """The first REFUSED_LISTED_MAX of them."""
    closing_withheld: str = ""
    """Why entries missing from the file were left open; empty when they were closed."""

    def sentences(self) -> list[str]:
        """The report in English, one sentence a line."""
        said = [
            f"{self.rows} rows read: {self.added} entries added, {self.changed} changed, {self.unchanged} unchanged, "
            f"{self.closed} closed, {self.refused_count} rows refused."
        ]
        if self.closing_withheld:
            said.append(self.closing_withheld)
        said += [f"Line {refusal.line}: {refusal.reason}" for refusal in self.refused]
        if self.refused_count > len(self.refused):
            said.append(f"{self.refused_count - len(self.refused)} more rows were refused.")
        return said
