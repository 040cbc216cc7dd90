# SPDX-License-Identifier: AGPL-3.0-or-later
"""The written interface is the one that runs."""

from __future__ import annotations

import json
from pathlib import Path

from serment.server.api.openapi import document

WRITTEN = Path(__file__).parents[2] / "spec/openapi.json"


def test_the_written_interface_is_the_one_that_runs() -> None:
    assert WRITTEN.read_text("utf-8") == document(), "spec/openapi.json is stale. Cure: make openapi"


def test_every_route_says_how_it_refuses() -> None:
    paths = json.loads(WRITTEN.read_text("utf-8"))["paths"]
    silent = [
        f"{method} {path}"
        for path, operations in paths.items()
        for method, operation in operations.items()
        if path.startswith("/api/p") and not any(status >= "400" for status in operation["responses"])
    ]
    assert silent == []
