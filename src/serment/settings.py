# SPDX-License-Identifier: AGPL-3.0-or-later
"""The settings of a process: read once from the environment, then frozen."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

PORT_MAX = 65535
WORKERS_MAX = 64
INSTANCE_CHARACTERS_MAX = 64
LOOPBACK = "127.0.0.1"
NOTICE_HOURS_MIN, NOTICE_HOURS_MAX = 24, 168
NOTIFIER_FILE = "notifier.toml"
LEDGER_FOLDER = "ledger"
BACKUP_FILE = "backup.toml"

_INSTANCE = re.compile(rf"[a-z0-9](?:[a-z0-9.-]{{0,{INSTANCE_CHARACTERS_MAX - 2}}}[a-z0-9])?\Z")

# C2SP's vkey of type 4, an Ed25519 cosigner.
_WITNESS_KEY = re.compile(r"[^+\s]{1,200}\+[0-9a-f]{8}\+B[A-P][A-Za-z0-9+/]{42}\Z")

T = TypeVar("T")


class SettingWrong(Exception):
    """A setting has a value that cannot be used. Nothing was started. Correct the variable named and start again."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says about one process.

    `instance` is part of every envelope's context and must never change once a practice was opened.
    `origin` is the address in the browser's bar (scheme, host, port), None for http://127.0.0.1:PORT and localhost.
    `source` is where this very program's source code can be had: every page offers it (AGPL-3.0, section 13).
    `claims` None: as the command has it, `serve` confirm, `demo` open.
    `notice_hours`: from when a breach was found until the authority is to be told (GDPR art. 33(1)).
    `sms_price` is what a segment of an SMS costs, in euros; practices see it where they choose what messages say.
    `witness`: where the access ledger's witness answers, and `witness_key` its public key; both or neither.
    `timestamp`: a service that puts time-stamps (RFC 3161) on files of evidence. It learns a SHA-256.
    `database_url` None means: the embedded PostgreSQL below `data`.
    """

    host: str = LOOPBACK
    port: int = 8000
    data: Path = Path("data")
    database_url: str | None = None
    postgres_bin: Path | None = None
    instance: str = "serment-demo"
    origin: str | None = None
    source: str | None = None
    workers: int = 1
    claims: str | None = None
    sms_price: str | None = None
    notice_hours: int = 72
    notifier: Path | None = None
    notifier_database_url: str | None = None
    backup: Path | None = None
    witness: str | None = None
    witness_key: str | None = None
    timestamp: str | None = None


# One line each: variable, field, how it is read, what it is for. `serment --help` prints this very table.
VARIABLES: tuple[tuple[str, str, str], ...] = (
    ("SERMENT_HOST", "host", "address to listen on (127.0.0.1; put a TLS proxy in front of anything else)"),
    ("SERMENT_PORT", "port", "port to listen on (8000)"),
    ("SERMENT_DATA", "data", "folder that keeps the embedded database and the instance's files (./data)"),
    ("SERMENT_DATABASE_URL", "database_url", "PostgreSQL of your own, 15 or newer (else the embedded one)"),
    ("SERMENT_POSTGRES_BIN", "postgres_bin", "folder with postgres and initdb, for the embedded database"),
    ("SERMENT_INSTANCE", "instance", "the instance's name, fixed at installation (serment-demo)"),
    (
        "SERMENT_ORIGIN",
        "origin",
        "address people type, such as https://rdv.example.org (else this machine's)",
    ),
    (
        "SERMENT_SOURCE",
        "source",
        "address of the source code this server runs, offered on every page (AGPL-3.0, section 13)",
    ),
    (
        "SERMENT_CLAIMS",
        "claims",
        "whether the search shows a new practice at once (open) or once the host confirmed it (confirm, else)",
    ),
    ("SERMENT_WORKERS", "workers", "server processes (1)"),
    (
        "SERMENT_SMS_PRICE",
        "sms_price",
        "what a segment of an SMS costs in euros, such as 0.049, shown to practices",
    ),
    (
        "SERMENT_NOTICE_HOURS",
        "notice_hours",
        "hours in which the authority is told of a breach, weekends included (72)",
    ),
    ("SERMENT_NOTIFIER", "notifier", "the notifier's configuration (notifier.toml in the data folder)"),
    (
        "SERMENT_NOTIFIER_DATABASE_URL",
        "notifier_database_url",
        "the same database under the notifier's own role (for the embedded one it is known)",
    ),
    ("SERMENT_BACKUP", "backup", "where backups go, and to whose key (backup.toml in the data folder)"),
    (
        "SERMENT_WITNESS",
        "witness",
        "address of the access ledger's witness, such as http://127.0.0.1:8642 (none)",
    ),
    ("SERMENT_WITNESS_KEY", "witness_key", "that witness's public key, name+id+base64 (its witness.pub)"),
    (
        "SERMENT_TIMESTAMP",
        "timestamp",
        "address of a time-stamp service (RFC 3161) for files of evidence (none)",
    ),
)


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Reads every SERMENT_* variable known here. Empty means unset. Raises SettingWrong with a sentence for people."""
    known = {variable for variable, _, _ in VARIABLES}
    unknown = sorted(
        name
        for name in environment
        if name.startswith("SERMENT_") and not name.startswith("SERMENT_TEST_") and name not in known
    )
    if unknown:
        raise SettingWrong(
            f"{unknown[0]} is not a setting of Serment. The settings are {', '.join(sorted(known))}."
        )
    values: dict[str, object] = {}
    for variable, field, _ in VARIABLES:
        text = environment.get(variable, "").strip()
        if text:
            values[field] = _READERS[field](variable, text)
    if ("witness" in values) != ("witness_key" in values):
        raise SettingWrong("SERMENT_WITNESS and SERMENT_WITNESS_KEY belong together: set both, or neither.")
    return Settings(**values)  # type: ignore[arg-type]  # the readers below give each field its type


