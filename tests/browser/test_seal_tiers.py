"""Every claim about sealing in Chromium, on each of its three tiers, under the product's content policy.

The claims themselves are in browser/test/seal; Node runs the same ones. `python tests/browser/test_seal_tiers.py`
prints times and sizes instead.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from chromiums import FLAGS, find_chromium
from serment.framing import (
    Act,
    RecordContext,
    Revision,
    Roster,
    SignedEvent,
    Slot,
    Stanza,
    Writer,
    check_act,
    check_booking_stanzas,
)
from serment.seal.keys import Cap, EpochKeys, UserKeys
from serment.seal.messages import open_capsule
from serment.seal.primitives import KemPair
from serment.seal.record import open_revision
from serment.seal.roster_writing import open_seed

pytestmark = pytest.mark.slow

BROWSER = Path(__file__).parents[2] / "browser"
TIERS = ("native", "mixed", "script")
POLICY = (
    "default-src 'none'; script-src 'self'{wasm}; connect-src 'self'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
WASM = " 'wasm-unsafe-eval'"
PAGE = (
    b'<!doctype html><meta charset="utf-8"><title>wait</title><script type="module" src="page.js"></script>'
)
CLAIMS_MILLISECONDS_MAX = 240_000

WITHOUT_ML_KEM = "for (const n of ['encapsulateBits', 'decapsulateBits']) delete SubtleCrypto.prototype[n]"
WITHOUT_CURVES = """
const importKey = SubtleCrypto.prototype.importKey
SubtleCrypto.prototype.importKey = function (format, bytes, algorithm, ...rest) {
  const name = algorithm.name ?? algorithm
  if (['X25519', 'Ed25519', 'ML-KEM-768'].includes(name)) {
    return Promise.reject(new DOMException('unrecognised', 'NotSupportedError'))
  }
  return importKey.call(this, format, bytes, algorithm, ...rest)
}
"""
WITHOUT_WEBCRYPTO = "Object.defineProperty(Crypto.prototype, 'subtle', { value: undefined })"


class Handler(SimpleHTTPRequestHandler):
    """Serves the built folder; `/` with WebAssembly allowed, `/strict` without."""

    def do_GET(self) -> None:
        if self.path in ("/", "/strict"):
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.send_header("content-security-policy", POLICY.format(wasm=WASM if self.path == "/" else ""))
            self.send_header("content-length", str(len(PAGE)))
            self.end_headers()
            self.wfile.write(PAGE)
        else:
            super().do_GET()

    def log_message(self, format: str, *args: object) -> None:
        """Keeps the test's output to the test."""


