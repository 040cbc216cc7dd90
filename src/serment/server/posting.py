# SPDX-License-Identifier: AGPL-3.0-or-later
"""A small request to a service that somebody else runs: a witness, a time-stamp service."""

from __future__ import annotations

from http.client import HTTPConnection, HTTPSConnection
from urllib.parse import urlsplit

ANSWER_SECONDS_MAX = 10.0


def post(url: str, body: bytes, kind: str, answer_bytes_max: int) -> tuple[int, str, bytes]:
    """Status, kind and content of the answer, cut after so many bytes. Each step may take ANSWER_SECONDS_MAX. Raises
    OSError, HTTPException."""
    parts = urlsplit(url)
    connect = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = connect(parts.hostname or "", parts.port, timeout=ANSWER_SECONDS_MAX)
    try:
        connection.request("POST", parts.path or "/", body, {"Content-Type": kind})
        answer = connection.getresponse()
        told = answer.headers.get("Content-Type", "").partition(";")[0]
        return answer.status, told, answer.read(answer_bytes_max)
    finally:
        connection.close()
