# SPDX-License-Identifier: AGPL-3.0-or-later
"""Judges what a log shows: `add-checkpoint` of C2SP tlog-witness, answer by answer."""

from __future__ import annotations

import binascii
import threading
from base64 import b64decode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from serment.verifier.consistency import begins_with
from serment.verifier.notes import Checkpoint, Key, Wrong
from serment.witness.memory import Memory

PROOF_LINES_MAX = 63
SIZE_TYPE, TEXT_TYPE = "text/x.tlog.size", "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back. `alarm`: a sentence for whoever runs the witness: the log shows what an honest one never does."""

    status: HTTPStatus
    body: bytes
    kind: str = TEXT_TYPE
    alarm: str | None = None


class _Malformed(Exception):
    """Not an add-checkpoint request."""


class Judge:
    """One at a time: what was seen is compared and replaced as one."""

    def __init__(self, memory: Memory, logs: Sequence[Key], now: Callable[[], float]) -> None:
        self.memory = memory
        self._logs = {log.name: log for log in logs}
        self._now = now
        self._one = threading.Lock()
        # Logs whose published files were found wrong, by name, with what is wrong.
        self.broken: dict[str, str] = {}

    def add_checkpoint(self, body: bytes) -> Answer:
        """Never raises for what a request holds. A full or broken disk raises OSError, and nothing is signed."""
        try:
            old, proof, note = _parted(body)
        except _Malformed:
            return Answer(HTTPStatus.BAD_REQUEST, b"malformed\n")
        origin = note.partition(b"\n")[0].decode("utf-8", "replace")
        log = self._logs.get(origin)
        if log is None:
            return Answer(HTTPStatus.NOT_FOUND, b"unknown log\n")
        try:
            shown = Checkpoint.read(note, log, "The checkpoint")
        except Wrong:
            return Answer(HTTPStatus.FORBIDDEN, b"not signed by the log\n")
        if old > shown.size:
            return Answer(HTTPStatus.BAD_REQUEST, b"old is above the checkpoint's size\n")
        with self._one:
            return self._judge(log, old, proof, shown)

    def _judge(self, log: Key, old: int, proof: Sequence[bytes], shown: Checkpoint) -> Answer:
        try:
            seen = self.memory.seen(log)
        except Wrong as error:
            return Answer(
                HTTPStatus.SERVICE_UNAVAILABLE, b"the witness's own file is broken\n", alarm=str(error)
            )
        last = 0 if seen is None else seen.size
        if old != last:
            alarm = None
            if shown.size < last:
                alarm = f"{log.name} shows {shown.size} entries and had {last}: it was rolled back."
            return Answer(HTTPStatus.CONFLICT, f"{last}\n".encode(), SIZE_TYPE, alarm)
        if seen is not None and shown.size == last and shown.root != seen.root:
            alarm = f"{log.name} signs another tree of {last} entries than it did: it forked."
            return Answer(HTTPStatus.CONFLICT, f"{last}\n".encode(), SIZE_TYPE, alarm)
        grown = not proof if last == 0 else begins_with(last, seen.root, shown.size, shown.root, proof)  # type: ignore[union-attr]  # something was seen
        if not grown:
            alarm = (
                None
                if last == 0
                else f"{log.name} does not show that its first {last} entries stand: it forked."
            )
            return Answer(HTTPStatus.UNPROCESSABLE_ENTITY, b"no proof of consistency\n", alarm=alarm)
        if wrong := self.broken.get(log.name):
            return Answer(HTTPStatus.SERVICE_UNAVAILABLE, f"{wrong}\n".encode())
        return Answer(HTTPStatus.OK, self.memory.keep(log, shown, int(self._now())))


def _parted(body: bytes) -> tuple[int, list[bytes], bytes]:
    """(old size, proof, checkpoint)."""
    head, gap, note = body.partition(b"\n\n")
    first, *rest = head.split(b"\n")
    number = first.removeprefix(b"old ")
    plain = number.isdigit() and (number == b"0" or not number.startswith(b"0"))
    if not gap or number == first or not plain or len(number) > 18 or len(rest) > PROOF_LINES_MAX:
        raise _Malformed
    try:
        proof = [b64decode(line, validate=True) for line in rest]
    except (binascii.Error, ValueError) as error:
        raise _Malformed from error
    if any(len(each) != 32 for each in proof):
        raise _Malformed
    return int(number), proof, note
