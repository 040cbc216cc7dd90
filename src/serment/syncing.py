# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is on disk stays there: the part that `os.fsync` of a file leaves out."""

from __future__ import annotations

import os
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """After it, names made or replaced in the folder are there after a power cut too."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
