# SPDX-License-Identifier: Apache-2.0
"""Unlock methods, the password's derivation, the patient's vault. Source: spec/rdv1.md section 3; RFC 9106.

The costs of Argon2id are constants of this program: no server chooses them.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from serment.framing.conventions import (
    BOX_OVERHEAD_BYTES,
    ID_BYTES,
    KEY_BYTES,
    LP,
    T,
    derive,
    exactly,
    instance_bytes,
    sha256,
    u8,
    u32,
)
from serment.framing.errors import Unknown
from serment.seal.chance import draw
from serment.seal.primitives import box, box_padded, unbox, unbox_padded

FIND_MEMORY_KIB: Final = 16 * 1024
PASSWORD_MEMORY_KIB: Final = 64 * 1024
ARGON2_PASSES: Final = 3
ARGON2_LANES: Final = 1
RECOVERY_CODE_BYTES: Final = 16
RECOVERY_FIND_BYTES: Final = 16
CREDENTIAL_BYTES_MAX: Final = 1023
LOGIN_NAME_BYTES_MAX: Final = 254
PASSWORD_BYTES_MAX: Final = 1024
UNLOCK_BOX_BYTES: Final = BOX_OVERHEAD_BYTES + KEY_BYTES
VAULT_PADDED_BYTES: Final = (16_384, 65_536)
_BLANKS = "\t\n\x0b\x0c\r "


class Method(IntEnum):
    """How a seed or vault key is unlocked."""

    PASSKEY = 1
    PASSWORD = 2
    RECOVERY = 3


@dataclass(frozen=True, slots=True)
class UnlockPlace:
    """What an unlock box is bound to. `credential`: the passkey's id; empty for a password; `recovery_find`."""

    instance: str
    user: bytes
    method: Method
    credential: bytes
    version: int

    def aad(self) -> bytes:
        """T("unlock") || inst || user || method u8 || LP(credential) || version u32."""
        if len(self.credential) > CREDENTIAL_BYTES_MAX:
            raise Unknown("credential")
        who = exactly(self.user, ID_BYTES, "user") + u8(self.method)
        return T("unlock") + instance_bytes(self.instance) + who + LP(self.credential) + u32(self.version)


def seal_unlock(place: UnlockPlace, secret: bytes, key: bytes) -> bytes:
    """60 bytes: a user seed or vault key, under one method's secret."""
    return box(
        derive(exactly(secret, KEY_BYTES, "secret"), "unlock"), place.aad(), exactly(key, KEY_BYTES, "key")
    )


def open_unlock(place: UnlockPlace, secret: bytes, sealed: bytes) -> bytes:
    """The 32 bytes inside; another user, method, credential, version or secret is Altered."""
    exactly(sealed, UNLOCK_BOX_BYTES, "unlock box")
    return unbox(derive(exactly(secret, KEY_BYTES, "secret"), "unlock"), place.aad(), sealed)


def passkey_salt(instance: str) -> bytes:
    """The PRF input a passkey is asked with: SHA-256(T("prf") || inst). Its answer is the secret."""
    return sha256(T("prf") + instance_bytes(instance))


def draw_recovery_code() -> bytes:
    """16 bytes, printed once."""
    return draw(RECOVERY_CODE_BYTES)


def recovery_secret(code: bytes) -> bytes:
    """The secret a recovery code gives."""
    return derive(exactly(code, RECOVERY_CODE_BYTES, "recovery code"), "recovery")


def recovery_find(code: bytes) -> bytes:
    """What the code's row is found by (16), and its unlock box's credential."""
    return derive(exactly(code, RECOVERY_CODE_BYTES, "recovery code"), "recovery find", RECOVERY_FIND_BYTES)


# ---------------------------------------------------------------- password


@dataclass(frozen=True, slots=True)
class PasswordKeys:
    """`find` and `auth` are sent; the server answers its share; `secret(share)` stays here."""

    find: bytes
    auth: bytes = field(repr=False)
    m: bytes = field(repr=False)

    def secret(self, share: bytes) -> bytes:
        """D(m || share, "password")."""
        return derive(self.m + exactly(share, KEY_BYTES, "share"), "password")


def fold_name(name: str) -> bytes:
    """A log-in name's bytes: NFKC, lower case, blanks at both ends taken off."""
    folded = unicodedata.normalize("NFKC", name).lower().strip(_BLANKS).encode("utf-8")
    if not 1 <= len(folded) <= LOGIN_NAME_BYTES_MAX:
        raise Unknown("log-in name")
    return folded


def fold_password(password: str) -> bytes:
    """A password's bytes: NFKC."""
    folded = unicodedata.normalize("NFKC", password).encode("utf-8")
    if not 1 <= len(folded) <= PASSWORD_BYTES_MAX:
        raise Unknown("password")
    return folded


def derive_password(instance: str, name: str, password: str) -> PasswordKeys:
    """Two Argon2id runs, 16 and 64 MiB: about a quarter of a second."""
    folded = fold_name(name)
    inst = instance_bytes(instance)
    find = _argon2id(folded, sha256(T("name") + inst), FIND_MEMORY_KIB)
    m = _argon2id(fold_password(password), sha256(T("password") + inst + LP(folded)), PASSWORD_MEMORY_KIB)
    return PasswordKeys(find, derive(m, "auth"), m)


def _argon2id(value: bytes, salt: bytes, memory_kib: int) -> bytes:
    return Argon2id(
        salt=salt, length=KEY_BYTES, iterations=ARGON2_PASSES, lanes=ARGON2_LANES, memory_cost=memory_kib
    ).derive(value)


# ---------------------------------------------------------------- vault


def _vault_aad(instance: str, account: bytes, version: int) -> bytes:
    return T("vault") + instance_bytes(instance) + exactly(account, ID_BYTES, "account") + u32(version)


def seal_vault(instance: str, account: bytes, version: int, vault_key: bytes, content: bytes) -> bytes:
    """16,412 or 65,564 bytes. `version` is one above the stored one: compare and swap."""
    key = derive(exactly(vault_key, KEY_BYTES, "vault key"), "vault")
    return box_padded(key, _vault_aad(instance, account, version), content, VAULT_PADDED_BYTES)


def open_vault(instance: str, account: bytes, version: int, vault_key: bytes, sealed: bytes) -> bytes:
    """The content; another account or version is Altered."""
    key = derive(exactly(vault_key, KEY_BYTES, "vault key"), "vault")
    return unbox_padded(key, _vault_aad(instance, account, version), sealed, VAULT_PADDED_BYTES)
