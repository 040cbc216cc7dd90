# SPDX-License-Identifier: AGPL-3.0-or-later
"""`serment fetch`: a bucket's files into a folder, for `serment restore`, with other credentials than those that put them.

Whoever stole those can put names of the past and put a name twice. So the first version of a name counts, and of a name that
came at another time than it says, none.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from serment.backup.bucket import Place, why
from serment.backup.names import Name
from serment.backup.target import CLOCKS_APART_MAX, COPY_BYTES
from serment.syncing import sync_folder

AT_ONCE: Final = 8
BASE_HOURS_MAX: Final = 24  # from when a base was begun, which its name says, until it was kept
_PART: Final = ".part"
_DENIED: Final = "these credentials may not read there (s3:ListBucketVersions, s3:GetObjectVersion)"


class CannotFetch(Exception):
    """The bucket cannot be read. What was fetched before stays."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """`fresh` files came, `held` were there. `passed`: what was not taken, and what is not locked, in words."""

    fresh: int
    held: int
    passed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Version:
    name: Name
    id: str
    at: datetime
    size: int


def fetch(place: Place, folder: Path, since: datetime) -> Fetched:
    """Brings what was kept since then, and every list of cards that were erased by hand. A file that is whole in `folder` is
    not fetched again. Raises CannotFetch."""
    client = place.client()
    try:
        taken, apart = _firsts(client, place)
        wanted = [each for each in taken if each.at >= since or each.name.kind == "erased"]
        lacking = [each for each in wanted if not _is_whole(folder / str(each.name), each.size)]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            unlocked = [
                name for name in pool.map(lambda each: _bring(client, place, folder, each), lacking) if name
            ]
    except ClientError as error:
        raise CannotFetch(f"The bucket {place.bucket} cannot be read: {why(error, _DENIED)}.") from error
    except BotoCoreError as error:
        raise CannotFetch(f"{place.endpoint} broke off ({type(error).__name__}). Fetch again.") from error
    passed = []
    if apart:
        passed.append(f"{len(apart)} file(s) came at another time than they say, such as {apart[0]}.")
    if unlocked:
        passed.append(f"{len(unlocked)} file(s) bear no lock, such as {unlocked[0]}.")
    return Fetched(len(lacking), len(wanted) - len(lacking), tuple(passed))


def _firsts(client: Any, place: Place) -> tuple[list[_Version], list[Name]]:
    """The first version of each name, and the names whose first came at another time than they say."""
    firsts: dict[Name, _Version] = {}
    for version in _versions(client, place):
        before = firsts.get(version.name)
        # Services list the newest first; of two in one second the later listed is the earlier.
        if before is None or version.at <= before.at:
            firsts[version.name] = version
    apart = [version.name for version in firsts.values() if not _of_its_time(version)]
    return [version for version in firsts.values() if _of_its_time(version)], apart


def _versions(client: Any, place: Place) -> Iterator[_Version]:
    for page in client.get_paginator("list_object_versions").paginate(Bucket=place.bucket):
        for told in page.get("Versions", ()):
            if (name := Name.read(told["Key"])) is not None:
                yield _Version(name, told["VersionId"], told["LastModified"], told["Size"])


def _of_its_time(version: _Version) -> bool:
    late = timedelta(hours=BASE_HOURS_MAX) if version.name.kind == "base" else CLOCKS_APART_MAX
    return -CLOCKS_APART_MAX <= version.at - version.name.at <= late


def _is_whole(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except FileNotFoundError:
        return False


def _bring(client: Any, place: Place, folder: Path, version: _Version) -> Name | None:
    """The name, when the file bears no lock."""
    path = folder / str(version.name)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    told = client.get_object(Bucket=place.bucket, Key=str(version.name), VersionId=version.id)
    fresh = path.with_name(path.name + _PART)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        shutil.copyfileobj(told["Body"], file, COPY_BYTES)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync_folder(path.parent)
    return None if told.get("ObjectLockMode") == "COMPLIANCE" else version.name
