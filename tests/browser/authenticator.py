# SPDX-License-Identifier: AGPL-3.0-or-later
"""Chromium's virtual authenticator, and the secret it gives the page, to be looked for where it must not be."""

from __future__ import annotations

import base64

from playwright.sync_api import CDPSession, Page

# The page's own view of each secret, so that recordings can be searched for it.
TELL_SECRETS = """window.__secrets = [];
const original = PublicKeyCredential.prototype.getClientExtensionResults;
PublicKeyCredential.prototype.getClientExtensionResults = function () {
  const results = original.call(this);
  const first = results.prf && results.prf.results && results.prf.results.first;
  if (first) window.__secrets.push(Array.from(new Uint8Array(first)));
  return results;
};"""


def prf_secrets(page: Page) -> list[bytes]:
    """What the authenticator has given this document so far."""
    return [bytes(each) for each in page.evaluate("window.__secrets")]


def with_authenticator(page: Page) -> CDPSession:
    """Chromium's virtual authenticator, with PRF, present and verifying."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable", {"enableUI": False})
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2", "ctap2Version": "ctap2_1", "transport": "internal", "hasResidentKey": True,
                "hasUserVerification": True, "hasPrf": True, "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )  # fmt: skip
    return session


def dresses(secret: bytes) -> list[bytes]:
    """How 32 bytes may look in traffic: raw, hex, base64 in its three alignments and both alphabets."""
    found = [secret, secret.hex().encode(), secret.hex().upper().encode()]
    for shift in range(3):
        inner = base64.b64encode(b"\0" * shift + secret)[4 if shift else 0 : -4]
        found += [inner, inner.replace(b"+", b"-").replace(b"/", b"_")]
    return found
