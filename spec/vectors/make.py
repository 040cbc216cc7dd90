# SPDX-License-Identifier: Apache-2.0
"""Write spec/vectors again: `python spec/vectors/make.py`. Byte for byte the same, unless the format changed.

Random bytes are a SHAKE256 stream named by the vector; HPKE's own randomness cannot be set, so what HPKE made is
kept in hpke-recorded.json (by hash of info and plaintext) and used again. Everything here is made up.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from serment.framing.conventions import sha256  # noqa: E402
from serment.seal import chance, primitives  # noqa: E402

RECORDED = HERE / "hpke-recorded.json"


class RecordingSuite:
    """HPKE, except that a sealing once made is repeated from the record."""

    def __init__(self, suite: Any, recorded: dict[str, str]) -> None:
        self._suite, self._before, self.recorded = suite, recorded, cast(dict[str, str], {})

    def encrypt(self, plain: bytes, public: Any, info: bytes) -> bytes:
        name = sha256(info + plain).hex()
        sealed = self._before.get(name) or self._suite.encrypt(plain, public, info).hex()
        self.recorded[name] = sealed
        return bytes.fromhex(sealed)

    def decrypt(self, sealed: bytes, private: Any, info: bytes) -> bytes:
        return cast(bytes, self._suite.decrypt(sealed, private, info))


def named(label: str, size: int = 32) -> bytes:
    """Fixed bytes with a name."""
    return hashlib.shake_256(b"serment vectors: " + label.encode()).digest(size)


@contextmanager
def chance_named(label: str) -> Iterator[list[bytes]]:
    """Draw from a named stream while the block runs; what was drawn is listed."""
    drawn: list[bytes] = []

    def source(size: int) -> bytes:
        drawn.append(named(f"{label} draw {len(drawn)}", size))
        return drawn[-1]

    before = chance._source
    chance._source = source
    try:
        yield drawn
    finally:
        chance._source = before


def write(name: str, about: str, content: dict[str, Any]) -> None:
    """One file: licence, what it is, then the vectors; bytes as lower-case hex."""
    head = {"licence": "Apache-2.0", "about": about, "bytes": "lower-case hex"}
    (HERE / name).write_text(json.dumps(head | content, indent=1, ensure_ascii=False) + "\n", "utf-8")


def main() -> None:
    before = json.loads(RECORDED.read_text("utf-8"))["sealed"] if RECORDED.exists() else {}
    suite = RecordingSuite(primitives._SUITE, before)
    primitives._SUITE = suite  # type: ignore[misc, assignment]
    import parts_cards
    import parts_gsm7
    import parts_invitations
    import parts_records
    import parts_rosters
    import parts_sealed
    import parts_ways

    parts_rosters.make()
    parts_records.make()
    parts_sealed.make()
    parts_cards.make()
    parts_invitations.make()
    parts_gsm7.make()
    parts_ways.make()
    write(
        "hpke-recorded.json",
        "What HPKE made once, by SHA-256(info || plaintext); for make.py only.",
        {
            "sealed": dict(sorted(suite.recorded.items())),
        },
    )


if __name__ == "__main__":
    # The parts import this module by name; make it the one that runs.
    sys.modules["make"] = sys.modules["__main__"]
    main()
