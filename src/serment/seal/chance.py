# SPDX-License-Identifier: Apache-2.0
"""Where every random byte of `seal` comes from. No function of the package takes randomness from its caller."""

from __future__ import annotations

import os
from collections.abc import Callable

# Replaced in one place only: the program that writes spec/vectors, so that its files can be written again.
_source: Callable[[int], bytes] = os.urandom


def draw(size: int) -> bytes:
    """`size` bytes from the system's generator."""
    return _source(size)
