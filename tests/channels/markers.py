# SPDX-License-Identifier: AGPL-3.0-or-later
"""What must not be seen anywhere but at the provider: Alice's number and address, and what is written to her."""

from __future__ import annotations

import traceback

from serment.notifier.channels import ChannelError, Letter, Text

NUMBER = "+33612340078"
ADDRESS = "alice.martin.marker@example.org"
WORDS = "Marqueur : demain à 9 h 30, Die. https://rdv.example.org/t#bWFya2Vy"
KEY = "00112233445566778899aabbccddeeff"
MARKERS = (NUMBER.removeprefix("+"), "alice.martin.marker", "Marqueur", "bWFya2Vy")
SECRETS = ("hush7pw", "applicationsecret4711", "consumerkey0815")


def text(body: str = WORDS, *, repeat: bool = False, to: str = NUMBER) -> Text:
    """An SMS to Alice."""
    return Text(to=to, body=body, key=KEY, language="fr", repeat=repeat)


def letter(to: str = ADDRESS) -> Letter:
    """An e-mail to Alice, with everything that one may have."""
    return Letter(
        to=to,
        subject="Rendez-vous du 27 novembre à 9 h 30 (Marqueur)",
        text=f"Bonjour,\n\n{WORDS}\n.\nÀ demain",
        html=f"<p>{WORDS}</p>",
        calendar=b"BEGIN:VCALENDAR\r\nMETHOD:PUBLISH\r\nX-MARKER:Marqueur\r\nEND:VCALENDAR\r\n",
        unsubscribe="https://rdv.example.org/stop/bWFya2Vy",
        message_id=f"<{KEY}@rdv.example.org>",
        key=KEY,
    )


def tells_nothing(error: ChannelError) -> None:
    """No error, nor anything that hangs from it, holds a marker or a secret."""
    assert error.__cause__ is None and error.__context__ is None, "a library's error hangs from it"
    said = (
        "".join(traceback.format_exception(error))
        + repr(error)
        + str(error)
        + repr(vars(error))
        + repr(error.args)
    )
    assert not [marker for marker in (*MARKERS, *SECRETS) if marker in said]
