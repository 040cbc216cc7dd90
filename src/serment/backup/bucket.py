# SPDX-License-Identifier: AGPL-3.0-or-later
"""A bucket of an S3-compatible service as a target: each file is put with a lock that nobody lifts before its day.

A stretch is one PutObject, a base that is larger a multipart upload; nothing else is asked of the service. Credentials that may
do these two, and no more, are enough (docs/how-to/backup.md). What a broken upload left, the bucket's own lifecycle removes.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import urlsplit

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from serment.backup.names import Name
from serment.backup.target import NotKept
from serment.domain.retention import kept

LOCK_DAYS_MAX: Final = kept("backup").days  # a longer lock would keep what the privacy page says goes
PART_BYTES: Final = 64 << 20  # of which a file has 10,000 at most: 640 GB
TRIES: Final = 4
CONNECT_SECONDS_MAX, READ_SECONDS_MAX = 10.0, 60.0
_KNOWN: Final = frozenset({"endpoint", "region", "bucket", "credentials"})
_LINES: Final = 2

# What services answer (their `Code`), in words. Each ends a sentence that says which file is not kept.
_WORDS: Final = {
    "InvalidAccessKeyId": "the service does not know the key id in the file of credentials",
    "SignatureDoesNotMatch": "the secret in the file of credentials is not that key id's",
    "RequestTimeTooSkewed": "the clock here and the service's are too far apart: set the clock of this machine",
    "NoSuchBucket": "there is no such bucket",
    "PreconditionFailed": "a file of that name is there already, and stays as it is",
}
_DENIED: Final = "these credentials may not put locked files there (s3:PutObject, s3:PutObjectRetention)"
_NO_LOCK: Final = "the bucket has no object lock, which is switched on when it is made"


class BucketWrong(Exception):
    """What is said of a bucket cannot be used: a sentence without its beginning, which is the file's name."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a bucket is, and with which right one comes. `tries` includes the first."""

    endpoint: str
    region: str
    bucket: str
    key_id: str
    secret: str = field(repr=False)

    @classmethod
    def read(cls, folder: Path, told: object, *more: str) -> Place:
        """Of the table [s3] in a file of `folder`; `more` are keys that it may hold besides. Raises BucketWrong."""
        if not isinstance(told, dict):
            raise BucketWrong("[s3] is a table: endpoint, region, bucket, credentials.")
        if unknown := sorted(set(told) - _KNOWN - set(more)):
            raise BucketWrong(f"{unknown[0]} is not known in [s3].")
        words = {key: told.get(key) for key in sorted(_KNOWN)}
        for key, word in words.items():
            if not isinstance(word, str) or not word:
                raise BucketWrong(f"[s3] needs {key}, a text.")
        endpoint, credentials = str(words["endpoint"]).rstrip("/"), folder / str(words["credentials"])
        if not _may_be_asked(endpoint):
            raise BucketWrong(
                f"{endpoint!r} is no address of a service: https://host is needed (http on this machine alone)."
            )
        key_id, secret = _credentials(credentials)
        return cls(endpoint, str(words["region"]), str(words["bucket"]), key_id, secret)

    def client(self) -> Any:
        """One that several threads may use."""
        # What servers of all makes know: a path and not a name for the bucket, Content-MD5 and not the newer checksums.
        config = Config(
            connect_timeout=CONNECT_SECONDS_MAX,
            read_timeout=READ_SECONDS_MAX,
            retries={"mode": "standard", "total_max_attempts": TRIES},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3={"addressing_style": "path", "payload_signing_enabled": True},
        )
        return botocore.session.Session().create_client(
            "s3", region_name=self.region, endpoint_url=self.endpoint, config=config,
            aws_access_key_id=self.key_id, aws_secret_access_key=self.secret,
        )  # fmt: skip


