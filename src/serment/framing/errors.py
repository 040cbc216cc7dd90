# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with sealed bytes: five types, each of whose docstring is the message a person reads.

Source: spec/rdv1.md section 8. `args` may name the part concerned (never its content).
"""

from __future__ import annotations

import re
from inspect import cleandoc
from typing import ClassVar


class FramingError(Exception):
    """Sealed bytes were refused. Nothing was kept."""

    code: ClassVar[str] = "framing_error"

    def __init_subclass__(cls) -> None:
        cls.code = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    @property
    def message(self) -> str:
        """The English sentence of this error: its docstring on one line."""
        return " ".join(cleandoc(type(self).__doc__ or "").split())

    def __str__(self) -> str:
        detail = ", ".join(str(arg) for arg in self.args)
        return f"{self.message} ({detail})" if detail else self.message


class Unknown(FramingError):
    """This is not in a form this version knows. It was refused before anything was opened; nothing was kept.
    Update the program, or ask whoever sent it to send it again.
    """


class Altered(FramingError):
    """This does not match what its writer signed or sealed. None of it is shown; the row stays, marked. Compare
    the practice's fingerprint and tell the host.
    """


class Unaddressed(FramingError):
    """This was not sealed for the key that is open here. Nothing was changed; ask a member of the unit to open
    it.
    """


class Stale(FramingError):
    """This was changed by somebody else meanwhile. Nothing of this request was kept; reload, then do it again."""


class UnreadableBooking(FramingError):
    """This booking cannot be opened by the practice it names. The time is still taken; staff may cancel it and
    free the time.
    """
