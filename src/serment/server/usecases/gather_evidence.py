# SPDX-License-Identifier: AGPL-3.0-or-later
"""What proves a dossier's figures: its entries in words, the published log that they stand in, its custody."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from serment.server.instance import Instance
from serment.server.ledger_folder import CHECKPOINT, PUBLIC_FILE
from serment.server.stores import incidents
from serment.server.usecases.dossier import DossierWhole, whole
from serment.server.usecases.errors import NoSuchIncident
from serment.server.usecases.publish_checkpoint import publish_checkpoint

ENTRIES_PER_QUERY_MAX = 5_000
ROUNDS_MAX = 60
ROUND_SECONDS = 0.5


class NotPublished(Exception):
    """Some entries are in no published tree yet, and no server publishes them. Nothing was written. Start the server, or look
    at `serment verify`, then ask again."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """`entries`: as `serment verify --entries` reads them. `log`: checkpoint, key and tiles still growing, by their path in the
    log's folder; `tiles`: those that are full and never change, in `folder`."""

    whole: DossierWhole
    entries: bytes
    count: int
    log: dict[str, bytes]
    tiles: list[Path]
    folder: Path
    verifier_key: str


async def gather_evidence(instance: Instance, practice: UUID, incident: UUID) -> Evidence:
    """Entries that were erased after a year are counted in the dossier and not among these. Raises NoSuchIncident,
    NotPublished."""
    row = await incidents.read_dossier(instance.pool, practice, incident)
    if row is None or instance.ledger is None:
        raise NoSuchIncident
    scope, folder = incidents.scope_of(row), instance.ledger
    for _ in range(ROUNDS_MAX):
        if await incidents.count_unnumbered(instance.pool, practice, scope) == 0:
            break
        if await publish_checkpoint(instance) == 0:  # another process publishes
            await asyncio.sleep(ROUND_SECONDS)
    log, tiles = await asyncio.to_thread(_published, folder.folder)
    size = int(log[CHECKPOINT].split(b"\n", 2)[1]) if CHECKPOINT in log else 0
    lines, after = [], 0
    while found := await incidents.read_entries(instance.pool, practice, scope, after, ENTRIES_PER_QUERY_MAX):
        for leaf, salt, entry in found:
            if leaf >= size:
                raise NotPublished
            lines.append(json.dumps({"leaf": leaf, "salt": salt.hex(), "text": entry.text().decode()}) + "\n")
        after = found[-1][0] + 1
    if await incidents.count_unnumbered(instance.pool, practice, scope):
        raise NotPublished
    told = await whole(instance, practice, incident)
    return Evidence(told, "".join(lines).encode(), len(lines), log, tiles, folder.folder, folder.verifier_key)


def _published(folder: Path) -> tuple[dict[str, bytes], list[Path]]:
    """The checkpoint first: whatever is published meanwhile holds its tree too. A tile that grew full while it was looked at is
    looked at again."""
    while True:
        growing: dict[str, bytes] = {}
        full: list[Path] = []
        try:
            for name in (CHECKPOINT, PUBLIC_FILE):
                growing[name] = (folder / name).read_bytes()
            for path in sorted((folder / "tile").rglob("*")):
                if path.parent.suffix == ".p":
                    growing[path.relative_to(folder).as_posix()] = path.read_bytes()
                elif path.is_file() and not path.suffix:
                    full.append(path.relative_to(folder))
        except FileNotFoundError:
            if not (folder / CHECKPOINT).exists():  # nothing was ever read here
                return {}, []
            continue
        return growing, full
