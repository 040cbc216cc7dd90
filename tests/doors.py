# SPDX-License-Identifier: AGPL-3.0-or-later
"""What opens each route that is no practice's own (those are in staff_routes.py): a route that is in neither fails tests/tidy."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto


class Door(Enum):
    """What whoever asks has to hold. A session adds nothing but at SESSION."""

    PUBLIC = auto()  # nothing: pages and what is public of practices; nothing confided is behind it
    LINK = auto()  # a patient's link, as its row token
    HOLD = auto()  # a hold's token, drawn by whoever placed it
    MESSAGE = auto()  # a secret out of a message, or of a booking's messages
    CHECK = auto()  # the id of a phone check, drawn by whoever asked
    SECRET = auto()  # what an account or a practice is opened by, in the body
    SESSION = auto()  # an open session
    AGENT = auto()  # a linked program's token, with a proof of its key


DOORS: Mapping[str, Door] = {
    "GET /api/agendas/{agenda:uuid}": Door.PUBLIC,
    "GET /api/directory": Door.PUBLIC,
    "GET /api/directory/kinds": Door.PUBLIC,
    "GET /api/directory/towns": Door.PUBLIC,
    "GET /api/notifier": Door.PUBLIC,
    "GET /api/notifier/day-keys": Door.PUBLIC,
    "GET /api/practices/{practice:uuid}/roster": Door.PUBLIC,
    "GET /api/practices/{slug:str}": Door.PUBLIC,
    "GET /api/slots": Door.PUBLIC,
    "GET /api/templates": Door.PUBLIC,
    "POST /api/patient/holds": Door.PUBLIC,
    "POST /api/checks": Door.PUBLIC,
    "GET /api/patient/appointment": Door.LINK,
    "GET /api/patient/appointment/accesses": Door.LINK,
    "POST /api/patient/appointment/acts": Door.LINK,
    "POST /api/patient/appointment/messages": Door.LINK,
    "POST /api/patient/appointment/move": Door.LINK,
    "POST /api/patient/appointments": Door.HOLD,
    "POST /api/patient/holds/extend": Door.HOLD,
    "POST /api/patient/holds/release": Door.HOLD,
    "GET /api/message-link": Door.MESSAGE,
    "POST /api/message-link": Door.MESSAGE,
    "POST /api/messages/delete": Door.MESSAGE,
    "POST /api/messages/object": Door.MESSAGE,
    "GET /api/checks/{q:uuid}": Door.CHECK,
    "POST /api/checks/{q:uuid}/code": Door.CHECK,
    "GET /api/practice/challenge": Door.PUBLIC,
    "POST /api/practice/accounts": Door.PUBLIC,
    "POST /api/practice/join": Door.SECRET,
    "POST /api/practice/recover": Door.SECRET,
    "POST /api/practice/sign-in": Door.SECRET,
    "POST /api/practice/sign-in/passkey": Door.SECRET,
    "POST /api/practice/sign-out": Door.PUBLIC,
    "GET /.well-known/smart-configuration": Door.PUBLIC,
    "POST /api/agent/pair": Door.SECRET,
    "POST /api/agent/token": Door.SECRET,
    "POST /api/agent/feed": Door.AGENT,
    "PUT /api/agent/busy/{block:uuid}": Door.AGENT,
    "DELETE /api/agent/busy/{block:uuid}": Door.AGENT,
    "POST /api/agent/alive": Door.AGENT,
    "GET /api/agent/changes": Door.AGENT,
    "GET /api/practice/account": Door.SESSION,
    "POST /api/practice/account/end-sessions": Door.SESSION,
    "POST /api/practice/account/share": Door.SESSION,
    "PUT /api/practice/account/unlocks": Door.SESSION,
    "POST /api/practice/join/answer": Door.SESSION,
    "GET /api/practice/me": Door.SESSION,
    "POST /api/practice/practices": Door.SESSION,
    "POST /api/practice/restore": Door.SESSION,
}
# Pages hold nothing that was confided: they are drawn for everybody alike, and browsers fill them.
PAGES = frozenset({
    "", "a", "book", "desk", "join", "mine", "open", "p/{slug:str}", "practitioner/{slug:str}", "privacy", "restore",
    "search", "t", "stop/{token:str}", "stop/{token:str}/again", "complete/what", "complete/where", "healthz", "icon.svg",
    "{rest:path}", "static/{file_path:path}",
})  # fmt: skip


def is_page(path: str) -> bool:
    """A page, in a language or on the way to one, a file of the bundle, or the written interface."""
    name = path.removeprefix("/{lang:str}").removeprefix("/")
    return name in PAGES or path.startswith("/api/schema") or path == "/{lang:str}"
