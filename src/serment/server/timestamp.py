# SPDX-License-Identifier: AGPL-3.0-or-later
"""A time-stamp by somebody else (RFC 3161): that bytes were there when it says. What leaves is their SHA-256."""

from __future__ import annotations

from hashlib import sha256
from http.client import HTTPException
from itertools import pairwise

from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, decode_timestamp_response

from serment.server.posting import post

CERTIFICATES = 0xA0  # their tag in CMS's SignedData
ANSWER_BYTES_MAX = 1 << 16  # the token with its certificates is some 6 kB


class NotStamped(Exception):
    """The service put no stamp, in words. What was to be stamped goes out without."""


def stamp(url: str, data: bytes) -> bytes:
    """The service's answer (DER), which holds the token and the certificates it is signed by. Raises NotStamped.

    That it is of these bytes and of this request is looked at here; whether its signer is to be trusted, by whoever verifies.
    """
    request = (
        TimestampRequestBuilder()
        .data(data)
        .hash_algorithm(HashAlgorithm.SHA256)
        .cert_request(cert_request=True)
    ).build()
    try:
        status, _, answer = post(url, request.as_bytes(), "application/timestamp-query", ANSWER_BYTES_MAX)
    except (OSError, HTTPException, ValueError) as error:
        raise NotStamped(f"The time-stamp service {url} does not answer.") from error
    if status != 200:
        raise NotStamped(f"The time-stamp service {url} answers {status}.")
    answer = _in_order(answer)
    try:
        told = decode_timestamp_response(answer)
        if told.status != 0:
            raise NotStamped(f"The time-stamp service {url} refuses: {' '.join(told.status_string)[:200]}")
        of_this = (told.tst_info.message_imprint.message, told.tst_info.nonce)
    except ValueError as error:
        raise NotStamped(f"What {url} answers is no time-stamp (RFC 3161).") from error
    if of_this != (sha256(data).digest(), request.nonce):
        raise NotStamped(f"What {url} stamped is something else.")
    return answer


def _in_order(answer: bytes) -> bytes:
    """The answer with its certificates in the order that DER asks for. OpenSSL's services do not keep it, and strict readers
    refuse that; no signature covers it. What is no such answer comes back as it was."""
    try:
        [(_, begin, end)] = _parts(answer, 0, len(answer))
        for nth in (1, 1, 0):  # the token, its content, that is the signed data
            _, begin, end = _parts(answer, begin, end)[nth]
        begin, end = next(
            (begin, end) for tag, begin, end in _parts(answer, begin, end) if tag == CERTIFICATES
        )
        starts = [begin, *(stop for _, _, stop in _parts(answer, begin, end))]
    except (IndexError, ValueError, StopIteration):
        return answer
    certificates = sorted(answer[one:other] for one, other in pairwise(starts))
    return answer[:begin] + b"".join(certificates) + answer[end:]


def _parts(data: bytes, begin: int, end: int) -> list[tuple[int, int, int]]:
    """Tag, first byte and end of the content of each value in DER. Raises IndexError, ValueError."""
    found = []
    while begin < end:
        tag, length, start = data[begin], data[begin + 1], begin + 2
        if length & 0x80:
            start += length & 0x7F
            length = int.from_bytes(data[begin + 2 : start], "big")
        begin = start + length
        if begin > end:
            raise ValueError("cut short")
        found.append((tag, start, begin))
    return found
