"""The vectors are what their generator writes: nobody edits them by hand, and no format changes in silence."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

VECTORS = Path(__file__).parents[2] / "spec" / "vectors"
MADE = (
    "good.json",
    "bad.json",
    "rosters.json",
    "sealed.json",
    "invitations.json",
    "gsm7.json",
    "sms.json",
    "ways.json",
    "hpke-recorded.json",
)


def test_the_generator_writes_the_same_bytes_again(tmp_path: Path) -> None:
    for path in [*VECTORS.glob("*.py"), VECTORS / "hpke-recorded.json"]:
        shutil.copy(path, tmp_path)
    subprocess.run([sys.executable, "-B", tmp_path / "make.py"], check=True, timeout=120)
    for name in MADE:
        assert (tmp_path / name).read_bytes() == (VECTORS / name).read_bytes(), name
