# SPDX-License-Identifier: AGPL-3.0-or-later
"""What can go wrong in the domain, each a type whose docstring is the message a person reads.

A message says what happened, what was kept and what to do next. It never carries personal data: what a
sentence needs beyond its words (an instant, a limit) stands in named attributes. `code` is the stable name on
the wire.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from inspect import cleandoc
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from serment.domain.reason import Reason


class DomainError(Exception):
    """Something the rules of booking do not allow. Nothing was changed."""

    code: ClassVar[str] = "domain_error"

    def __init_subclass__(cls) -> None:
        cls.code = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    @property
    def message(self) -> str:
        """The English sentence of this error: its docstring on one line."""
        return " ".join(cleandoc(type(self).__doc__ or "").split())

    def __str__(self) -> str:
        detail = ", ".join(str(arg) for arg in self.args)
        return f"{self.message} ({detail})" if detail else self.message


# ---------------------------------------------------------------- rules a practice wrote


class InvalidRule(DomainError):
    """This rule cannot be kept as it is written. Nothing was changed; correct the part named here and save
    again.
    """


class UnknownZone(DomainError):
    """This time zone is not in the tz database. Nothing was changed; write it as Europe/Paris is written."""


class UnknownRegion(DomainError):
    """No public holidays are known for this region. Nothing was changed; choose one of the listed regions."""


class TooManyDays(DomainError):
    """More days were asked for than one answer holds. Nothing was changed; ask for fewer days at a time."""


# ---------------------------------------------------------------- taking a slot


class NotOffered(DomainError):
    """This time is not offered for this visit. Nothing was booked; choose one of the times that are free."""

    def __init__(self, reasons: tuple[Reason, ...]) -> None:
        super().__init__(", ".join(reason.code for reason in reasons))
        self.reasons = reasons


class WarningChanged(DomainError):
    """The agenda changed while the warning was on screen. Nothing was booked; read the new warning, then
    decide.
    """

    def __init__(self, reasons: tuple[Reason, ...]) -> None:
        super().__init__(", ".join(reason.code for reason in reasons))
        self.reasons = reasons


class NotOverbookable(DomainError):
    """This time cannot be overbooked, even by staff. Nothing was booked; choose another time."""

    def __init__(self, reasons: tuple[Reason, ...]) -> None:
        super().__init__(", ".join(reason.code for reason in reasons))
        self.reasons = reasons


class HoldExpired(DomainError):
    """The time is no longer kept for you. Nothing was booked and what was typed is kept; choose a time again."""

    def __init__(self, alternatives: Sequence[datetime] = ()) -> None:
        super().__init__()
        self.alternatives = list(alternatives)


class NoMoreExtensions(DomainError):
    """The time was kept for longer as often as it can be. It stays yours until its limit; confirm before then."""

    def __init__(self, until: datetime) -> None:
        super().__init__()
        self.until = until


# ---------------------------------------------------------------- changing an appointment


class IllegalChange(DomainError):
    """An appointment in this state cannot be changed this way. Nothing was changed."""

    def __init__(self, status: str, wanted: str) -> None:
        super().__init__(f"{status} to {wanted}")
        self.status = status
        self.wanted = wanted


class StaffOnlyChange(DomainError):
    """Only the practice can make this change. Nothing was changed; call the practice."""


class TooLate(DomainError):
    """The appointment has already begun. Nothing was changed; call the practice."""


class TooEarly(DomainError):
    """This can be noted only once its time has come. Nothing was changed."""


# ---------------------------------------------------------------- asking too often


class WorkAsked(DomainError):
    """Many times were kept from this connection within the hour. Nothing was kept yet; the browser is asked
    to do a little work first, which it does by itself."""

    def __init__(self, challenge: bytes, bits: int) -> None:
        super().__init__()
        self.challenge = challenge
        self.bits = bits


class WorkRefused(DomainError):
    """The browser's work does not answer what was asked of it. Nothing was kept; try again."""
