# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every staff route has its deed, and the page on roles says what the table says."""

from __future__ import annotations

from pathlib import Path

from doors import DOORS, is_page
from serment.domain.roles import MAY, Deed
from serment.server.app import create_app
from serment.settings import Settings
from staff_routes import DEEDS, OF
from tidy.tree import ROOT


def test_the_table_knows_every_route_of_the_router_and_no_other() -> None:
    """A new route under /api/practice/{practice} is added to tests/staff_routes.py and to docs/reference/roles.md."""
    app = create_app(Settings(data=Path("nowhere"), instance="tidy"), "postgresql://nowhere")
    found = {
        f"{method} {route.path.removeprefix(OF)}"
        for route in app.routes
        if route.path.startswith(OF.rstrip("/"))
        for handler in route.route_handlers  # type: ignore[union-attr]
        for method in handler.http_methods - {"OPTIONS", "HEAD"}
    }
    assert found == set(DEEDS)


def test_every_other_route_has_its_door() -> None:
    """A new route is added to tests/doors.py, with what opens it."""
    app = create_app(Settings(data=Path("nowhere"), instance="tidy"), "postgresql://nowhere")
    found = {
        f"{method} {route.path}"
        for route in app.routes
        if not route.path.startswith(OF.rstrip("/")) and not is_page(route.path)
        for handler in route.route_handlers  # type: ignore[union-attr]
        for method in handler.http_methods - {"OPTIONS", "HEAD"}
    }
    assert found == set(DOORS)


def test_the_page_on_roles_says_what_the_table_says() -> None:
    page = (ROOT / "docs/reference/roles.md").read_text("utf-8")
    for deed in Deed:
        cells = " | ".join(
            "yes" if deed in MAY[role] else "no" for role in ("owner", "practitioner", "secretary")
        )
        assert f"| `{deed.name}` | {cells} |" in page, deed
    for name, deed in DEEDS.items():
        path = name.replace(":uuid", "")
        assert f"| `{path}` | `{deed.name}` |" in page, name
