# SPDX-License-Identifier: Apache-2.0
"""What a sealed record is bound to: instance, practice, unit, record, revision, slot, group.

Source: spec/rdv1.md section 1. Everything here is public: the server stores it in clear columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import Final

from serment.framing.conventions import (
    ID_BYTES,
    TAG_BYTES,
    U32_MAX,
    U64_MAX,
    Reader,
    T,
    exactly,
    instance_bytes,
    sha256,
    u8,
    u32,
    u64,
)
from serment.framing.errors import Unknown

RECORD_TYPE_APPOINTMENT: Final = 1
SLOT_BYTES: Final = 44
SLOT_MINUTES_MAX: Final = 1440
COMMITMENT_BYTES: Final = 32
BODY_PADDED_BYTES: Final = (512, 1024, 2048, 4096, 8192, 16384)
BODY_SIZES: Final = tuple(COMMITMENT_BYTES + size + TAG_BYTES for size in BODY_PADDED_BYTES)
"""Bytes a sealed body may have: 560, 1,072, 2,096, 4,144, 8,240, 16,432."""


class Group(IntEnum):
    """The three field groups of a record, sealed apart."""

    IDENTITY = 1
    CONTACT = 2
    REASON = 3

    @property
    def bit(self) -> int:
        """The group's bit in a stanza's mask."""
        return 1 << (self - 1)


GROUPS: Final = (Group.IDENTITY, Group.CONTACT, Group.REASON)
MASK_ALL: Final = 7


def check_mask(mask: int) -> int:
    """The mask, if it grants one group or more and no unknown one; else Unknown."""
    if not 1 <= mask <= MASK_ALL:
        raise Unknown("mask")
    return mask


def check_body_size(body: bytes) -> bytes:
    """The sealed body, if its length is one of BODY_SIZES; else Unknown."""
    if len(body) not in BODY_SIZES:
        raise Unknown("body size")
    return body


@dataclass(frozen=True, slots=True)
class Slot:
    """Where and when: agenda (16 bytes), start (UTC, whole seconds), length (minutes), visit type (16 bytes)."""

    agenda: bytes
    start: int
    minutes: int
    visit_type: bytes

    def __post_init__(self) -> None:
        exactly(self.agenda, ID_BYTES, "agenda")
        exactly(self.visit_type, ID_BYTES, "visit type")
        if not 0 <= self.start <= U64_MAX or not 1 <= self.minutes <= SLOT_MINUTES_MAX:
            raise Unknown("slot")

    def to_bytes(self) -> bytes:
        """44 bytes: agenda || start u64 || minutes u32 || visit type."""
        return self.agenda + u64(self.start) + u32(self.minutes) + self.visit_type

    @classmethod
    def parse(cls, data: bytes) -> Slot:
        """From 44 bytes; anything else is Unknown."""
        reader = Reader(data, "slot")
        slot = cls(reader.take(ID_BYTES), reader.u64(), reader.u32(), reader.take(ID_BYTES))
        reader.done()
        return slot


@dataclass(frozen=True)
class RecordContext:
    """Everything one revision of one record is bound to. Identifiers 16 bytes; `rev` counts from 1."""

    instance: str
    practice: bytes
    unit: bytes
    record: bytes
    rev: int
    slot: Slot

    def __post_init__(self) -> None:
        for name in ("practice", "unit", "record"):
            exactly(getattr(self, name), ID_BYTES, name)
        if not 1 <= self.rev <= U32_MAX:
            raise Unknown("rev")

    def of(self, group: Group) -> bytes:
        """ctx_g: the 32-byte context of one group."""
        return self._of_groups[group - 1]

    @cached_property
    def _of_groups(self) -> tuple[bytes, bytes, bytes]:
        before = T("ctx") + instance_bytes(self.instance) + self.practice + self.unit
        before += u8(RECORD_TYPE_APPOINTMENT) + self.record
        after = u32(self.rev) + self.slot.to_bytes()
        one, two, three = (sha256(before + u8(group) + after) for group in GROUPS)
        return one, two, three

    @cached_property
    def all(self) -> bytes:
        """The 32-byte context of the three groups together, which stanzas, signatures and acts name."""
        return sha256(T("all") + b"".join(self._of_groups))
