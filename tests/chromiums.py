# SPDX-License-Identifier: AGPL-3.0-or-later
"""The Chromium that tests drive, and how."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Chromium has ML-KEM in WebCrypto behind this switch before it has it without.
    "--enable-features=WebCryptoPQC",
]


def find_chromium() -> str | None:
    """The path: SERMENT_TEST_CHROMIUM, the system's, or Playwright's own."""
    for path in [os.environ.get("SERMENT_TEST_CHROMIUM"), *map(shutil.which, NAMES)]:
        if path:
            return path
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None
