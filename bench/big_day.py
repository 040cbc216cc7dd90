# SPDX-License-Identifier: AGPL-3.0-or-later
"""(e) A health centre's full day at one desk: 30 practitioners, 1,200 appointments, in a real Chromium.

The server's and the browser's clocks stand on a morning of the tests' town. What is timed is timed from outside, by looking
every few milliseconds: a figure may be that much too long. The limit is what the same page takes for the bare work: as many
boxes of the same size opened, as many buttons of the same shape put on screen.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from playwright.sync_api import Browser, Page

from bench import people, report
from bench.page_time import PageTime
from browser.desk_town import ALICE, SAM, TODAY, at_noon, fill_in, town
from serment.database.embedded import EmbeddedPostgres
from serment.database.migrate import migrate
from serment.seeding import seed_id

AGENDAS, EACH, STEP_MINUTES = 30, 40, 15
DAY = TODAY + dt.timedelta(days=1)
SETTLED_MILLISECONDS = 6_000  # signatures and compaction, in idle time
KEYS, QUESTIONS = 9, 60
SLUG = "cabinet-des-tilleuls"
USABLE_MILLISECONDS_AIM = 1_500
OPEN = "document.querySelectorAll('.ap[data-stop]:not(.sealed)').length"
# Whatever of the day is in the window is open: it can be read and clicked.
IN_WINDOW = f"""(() => {{
  const frame = document.querySelector('.main-part').getBoundingClientRect()
  const seen = [...document.querySelectorAll('.ap[data-stop]')].filter((one) => {{
    const box = one.getBoundingClientRect()
    return box.left < frame.right && box.top < innerHeight
  }})
  return seen.length >= {EACH} && seen.every((one) => !one.classList.contains('sealed'))
}})()"""
BARE = f"""async () => {{
  const key = await crypto.subtle.generateKey({{ name: 'AES-GCM', length: 256 }}, false, ['encrypt', 'decrypt'])
  const iv = new Uint8Array(12)
  const box = await crypto.subtle.encrypt({{ name: 'AES-GCM', iv }}, key, new Uint8Array(512))
  globalThis.bare = async () => {{
    // The stanza and the body of each letter.
    for (let nth = 0; nth < {2 * AGENDAS * EACH}; nth += 1) await crypto.subtle.decrypt({{ name: 'AES-GCM', iv }}, key, box)
    const lane = document.createElement('ol')
    for (let nth = 0; nth < {AGENDAS * EACH}; nth += 1) {{
      const button = lane.appendChild(document.createElement('li')).appendChild(document.createElement('button'))
      for (const name of ['vh', 'n', 'k']) {{
        const part = button.appendChild(document.createElement('span'))
        part.className = name
        part.textContent = '8 h à 8 h 15, Alice Renaudin-Abescat, Consultation, attendu'
      }}
    }}
    document.body.append(lane)
    lane.getBoundingClientRect()
    lane.remove()
    globalThis.bareDone = true
  }}
}}"""


def rules() -> str:
    """The centre as a file to plant."""
    keys = [f"p{nth}" for nth in range(AGENDAS)]
    parts = [
        f'[[practices]]\nslug = "{SLUG}"\nname = "Grand centre"\n'
        '[[practices.sites]]\nkey = "site"\nname = "Centre"\naddress = "1 rue Haute"\npostcode = "26150"\n'
        'town = "Die"\ntown_code = "26113"\nlatitude = 44.75\nlongitude = 5.37\n'
        '[[practices.units]]\nkey = "all"\nname = "Centre"\n'
        '[[practices.visit_types]]\nkey = "consultation"\nname_fr = "Consultation"\nname_en = "Consultation"\n'
        f"minutes = {STEP_MINUTES}\nstep_minutes = {STEP_MINUTES}\nnotice_minutes = 0\nhorizon_days = 200\n"
        f"agendas = [{', '.join(map(repr, keys))}]\n"
    ]
    parts += [
        f'[[practices.practitioners]]\nkey = "{key}"\ntitle = "Dr"\ngiven_name = "Ana"\n'
        f'family_name = "Bento {key}"\nspecialty = "SM26"\nslug = "{key}-bench"\n'
        f'[[practices.agendas]]\nkey = "{key}"\nsite = "site"\npractitioner = "{key}"\nunit = "all"\n'
        f'[[practices.openings]]\nkey = "o{key}"\nagenda = "{key}"\nfirst_date = 2026-01-01\n'
        'from = "08:00"\nto = "18:00"\ndays = ["MO", "TU", "WE", "TH", "FR"]\n'
        for key in keys
    ]
    return "".join(parts)


def measure(browser: Browser) -> None:
    """Prints the figures."""
    report.heading("e", f"a day of {AGENDAS} practitioners and {AGENDAS * EACH:,} appointments at one desk")
    with tempfile.TemporaryDirectory() as name, EmbeddedPostgres(Path(name) / "pg") as postgres:
        # Playwright's own loop runs here.
        with ThreadPoolExecutor(1) as aside:
            aside.submit(lambda: asyncio.run(migrate(postgres.url()))).result()
        with town(postgres.url(), Path(name), rules()) as centre:
            begun = time.perf_counter()
            for nth in range(AGENDAS):
                for place in range(EACH):
                    hour, minute = divmod(8 * 60 + place * STEP_MINUTES, 60)
                    centre.book(ALICE, DAY, f"{hour}:{minute:02}", agenda=f"p{nth}")
            report.figure("booked, sealed in Python", f"{time.perf_counter() - begun:.0f} s")
            page = at_noon(browser.new_context(viewport={"width": 1440, "height": 900})).new_page()
            page.goto(f"{centre.origin}/fr/desk")
            _day(page)
            _questions(page, centre.origin)
            page.context.close()
            people.measure(browser, centre)


def _day(page: Page) -> None:
    time_of = PageTime(page)

    def turn(name: str) -> None:
        page.get_by_role("button", name=name).dispatch_event("click")

    def drawn(visits: int) -> bool:
        return bool(page.evaluate(OPEN) == visits)

    fill_in(page, SAM)
    page.locator(".week").wait_for()
    page.evaluate(BARE)
    bare = time_of.cost(
        lambda: page.evaluate("void bare()"), lambda: page.evaluate("globalThis.bareDone === true")
    )
    report.figure("the limit: boxes opened and buttons drawn, main thread", str(bare))
    before = time_of.megabytes()
    usable = time_of.cost(lambda: turn("Jour suivant"), lambda: page.evaluate(IN_WINDOW))
    report.figure(
        "first opening, the window usable", str(usable), aim=USABLE_MILLISECONDS_AIM, got=usable.thread
    )
    report.figure("of the limit", f"{usable.thread / bare.thread:.1f} x")
    rest = time_of.cost(lambda: None, lambda: drawn(AGENDAS * EACH))
    report.figure("then all of it, while nobody waits", str(rest))
    page.wait_for_timeout(SETTLED_MILLISECONDS)
    report.figure("memory of the page's scripts for it", f"{time_of.megabytes() - before:.0f} MB")
    time_of.cost(lambda: turn("Jour précédent"), lambda: drawn(0))
    again = time_of.cost(lambda: turn("Jour suivant"), lambda: page.evaluate(IN_WINDOW))
    report.figure("drawn anew, the window usable", str(again))
    time_of.cost(lambda: None, lambda: drawn(AGENDAS * EACH))
    page.locator(".ap[data-stop]").nth(EACH // 2).focus()
    steps = [_step(page, time_of) for _ in range(KEYS)]
    report.figure("one arrow key, median", f"{statistics.median(steps):.0f} ms")
    lifted = time_of.cost(lambda: page.keyboard.press("d"), lambda: page.locator(".said-move").count() == 1)
    report.figure("a visit taken up to be moved", str(lifted))
    page.get_by_role("button", name="Renoncer").click()


def _step(page: Page, time_of: PageTime) -> float:
    here = "document.activeElement.dataset.stop"
    before = page.evaluate(here)
    return time_of.cost(
        lambda: page.keyboard.press("ArrowDown"), lambda: page.evaluate(here) != before
    ).thread


def _questions(page: Page, origin: str) -> None:
    """The first free places of all, from the week that is full on: the answer over HTTP."""
    practice = seed_id(SLUG, "practice", "")
    ask = {
        "agendas": [str(seed_id(SLUG, "agenda", f"p{nth}")) for nth in range(AGENDAS)],
        "visit_types": [str(seed_id(SLUG, "visit_type", "consultation"))],
        "from": DAY.isoformat(),
        "each": 4,
        "most": 24,
    }
    took = []
    for _ in range(QUESTIONS):
        begun = time.perf_counter()
        answer = page.context.request.post(
            f"{origin}/api/practice/{practice}/first-places", data=ask, headers={"Serment-Request": "1"}
        )
        took.append((time.perf_counter() - begun) * 1000)
        if len(answer.json()["places"]) != ask["most"]:
            raise RuntimeError("the question was not answered: nothing was measured")
    took.sort()
    p50, p99 = statistics.median(took), took[-1]
    report.figure(f"first places over {AGENDAS} agendas, p50", f"{p50:.0f} ms", aim=1000, got=p50)
    report.figure(f"first places over {AGENDAS} agendas, slowest of {QUESTIONS}", f"{p99:.0f} ms")
