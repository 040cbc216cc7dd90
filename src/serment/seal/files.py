# SPDX-License-Identifier: Apache-2.0
"""Documents: 64 KiB chunks under a key of their own. Source: spec/rdv1.md section 7; Padmé (Nikitin et al., 2019).

Chunk i: AES-256-GCM(file_key, 0^7 || i u32 || last u8, T("file") || inst || record || file). The fixed nonces are safe
because a file key is drawn in `seal_file`, once per upload.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from serment.framing.conventions import (
    ID_BYTES,
    KEY_BYTES,
    TAG_BYTES,
    T,
    exactly,
    instance_bytes,
    sha256,
    u8,
    u32,
)
from serment.framing.errors import Altered, Unknown
from serment.seal.chance import draw
from serment.seal.groups import FILE_BYTES_MAX, SealedFile
from serment.seal.primitives import gcm_open

CHUNK_BYTES: Final = 65_536
SEALED_CHUNK_BYTES: Final = CHUNK_BYTES + TAG_BYTES


def padme(length: int) -> int:
    """The size a file of this many bytes is padded to: at most 12 % more, and few sizes."""
    if length < 2:
        return length
    exponent = length.bit_length() - 1
    low_bits = exponent - exponent.bit_length()
    mask = (1 << low_bits) - 1
    return (length + mask) & ~mask


def _aad(instance: str, record: bytes, file: bytes) -> bytes:
    ids = exactly(record, ID_BYTES, "record") + exactly(file, ID_BYTES, "file")
    return T("file") + instance_bytes(instance) + ids


def _nonce(i: int, last: bool) -> bytes:
    return bytes(7) + u32(i) + u8(last)


def seal_file(
    instance: str, record: bytes, name: str, media_type: str, content: bytes
) -> tuple[SealedFile, list[bytes]]:
    """What stands in the sealed record, and the chunks to upload in order. An empty file is one chunk."""
    if len(content) > FILE_BYTES_MAX:
        raise Unknown("file too long")
    file = SealedFile(draw(ID_BYTES), name, media_type, len(content), sha256(content), draw(KEY_BYTES))
    padded = content.ljust(padme(len(content)), b"\0")
    parts = [padded[at : at + CHUNK_BYTES] for at in range(0, len(padded), CHUNK_BYTES)] or [b""]
    aad, cipher = _aad(instance, record, file.file), AESGCM(file.key)
    chunks = [cipher.encrypt(_nonce(i, i == len(parts) - 1), part, aad) for i, part in enumerate(parts)]
    return file, chunks


def open_file(instance: str, record: bytes, file: SealedFile, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The content, chunk by chunk as they come. Altered (cut, swapped, padded otherwise, another hash) may come
    after the first chunks: keep nothing of it before the end.
    """
    aad, left, digest = _aad(instance, record, file.file), file.size, hashlib.sha256()
    total = padme(file.size)
    count = max(1, -(-total // CHUNK_BYTES))
    seen = 0
    for i, chunk in enumerate(chunks):
        if i >= count or len(chunk) != min(CHUNK_BYTES, total - i * CHUNK_BYTES) + TAG_BYTES:
            raise Altered("chunk")
        plain = gcm_open(file.key, _nonce(i, i == count - 1), aad, chunk)
        part, rest = plain[:left], plain[left:]
        if any(rest):
            raise Altered("padding")
        left -= len(part)
        digest.update(part)
        seen += 1
        yield part
    if seen != count or not hmac.compare_digest(digest.digest(), file.sha256):
        raise Altered("file")
