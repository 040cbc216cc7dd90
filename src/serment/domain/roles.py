# SPDX-License-Identifier: AGPL-3.0-or-later
"""What each role may do in a practice. One table, asked by every staff route; units are judged beside it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final


class Deed(Enum):
    """What a request at the desk is about."""

    READ_AGENDA = auto()
    BOOK = auto()
    READ_CONTACT = auto()
    KEEP_CARDS = auto()
    CHANGE_HOURS = auto()
    CHANGE_CARE = auto()
    CHANGE_MEMBERS = auto()
    CHANGE_PRACTICE = auto()
    READ_LEDGER = auto()
    KEEP_INCIDENTS = auto()


_AT_THE_DESK: Final = frozenset(
    {Deed.READ_AGENDA, Deed.BOOK, Deed.READ_CONTACT, Deed.KEEP_CARDS, Deed.CHANGE_HOURS}
)

# Keys: the roster's roles, in lower case. A role that is not here may do nothing.
MAY: Final[Mapping[str, frozenset[Deed]]] = {
    "owner": frozenset(Deed),
    "practitioner": _AT_THE_DESK | {Deed.CHANGE_CARE},
    "secretary": _AT_THE_DESK,
}


def may(role: str, deed: Deed) -> bool:
    """Whether a role may; an unknown role may not."""
    return deed in MAY.get(role, frozenset())