def build(folder: Path) -> Path:
    """The page of claims, as the product's bundler makes it."""
    vite = BROWSER / "node_modules" / "vite" / "bin" / "vite.js"
    command = ["node", str(vite), "build", "--config", "test/seal/page.config.ts", "--outDir", str(folder)]
    subprocess.run(command, cwd=BROWSER, check=True, capture_output=True, text=True)
    return folder


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The folder on a free loopback port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def launched() -> Iterator[Browser]:
    """A Chromium with an empty profile."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(build(tmp_path_factory.mktemp("seal"))) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as one:
        yield one


def opened(browser: Browser, address: str, before: str | None = None) -> Page:
    """The page, ready; anything it logs as an error fails the test that asks."""
    page = browser.new_page()
    if before is not None:
        page.add_init_script(before)
    page.set_default_timeout(CLAIMS_MILLISECONDS_MAX)
    page.goto(address)
    page.wait_for_function("document.title === 'ready'")
    return page


def call(page: Page, name: str, *arguments: Any) -> Any:
    return page.evaluate("([name, a]) => globalThis.sealPage[name](...a)", [name, list(arguments)])


@pytest.mark.parametrize("tier", TIERS)
def test_every_claim_holds_on_every_tier_under_the_strict_policy(
    browser: Browser, origin: str, tier: str
) -> None:
    page = opened(browser, origin)
    outcome = call(page, "run", [tier])
    page.close()
    assert outcome["failures"] == []
    assert outcome["ran"] > 150


@pytest.mark.parametrize(
    ("without", "expected"),
    [(None, "native"), (WITHOUT_ML_KEM, "mixed"), (WITHOUT_CURVES, "script"), (WITHOUT_WEBCRYPTO, "script")],
    ids=["all there", "no ML-KEM", "no curves", "no WebCrypto"],
)
def test_the_best_tier_that_a_browser_has_is_chosen(
    browser: Browser, origin: str, without: str | None, expected: str
) -> None:
    page = opened(browser, origin, without)
    assert call(page, "start") == expected
    page.close()


@pytest.mark.parametrize("tier", TIERS)
def test_what_a_browser_seals_the_python_twin_opens(browser: Browser, origin: str, tier: str) -> None:
    page = opened(browser, origin)
    handed = call(page, "hand", [tier])
    page.close()
    chain = [SignedEvent(bytes.fromhex(e["event"]), bytes.fromhex(e["sig"])) for e in handed["events"]]
    roster = Roster.verify(chain)
    place = {name: bytes.fromhex(value) for name, value in handed["context"].items()}
    slot = Slot.parse(place["slot"])
    context = RecordContext("serment-test", place["practice"], place["unit"], place["record"], 1, slot)
    one, two, three = (bytes.fromhex(body) for body in handed["bodies"])
    stanzas = [Stanza.parse(bytes.fromhex(stanza)) for stanza in handed["stanzas"]]
    named = {name: bytes.fromhex(handed[name]) for name in ("sig", "head", "bookingPk", "patientPk")}
    revision = Revision(
        context, (one, two, three), named["sig"], named["head"], named["bookingPk"], named["patientPk"],
        Writer.PATIENT, None,
    )  # fmt: skip
    revision.check(roster)
    revision.check_fresh(roster)
    check_booking_stanzas(stanzas, roster, place["unit"])
    cap = Cap.from_secret(bytes.fromhex(handed["cap"]))
    unit = EpochKeys.from_seed(bytes.fromhex(handed["epochSeed"]))
    unit.check(roster.epoch(place["unit"]))
    for key in (unit.kem, cap.k_cap):
        found = open_revision(revision, stanzas, key)
        said = [part.to_json().hex() for part in (found.identity, found.contact, found.reason) if part]
        assert said == handed["plain"]
    sam = UserKeys.from_seed(bytes.fromhex(handed["samSeed"]))
    assert open_seed(roster, place["unit"], sam.kem, bytes.fromhex(handed["sealedSeed"])).seed == unit.seed
    check_act(
        roster, context, 1, Act.CANCEL, bytes.fromhex(handed["act"]), last_n=0, booking_pk=cap.booking.pk
    )
    sealed = {name: bytes.fromhex(value) for name, value in handed["capsule"].items()}
    day = KemPair.from_seed(sealed["seed"])
    capsule = open_capsule("serment-test", sealed["h"], "2026-11-26", day, sealed["sealed"])
    assert (capsule.word, capsule.k_m) == ("Céret", sealed["k_m"])


def test_a_password_needs_wasm_unsafe_eval_and_nothing_wider(browser: Browser, origin: str) -> None:
    page = opened(browser, origin)
    assert call(page, "start") == "native"
    assert call(page, "stretch") > 0
    page.close()


def test_without_wasm_everything_but_passwords_works(browser: Browser, origin: str) -> None:
    page = opened(browser, f"{origin}/strict")
    failures = call(page, "run", ["native"])["failures"]
    page.close()
    assert len(failures) == 1
    assert "passwords" in failures[0]


def sizes(folder: Path) -> dict[str, int]:
    """Bytes after gzip: what every page loads, and what each tier and the password add."""
    manifest = json.loads((folder / "manifest.json").read_text())

    def weight(key: str, seen: set[str]) -> int:
        if key in seen:
            return 0
        seen.add(key)
        entry = manifest[key]
        own = len(gzip.compress((folder / entry["file"]).read_bytes(), 9, mtime=0))
        return own + sum(weight(other, seen) for other in entry.get("imports", []))

    seen: set[str] = set()
    found = {"native (every page)": weight("size.ts", seen)}
    for name, part in (("ML-KEM", "kem_script"), ("curves and AES", "curves_script"), ("Argon2id", "argon2")):
        key = next(key for key in manifest if key.endswith(f"{part}.ts"))
        found[f"+ {name} in JavaScript" if part != "argon2" else "+ Argon2id"] = weight(key, seen)
    return found


def main() -> None:
    """Prints the figures."""
    with (
        tempfile.TemporaryDirectory() as folder,
        served(build(Path(folder))) as address,
        launched() as browser,
    ):
        for name, size in sizes(Path(folder)).items():
            print(f"{name:32} {size / 1000:8.1f} kB gzip")
        for tier in TIERS:
            page = opened(browser, address)
            for name, milliseconds in call(page, "measure", [tier]).items():
                print(f"{tier:8} {name:28} {milliseconds:10.1f} ms")
            page.close()
        page = opened(browser, address)
        call(page, "start")
        print(f"{'password, 64 MiB':37} {call(page, 'stretch'):10.1f} ms")


if __name__ == "__main__":
    main()