class Bucket:
    """A bucket with object lock. A name is taken once, where the service knows `If-None-Match`; where it does not, a second
    putting is a second version, and who fetches takes the first (fetching.py)."""

    def __init__(self, place: Place, lock_days: int, *, part_bytes: int = PART_BYTES) -> None:
        self._place, self._lock_days, self._part_bytes = place, lock_days, part_bytes
        self._client = place.client()

    @contextlib.contextmanager
    def put(self, name: Name) -> Iterator[IO[bytes]]:
        """See Target."""
        until = datetime.now(UTC) + timedelta(days=self._lock_days)
        lock = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": until}
        file = _File(self._client, {"Bucket": self._place.bucket, "Key": str(name)}, lock, self._part_bytes)
        with _in_words(self._place, name):
            yield file  # type: ignore[misc]  # writes are all that is asked of it
            file.finish()


class _File:
    """Bytes on their way: one request if they are few, else parts."""

    def __init__(self, client: Any, where: dict[str, str], lock: dict[str, Any], part_bytes: int) -> None:
        self._client, self._where, self._lock, self._part_bytes = client, where, lock, part_bytes
        self._waiting = bytearray()
        self._upload = ""
        self._parts: list[dict[str, Any]] = []

    def write(self, data: bytes) -> int:
        self._waiting += data
        while len(self._waiting) > self._part_bytes:
            self._send_part(bytes(self._waiting[: self._part_bytes]))
            del self._waiting[: self._part_bytes]
        return len(data)

    def flush(self) -> None:
        """A part is sent when it is whole."""

    def finish(self) -> None:
        if not self._parts:
            data = bytes(self._waiting)
            self._client.put_object(
                **self._where, **self._lock, Body=data, ContentMD5=_md5(data), IfNoneMatch="*"
            )
            return
        self._send_part(bytes(self._waiting))
        self._client.complete_multipart_upload(
            **self._where, UploadId=self._upload, MultipartUpload={"Parts": self._parts}, IfNoneMatch="*"
        )

    def _send_part(self, data: bytes) -> None:
        if not self._upload:
            self._upload = self._client.create_multipart_upload(**self._where, **self._lock)["UploadId"]
        number = len(self._parts) + 1
        sent = self._client.upload_part(
            **self._where, UploadId=self._upload, PartNumber=number, Body=data, ContentMD5=_md5(data)
        )
        self._parts.append({"PartNumber": number, "ETag": sent["ETag"]})


@contextlib.contextmanager
def _in_words(place: Place, name: Name) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        raise NotKept(f"The bucket {place.bucket} does not keep {name}: {why(error, _DENIED)}.") from error
    except BotoCoreError as error:
        raise NotKept(f"{place.endpoint} broke off at {name} ({type(error).__name__}).") from error


def why(error: ClientError, denied: str) -> str:
    """The service's refusal, in words; `denied`, when it is that these credentials lack a right."""
    told = error.response.get("Error", {})
    code, message = str(told.get("Code", "")), str(told.get("Message", ""))
    if code == "InvalidRequest" and "objectlock" in message.replace(" ", "").casefold():
        return _NO_LOCK
    if code == "AccessDenied":
        return denied
    return _WORDS.get(code, f"the service says {code}: {message[:200]}")


def _md5(data: bytes) -> str:
    # The one checksum of a locked file that services of all makes take; the request's signature covers a SHA-256.
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()


def _may_be_asked(endpoint: str) -> bool:
    try:
        parts = urlsplit(endpoint)
    except ValueError:
        return False
    here = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")
    return (
        bool(parts.hostname) and not parts.username and not parts.query and (here or parts.scheme == "https")
    )


def _credentials(path: Path) -> tuple[str, str]:
    """Key id and secret, a line each, in a file that nobody else may read. Raises BucketWrong."""
    try:
        mode, lines = path.stat().st_mode, path.read_text("ascii").split("\n")
    except (OSError, UnicodeDecodeError):
        raise BucketWrong(f"the file of credentials {path} cannot be read.") from None
    if mode & 0o077:
        raise BucketWrong(f"others may read the file of credentials {path}. Type: chmod 600 {path}")
    found = [line.strip() for line in lines if line.strip()]
    if len(found) != _LINES:
        raise BucketWrong(f"{path} holds two lines: the key id, and its secret.")
    return found[0], found[1]
