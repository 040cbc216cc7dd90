# SPDX-License-Identifier: AGPL-3.0-or-later
"""backup.toml: to whose key backups are sealed, and where they go.

recipients = ["age1..."]             # public keys of age; the private halves lie elsewhere
folder = "/mnt/vault/serment"        # or:
command = ["ssh", "-T", "serment@vault.example"]
# or a table [s3]: endpoint, region, bucket, credentials (a file beside), lock_days
base_hours = 24                      # a new base; 24 unless said
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyrage

from serment.backup.target import Command, Folder, Target

if TYPE_CHECKING:
    from serment.backup.bucket import Place

RECIPIENTS_MAX: Final = 16
BASE_HOURS: Final = 24
BASE_HOURS_MAX: Final = 24 * 7
_KNOWN: Final = frozenset({"recipients", "folder", "command", "s3", "base_hours"})


class BackupConfigWrong(Exception):
    """backup.toml cannot be used. Nothing was started."""


@dataclass(frozen=True, slots=True)
class BackupConfig:
    """What backup.toml says. `recipients` are age's public keys. `mark` changes with keys and target: both need a base anew."""

    recipients: tuple[Any, ...]
    target: Target
    base_hours: int
    mark: str = ""


def read_config(path: Path) -> BackupConfig:
    """Raises BackupConfigWrong with a sentence for people."""
    told = _read(path, _KNOWN)
    recipients, target = _recipients(path, told), _target(path, told)
    hours = told.get("base_hours", BASE_HOURS)
    if type(hours) is not int or not 1 <= hours <= BASE_HOURS_MAX:
        raise BackupConfigWrong(f"{path}: base_hours is a whole number from 1 to {BASE_HOURS_MAX}.")
    where = [told.get("folder"), told.get("command")]
    if "s3" in told:
        where += [told["s3"]["endpoint"], told["s3"]["bucket"]]
    mark = hashlib.sha256(json.dumps([sorted(told["recipients"]), *where]).encode()).hexdigest()
    return BackupConfig(recipients, target, hours, mark)


def read_place(path: Path) -> Place:
    """The bucket that `serment fetch` reads: a file with [s3] alone. Raises BackupConfigWrong with a sentence for people."""
    from serment.backup.bucket import BucketWrong, Place

    try:
        return Place.read(path.parent, _read(path, frozenset({"s3"})).get("s3"))
    except BucketWrong as error:
        raise BackupConfigWrong(f"{path}: {error}") from None


def _read(path: Path, known: frozenset[str]) -> dict[str, Any]:
    try:
        told = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise BackupConfigWrong(
            f"{path} is lacking: it says to which key backups are sealed and where they go (docs/how-to/backup.md)."
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BackupConfigWrong(f"{path} cannot be read: {error}.") from error
    if unknown := sorted(set(told) - known):
        raise BackupConfigWrong(f"{path}: {unknown[0]} is not known. Known are {', '.join(sorted(known))}.")
    return told


def _recipients(path: Path, told: dict[str, Any]) -> tuple[Any, ...]:
    keys = told.get("recipients")
    if not isinstance(keys, list) or not 1 <= len(keys) <= RECIPIENTS_MAX:
        raise BackupConfigWrong(
            f'{path}: recipients is a list of 1 to {RECIPIENTS_MAX} public keys, such as ["age1..."]. '
            "`age-keygen` makes one, on another machine than this."
        )
    return tuple(_recipient(path, key) for key in keys)


def _recipient(path: Path, key: object) -> Any:
    if isinstance(key, str) and key.upper().startswith("AGE-SECRET-KEY-"):
        # The sentence never repeats it.
        raise BackupConfigWrong(
            f"{path} holds a private key. It must not lie on this machine: move it away, put the public key (age1...) here."
        )
    try:
        return pyrage.x25519.Recipient.from_str(key)
    except (pyrage.RecipientError, TypeError):
        raise BackupConfigWrong(
            f"{path}: {key!r} is not a public key of age. One looks like age1... with 58 more letters and digits."
        ) from None


def _target(path: Path, told: dict[str, Any]) -> Target:
    folder, command = told.get("folder"), told.get("command")
    if sum(each in told for each in ("folder", "command", "s3")) != 1:
        raise BackupConfigWrong(f"{path} names either a folder or a command or [s3], where backups go.")
    if "s3" in told:
        return _bucket(path, told["s3"])
    if folder is not None:
        if not isinstance(folder, str) or not Path(folder).is_dir():
            raise BackupConfigWrong(f"{path}: folder names {folder!r}, which is no folder that is there.")
        return Folder(Path(folder))
    if not (isinstance(command, list) and command and all(isinstance(word, str) for word in command)):
        raise BackupConfigWrong(
            f'{path}: command is a list of words, such as ["ssh", "-T", "serment@vault"].'
        )
    return Command(command)


def _bucket(path: Path, told: object) -> Target:
    # Botocore takes a third of a second to import: whoever has no bucket does not wait for it.
    from serment.backup.bucket import LOCK_DAYS_MAX, Bucket, BucketWrong, Place

    try:
        place = Place.read(path.parent, told, "lock_days")
    except BucketWrong as error:
        raise BackupConfigWrong(f"{path}: {error}") from None
    days = told.get("lock_days") if isinstance(told, dict) else None
    if type(days) is not int or not 1 <= days <= LOCK_DAYS_MAX:
        raise BackupConfigWrong(
            f"{path}: [s3] needs lock_days, a whole number from 1 to {LOCK_DAYS_MAX}: so long nobody deletes a file. "
            f"Longer than {LOCK_DAYS_MAX} days nothing may be kept (the privacy page)."
        )
    return Bucket(place, days)
