# SPDX-License-Identifier: Apache-2.0
"""Patient cards and the sealed search index of a unit. Source: spec/rdv1.md section 6. Contents are bytes."""

from __future__ import annotations

from dataclasses import dataclass

from serment.framing.cards import CARD_PADDED_BYTES, ENTRY_PADDED_BYTES, PAGE_PADDED_BYTES
from serment.framing.conventions import (
    ID_BYTES,
    T,
    exactly,
    instance_bytes,
    month_bytes,
    u32,
)
from serment.seal.primitives import box_padded, unbox_padded


@dataclass(frozen=True, slots=True)
class UnitPlace:
    """A unit at one epoch, and the expiry month (yyyymm) of the row."""

    instance: str
    practice: bytes
    unit: bytes
    e: int
    month: int

    def prefix(self, label: str) -> bytes:
        """T(label) || inst || practice || unit || e."""
        ids = exactly(self.practice, ID_BYTES, "practice") + exactly(self.unit, ID_BYTES, "unit")
        return T(label) + instance_bytes(self.instance) + ids + u32(self.e)


def _card_aad(place: UnitPlace, card: bytes, rev: int) -> bytes:
    return place.prefix("card") + exactly(card, ID_BYTES, "card") + u32(rev) + month_bytes(place.month)


def seal_card(place: UnitPlace, card: bytes, rev: int, k_card: bytes, content: bytes) -> bytes:
    """A card, under K_card. `rev` is one above the stored one: compare and swap."""
    return box_padded(k_card, _card_aad(place, card, rev), content, CARD_PADDED_BYTES)


def open_card(place: UnitPlace, card: bytes, rev: int, k_card: bytes, sealed: bytes) -> bytes:
    """The card's content."""
    return unbox_padded(k_card, _card_aad(place, card, rev), sealed, CARD_PADDED_BYTES)


def _entry_aad(place: UnitPlace, entry: bytes) -> bytes:
    return place.prefix("entry") + month_bytes(place.month) + exactly(entry, ID_BYTES, "entry")


def seal_entry(place: UnitPlace, entry: bytes, k_idx: bytes, content: bytes) -> bytes:
    """284 bytes: one index entry, under K_idx."""
    return box_padded(k_idx, _entry_aad(place, entry), content, ENTRY_PADDED_BYTES)


def open_entry(place: UnitPlace, entry: bytes, k_idx: bytes, sealed: bytes) -> bytes:
    """The entry's content."""
    return unbox_padded(k_idx, _entry_aad(place, entry), sealed, ENTRY_PADDED_BYTES)


def _page_aad(place: UnitPlace, version: int) -> bytes:
    return place.prefix("index") + month_bytes(place.month) + u32(version)


def seal_page(place: UnitPlace, version: int, k_idx: bytes, content: bytes) -> bytes:
    """A merged month of the index, padded to a multiple of 64 KiB."""
    return box_padded(k_idx, _page_aad(place, version), content, PAGE_PADDED_BYTES)


def open_page(place: UnitPlace, version: int, k_idx: bytes, sealed: bytes) -> bytes:
    """The month's content."""
    return unbox_padded(k_idx, _page_aad(place, version), sealed, PAGE_PADDED_BYTES)
