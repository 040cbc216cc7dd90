# SPDX-License-Identifier: Apache-2.0
"""Sizes of sealed patient cards and of the sealed search index. Source: spec/rdv1.md section 6."""

from __future__ import annotations

from typing import Final

from serment.framing.conventions import BOX_OVERHEAD_BYTES
from serment.framing.errors import Unknown

CARD_PADDED_BYTES: Final = (1024, 2048, 4096)
ENTRY_PADDED_BYTES: Final = (256,)
PAGE_STEP_BYTES: Final = 65_536
PAGE_STEPS_MAX: Final = 64
PAGE_PADDED_BYTES: Final = range(PAGE_STEP_BYTES, (PAGE_STEPS_MAX + 1) * PAGE_STEP_BYTES, PAGE_STEP_BYTES)


def check_card_size(sealed: bytes) -> None:
    """Raise Unknown unless a card seals to this many bytes."""
    if len(sealed) - BOX_OVERHEAD_BYTES not in CARD_PADDED_BYTES:
        raise Unknown("card size")


def check_entry_size(sealed: bytes) -> None:
    """Raise Unknown unless an index entry seals to this many bytes."""
    if len(sealed) - BOX_OVERHEAD_BYTES not in ENTRY_PADDED_BYTES:
        raise Unknown("entry size")


def check_page_size(sealed: bytes) -> None:
    """Raise Unknown unless a page of the index seals to this many bytes."""
    if len(sealed) - BOX_OVERHEAD_BYTES not in PAGE_PADDED_BYTES:
        raise Unknown("page size")
