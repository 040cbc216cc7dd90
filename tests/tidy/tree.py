# SPDX-License-Identifier: AGPL-3.0-or-later
"""The files of the project as git would see them, for the rules of tidiness."""

from __future__ import annotations

from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Made by tools or fetched from elsewhere; none of it is ours, all of it is named in .gitignore.
NOT_OURS = frozenset(
    {
        ".git",
        ".venv",
        "node_modules",
        "__pycache__",
        ".pytest_cache",
        ".hypothesis",
        ".mypy_cache",
        ".ruff_cache",
    }
    | {".import_linter_cache", "data", "dist", "test-results", "static", "serment.egg-info"}
)


@cache
def files() -> tuple[Path, ...]:
    """Every file of ours, by its path from the root. `data` is left out at the root only."""
    found: list[Path] = []
    folders = [ROOT]
    while folders:
        for path in sorted(folders.pop().iterdir()):
            if path.is_symlink() or (path.name in NOT_OURS and (path.name != "data" or path.parent == ROOT)):
                continue
            if path.is_dir():
                folders.append(path)
            else:
                found.append(path.relative_to(ROOT))
    return tuple(found)


def text_of(path: Path) -> str | None:
    """The file's text, None for what is not text."""
    data = (ROOT / path).read_bytes()
    if b"\0" in data[:8192]:
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None
