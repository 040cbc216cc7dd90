# SPDX-License-Identifier: AGPL-3.0-or-later
"""Paper: each message becomes one readable file in a folder. For the demo, and for trying a configuration; it reaches nobody.

The folder holds numbers and texts in clear. It is the operator's alone (0700, files 0600), and `serment notify --check` says
that it is in use.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import os
from pathlib import Path
from typing import Final, Literal

from serment.notifier.channels import (
    ChannelBroken,
    Letter,
    LetterChannel,
    Receipt,
    Taken,
    Text,
    TextChannel,
)
from serment.notifier.channels.settings import ChannelSettings

FOLDER_MODE: Final = 0o700
FILE_MODE: Final = 0o600


class PaperSettings(ChannelSettings, frozen=True, kw_only=True, tag="paper"):
    """`folder`: where files go, from the configuration's folder on. `carries`: sms or mail."""

    folder: str
    carries: Literal["sms", "mail"]

    def open(self, folder: Path) -> TextChannel | LetterChannel:
        """The channel. Its folder is made at the first message."""
        where = folder / self.folder
        return PaperTexts(self.name, where) if self.carries == "sms" else PaperLetters(self.name, where)


class _Paper:
    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self._folder = folder
        self._written: list[str] = []

    def __repr__(self) -> str:
        return f"<paper {self.name}>"

    async def receipts(self) -> list[Receipt]:
        """Everything written was delivered to its folder."""
        written, self._written = self._written, []
        return [Receipt(key, delivered=True) for key in written]

    async def objections(self) -> list[str]:
        """Nobody answers a file."""
        return []

    async def check(self) -> list[str]:
        """Says that nobody is reached, and whether the folder can be written."""
        found = ["It writes files and reaches nobody: for trying things out."]
        try:
            await asyncio.to_thread(_make_folder, self._folder)
        except ChannelBroken as error:
            found.append(error.sentence)
        return found

    async def close(self) -> None:
        """Nothing is open."""

    async def _put(self, key: str, name: str, content: str) -> Taken:
        await asyncio.to_thread(_write, self._folder, name, content)
        self._written.append(key)
        return Taken(key, receipt_expected=True)


class PaperTexts(_Paper):
    """SMS as files named KEY.sms.txt: a repeat of the same message overwrites its own file."""

    carries: Literal["sms"] = "sms"

    async def send(self, message: Text) -> Taken:
        """Writes the file. Raises ChannelBroken when the folder cannot be written."""
        return await self._put(message.key, f"{message.key}.sms.txt", _page("SMS", message))

    async def speak(self, message: Text) -> Taken:
        """Writes what would be spoken."""
        return await self._put(message.key, f"{message.key}.voice.txt", _page("Voice", message))


class PaperLetters(_Paper):
    """E-mails as files named KEY.mail.txt, with HTML and calendar beside them."""

    carries: Literal["mail"] = "mail"

    async def send(self, message: Letter) -> Taken:
        """Writes the files; the text, which says that it is there, last. Raises ChannelBroken."""
        beside = {f"{message.key}.mail.html": message.html}
        if message.calendar is not None:
            beside[f"{message.key}.mail.ics"] = message.calendar.decode()
        for name, content in beside.items():
            await asyncio.to_thread(_write, self._folder, name, content)
        head = [f"To: {message.to}", f"Date: {_now()}", f"Subject: {message.subject}"]
        if message.unsubscribe:
            head.append(f"Unsubscribe: {message.unsubscribe}")
        text = "\n".join(head) + f"\n\n{message.text}\n"
        return await self._put(message.key, f"{message.key}.mail.txt", text)


def _page(kind: str, message: Text) -> str:
    return f"{kind} to: {message.to}\nDate: {_now()}\nLanguage: {message.language}\n\n{message.body}\n"


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")


def _make_folder(folder: Path) -> None:
    """Makes it; one that is there already is used only if it is the operator's alone, and is never changed."""
    problem: str | None = None
    try:
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        if folder.stat().st_mode & 0o077:
            problem = f"Others may look into {folder}. Type: chmod 700 {folder}"
        elif not os.access(folder, os.W_OK | os.X_OK):
            problem = f"{folder} cannot be written."
    except OSError:
        problem = f"{folder} cannot be made, or is somebody else's."
    if problem:
        raise ChannelBroken(problem)


def _write(folder: Path, name: str, content: str) -> None:
    """A whole file or none: written beside, synced, renamed."""
    _make_folder(folder)
    beside = folder / f".{name}.new"
    problem = False
    try:
        with contextlib.suppress(FileNotFoundError):
            beside.unlink()
        file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, FILE_MODE)
        with os.fdopen(file, "w", encoding="utf-8") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        beside.replace(folder / name)
    except OSError:
        problem = True
    if problem:
        raise ChannelBroken(f"{folder} cannot be written, or the disk is full.")
