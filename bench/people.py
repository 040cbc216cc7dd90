# SPDX-License-Identifier: AGPL-3.0-or-later
"""(e) Twenty thousand people in a unit's sealed index: read, opened and searched by one desk in a real Chromium.

The pages of the index are sealed here under the unit's own key and put where the server keeps them, one a month, as a desk
that gathers them leaves them. The limit is what the same page takes to open and parse the same bytes and nothing else.
"""

from __future__ import annotations

import base64
import json

from playwright.sync_api import Browser, Page

from bench import report
from bench.page_time import PageTime
from browser.desk_town import SAM, SLUG, Town, at_noon, fill_in
from serment.seal.cards import UnitPlace, seal_page
from serment.seal.chance import draw
from serment.seeding import seed_id

PEOPLE, MONTHS = 20_000, 40
FIRST_YEAR = 2028
READ_MILLISECONDS_AIM = 1_000
SYLLABLES = [
    "ker",
    "mar",
    "lo",
    "bri",
    "ne",
    "gué",
    "dan",
    "pol",
    "ri",
    "vau",
    "ton",
    "sel",
    "hu",
    "go",
    "lam",
    "bert",
]
READY = "document.querySelector('.people-find p.muted')?.textContent.replace(/\\D/g, '') === '20000'"
BARE = """async (sealed) => {
  const bytes = sealed.map((one) => Uint8Array.from(atob(one), (sign) => sign.charCodeAt(0)))
  const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
  const iv = new Uint8Array(12)
  const boxes = await Promise.all(bytes.map((one) => crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, one)))
  globalThis.bare = async () => {
    for (const box of boxes) {
      JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, key, box)))
    }
    globalThis.bareDone = true
  }
}"""


def _name(seed: int, parts: int) -> str:
    return "".join(SYLLABLES[(seed * 7 + at * 5 + seed // 16**at) % 16] for at in range(parts)).capitalize()


def _entry(seed: int) -> dict[str, object]:
    """One invented person, as `spec/` spells an entry."""
    used = {} if seed % 9 else {"u": _name(seed + 3, 3)}
    born = f"{1930 + seed % 90}-0{1 + seed % 9}-1{seed % 9}"
    card = base64.b64encode(draw(16)).decode()
    names = {"g": _name(seed % 900, 2), "b": _name(seed, 4), **used}
    return {"c": card, "r": 1, **names, "d": born, "p": f"+336{10_000_000 + seed * 37}"}


def _plant(centre: Town) -> list[str]:
    """Every month's page in the database; what they say, in base64."""
    unit = seed_id(SLUG, "unit", "all")
    each = PEOPLE // MONTHS
    said = []
    for nth in range(MONTHS):
        content = json.dumps({"people": [_entry(nth * each + at) for at in range(each)]}).encode()
        month = (FIRST_YEAR + nth // 12) * 100 + nth % 12 + 1
        place = UnitPlace(centre.instance().name, centre.house.practice.bytes, unit.bytes, 1, month)
        sealed = seal_page(place, 1, centre.house.units[unit].k_idx, content)
        centre.rows(
            "INSERT INTO index_pages (practice, unit, month, epoch, version, bytes) VALUES ($1, $2, $3, 1, 1, $4)",
            centre.house.practice,
            unit,
            month,
            sealed,
        )
        said.append(base64.b64encode(content).decode())
    return said


def measure(browser: Browser, centre: Town) -> None:
    """Prints the figures."""
    report.heading("e", f"{PEOPLE:,} people in {MONTHS} pages of the sealed index")
    said = _plant(centre)
    page = at_noon(browser.new_context(viewport={"width": 1440, "height": 900})).new_page()
    page.goto(f"{centre.origin}/fr/desk")
    time_of = PageTime(page)
    page.evaluate(BARE, said)
    bare = time_of.cost(
        lambda: page.evaluate("void bare()"), lambda: page.evaluate("globalThis.bareDone === true")
    )
    report.figure("the limit: the same bytes opened and parsed, main thread", str(bare))
    page.route("**/index/page", lambda route: route.abort())
    fill_in(page, SAM)
    page.locator(".week").wait_for()
    page.get_by_role("button", name="Patients", exact=True).click()
    page.locator("#find-patient").wait_for()
    _opened(page, time_of, bare.thread)
    page.context.close()


def _opened(page: Page, time_of: PageTime, bare: float) -> None:
    before = time_of.megabytes()
    page.unroute("**/index/page")

    def again() -> None:
        page.get_by_role("button", name="Agenda", exact=True).dispatch_event("click")
        page.get_by_role("button", name="Patients", exact=True).dispatch_event("click")

    read = time_of.cost(again, lambda: page.evaluate(READY))
    report.figure("read, opened, all can be found", str(read), aim=READ_MILLISECONDS_AIM, got=read.thread)
    report.figure("of the limit", f"{read.thread / bare:.1f} x")
    found = time_of.cost(
        lambda: page.locator("#find-patient").fill("kermar"), lambda: page.get_by_role("option").count() > 1
    )
    report.figure("a first name typed at once, found", str(found))
    report.figure("memory of the page's scripts for them", f"{time_of.megabytes() - before:.0f} MB")
