# SPDX-License-Identifier: AGPL-3.0-or-later
"""spec/openapi.json: generated from the routes; a test fails when the file is stale."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import License

from serment.settings import Settings


def openapi_config() -> OpenAPIConfig:
    """Served nowhere: the file is the reference."""
    return OpenAPIConfig(
        title="Serment",
        version=version("serment"),
        description="Appointments whose contents only the patient and the practice can read. See docs/reference/http.md.",
        license=License(name="AGPL-3.0-or-later", identifier="AGPL-3.0-or-later"),
        use_handler_docstrings=True,
        path="/api/schema",
        render_plugins=[],
        create_examples=False,
    )


def document() -> str:
    """The OpenAPI document as it stands in the file."""
    from serment.server.app import create_app

    app = create_app(Settings(), "postgresql://nowhere/nothing")
    return json.dumps(app.openapi_schema.to_schema(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def write(path: Path) -> None:
    """Writes the document."""
    path.write_text(document(), "utf-8")