def _text(variable: str, text: str) -> str:
    if any(character.isspace() for character in text):
        raise SettingWrong(f"{variable} must not contain spaces.")
    return text


def _folder(variable: str, text: str) -> Path:
    try:
        folder = Path(text).expanduser()
    except RuntimeError:
        raise SettingWrong(f"{variable} is {text}, and no user here has that name.") from None
    if folder.exists() and not folder.is_dir():
        raise SettingWrong(f"{variable} names {text}, which is a file. A folder is needed.")
    return folder


def _file(variable: str, text: str) -> Path:
    file = Path(text)
    if file.is_dir():
        raise SettingWrong(f"{variable} names {text}, which is a folder. A file is needed.")
    return file


def _number(low: int, high: int) -> Callable[[str, str], int]:
    def read(variable: str, text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,6}", text) or not low <= int(text) <= high:
            raise SettingWrong(f"{variable} is {text!r}; a whole number from {low} to {high} is needed.")
        return int(text)

    return read


def _address(text: str) -> SplitResult:
    """The parts of an address; all empty where there are none, as in `http://[::1` and `http://host:port`."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return SplitResult("", "", "", "", "")
    return parts


def _database_url(variable: str, text: str) -> str:
    # The value may hold a password: the sentence never repeats it.
    if _address(text).scheme not in ("postgresql", "postgres"):
        raise SettingWrong(
            f"{variable} is not the address of a PostgreSQL. It looks like "
            "postgresql://user:password@host:5432/database."
        )
    return text


def _instance(variable: str, text: str) -> str:
    if not _INSTANCE.match(text):
        raise SettingWrong(
            f"{variable} is {text!r}; use up to {INSTANCE_CHARACTERS_MAX} small letters, digits, dots and hyphens, "
            "such as rdv.example.org."
        )
    return text


def _origin(variable: str, text: str) -> str:
    parts = _address(text)
    bare = f"{parts.scheme}://{parts.netloc}"
    if (
        parts.scheme not in ("http", "https")
        or not parts.hostname
        or parts.username
        or text.rstrip("/") != bare
    ):
        raise SettingWrong(
            f"{variable} is {text!r}; scheme and host alone are needed, as https://rdv.example.org."
        )
    if parts.scheme == "http" and parts.hostname not in (LOOPBACK, "localhost", "::1"):
        raise SettingWrong(
            f"{variable} is {text!r}; browsers seal only on https pages (or on this machine itself). Use https."
        )
    return bare


def _source(variable: str, text: str) -> str:
    parts = _address(_text(variable, text))
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise SettingWrong(
            f"{variable} is not an address people can follow. It looks like https://code.example.org/serment."
        )
    return text


def _witness(variable: str, text: str) -> str:
    parts = _address(_text(variable, text))
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
        raise SettingWrong(f"{variable} is not a witness's address. It looks like http://127.0.0.1:8642.")
    if parts.scheme == "http" and parts.hostname not in (LOOPBACK, "localhost", "::1"):
        raise SettingWrong(f"{variable} is {text!r}; beyond this machine https is needed.")
    return text.rstrip("/")


def _timestamp(variable: str, text: str) -> str:
    # Plain http is usual there and enough: the answer is signed, and a digest is all that leaves.
    parts = _address(_text(variable, text))
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
        raise SettingWrong(
            f"{variable} is not a time-stamp service's address. It looks like https://tsa.example.org/tsr."
        )
    return text


def _witness_key(variable: str, text: str) -> str:
    wrong = SettingWrong(
        f"{variable} is not a witness's public key: the line of its file witness.pub, name+id+base64, whole."
    )
    if not _WITNESS_KEY.match(text):
        raise wrong
    name, hint, rest = text.split("+", 2)
    if hashlib.sha256(f"{name}\n".encode() + base64.b64decode(rest)).hexdigest()[:8] != hint:
        raise wrong
    return text


def _claims(variable: str, text: str) -> str:
    if text not in ("open", "confirm"):
        raise SettingWrong(f"{variable} is {text!r}; it is open or confirm.")
    return text


def _price(variable: str, text: str) -> str:
    if not re.fullmatch(r"[0-9]{1,2}([.,][0-9]{1,4})?", text):
        raise SettingWrong(f"{variable} is {text!r}; a price in euros is needed, such as 0.049.")
    return text.replace(",", ".")


_READERS: dict[str, Callable[[str, str], object]] = {
    "host": _text,
    "port": _number(1, PORT_MAX),
    "data": _folder,
    "database_url": _database_url,
    "postgres_bin": _folder,
    "instance": _instance,
    "origin": _origin,
    "source": _source,
    "workers": _number(1, WORKERS_MAX),
    "claims": _claims,
    "sms_price": _price,
    "notice_hours": _number(NOTICE_HOURS_MIN, NOTICE_HOURS_MAX),
    "notifier": _file,
    "notifier_database_url": _database_url,
    "backup": _file,
    "witness": _witness,
    "witness_key": _witness_key,
    "timestamp": _timestamp,
}
