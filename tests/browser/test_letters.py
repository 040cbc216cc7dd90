# SPDX-License-Identifier: AGPL-3.0-or-later
"""E-mails as a browser shows them: on the narrowest phone and wide, in the light and in the dark, loading nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext

from browser.conftest import AXE, NARROW
from serment.notifier.letters import code_letter, letter
from serment.notifier.wording import Visit

pytestmark = pytest.mark.slow

ORIGIN = "https://rdv.saint-eloi.fr"
NOW = dt.datetime(2026, 11, 25, 8, tzinfo=dt.UTC)
ALICE = Visit(
    dt.datetime(2026, 11, 26, 8, 30, tzinfo=dt.UTC), "Europe/Paris", "Saint-Étienne-du-Rouvray", bytes(16), 1
)
TOM = Visit(dt.datetime(2026, 11, 26, 10, tzinfo=dt.UTC), "Europe/Paris", "T.", bytes(15) + b"\1", 1)
LETTERS = {
    "booked": letter("booked", [ALICE], "fr", NOW, ORIGIN),
    "moved": letter("moved", [ALICE], "en", NOW, ORIGIN),
    "cancelled": letter("cancelled", [ALICE], "fr", NOW, ORIGIN),
    "two": letter("reminder", [ALICE, TOM], "fr", NOW, ORIGIN),
    "code": code_letter("012345", ORIGIN),
}
FAULTS = """async () => {
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa'];
  const answer = await axe.run(document, { runOnly: { type: 'tag', values: tags } });
  return answer.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(' ')).join(', ')}`);
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", LETTERS)
def test_an_e_mail_is_legible_on_a_phone_in_the_light_and_in_the_dark(
    profile: Callable[..., BrowserContext], name: str, scheme: str
) -> None:
    page = profile(NARROW, color_scheme=scheme).new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_content(LETTERS[name].html)
    page.evaluate(AXE.read_text("utf-8") + "; undefined")
    for width in (NARROW["width"], 600):
        page.set_viewport_size({"width": width, "height": 640})
        assert page.evaluate(FAULTS) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for button in page.get_by_role("link", name="Confirm").all():
        box = button.bounding_box()
        assert box is not None and box["height"] >= 44
    assert asked == []
    # What the reader sees is theirs: a page drawn in the dark is dark behind the letter too.
    dark = page.evaluate(
        "matchMedia('(prefers-color-scheme: dark)').matches && getComputedStyle(document.body).color"
    )
    assert (dark == "rgb(255, 255, 255)") == (scheme == "dark")
