"""Secrets as they stand on paper: groups of eight letters and digits, each with a sign of check (docs/reference/paper.md).

group = 7 signs of Crockford's base32 || 1 sign of SHA-256(T("paper group") || LP(kind) || index u8 || the 7)
the signs of all groups = secret || the first bits of SHA-256(T("paper") || LP(kind) || secret)
"""

from serment.framing.conventions import LP, T, sha256, u8

SIGNS = "0123456789abcdefghjkmnpqrstvwxyz"
GROUP_SIGNS = 7
BITS_PER_SIGN = 5
_ALIKE = str.maketrans({"o": "0", "i": "1", "l": "1", " ": None, "-": None})


class NotThatPaper(Exception):
    """A group of the code is not what the paper says. Nothing was opened; compare it sign by sign."""


def _groups_of(secret: bytes) -> int:
    return -(-len(secret) * 8 // (GROUP_SIGNS * BITS_PER_SIGN))


def _check(kind: str, index: int, signs: str) -> str:
    digest = sha256(T("paper group") + LP(kind.encode()) + u8(index) + signs.encode())
    return SIGNS[digest[0] & 31]


def write_paper(kind: str, secret: bytes) -> str:
    """`k7wm-42hd x9pt-c3fv …`: four groups for 16 bytes, eight for 32. `kind` is "recovery" or "root"."""
    groups = _groups_of(secret)
    spare = groups * GROUP_SIGNS * BITS_PER_SIGN - len(secret) * 8
    total = int.from_bytes(sha256(T("paper") + LP(kind.encode()) + secret)[:4], "big") >> (32 - spare)
    bits = int.from_bytes(secret, "big") << spare | total
    signs = "".join(SIGNS[bits >> BITS_PER_SIGN * at & 31] for at in reversed(range(groups * GROUP_SIGNS)))
    written = []
    for index in range(groups):
        seven = signs[index * GROUP_SIGNS : (index + 1) * GROUP_SIGNS]
        eight = seven + _check(kind, index, seven)
        written.append(f"{eight[:4]}-{eight[4:]}")
    return " ".join(written)


def read_paper(kind: str, text: str, size: int) -> bytes:
    """The secret of `size` bytes. Raises NotThatPaper."""
    signs = text.lower().translate(_ALIKE)
    eights = [signs[at : at + GROUP_SIGNS + 1] for at in range(0, len(signs), GROUP_SIGNS + 1)]
    sevens = "".join(eight[:GROUP_SIGNS] for eight in eights)
    if any(sign not in SIGNS for sign in signs) or not sevens:
        raise NotThatPaper
    bits = 0
    for sign in sevens:
        bits = bits << BITS_PER_SIGN | SIGNS.index(sign)
    spare = len(sevens) * BITS_PER_SIGN - size * 8
    secret = (bits >> spare).to_bytes(size, "big") if spare >= 0 and bits >> spare < 1 << size * 8 else b""
    if write_paper(kind, secret).replace(" ", "").replace("-", "") != signs:
        raise NotThatPaper
    return secret
