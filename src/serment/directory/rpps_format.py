# SPDX-License-Identifier: AGPL-3.0-or-later
"""The format `PS_LibreAcces_Personne_activite`: header, rows, and what one row says. Pure; docs/reference/rpps.md.

One row is one activity of one person, or one more specialty of it. Nothing is quoted in this format: a quotation mark
is a letter like others.
"""

import difflib
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from uuid import UUID

from serment.directory.folding import fold
from serment.directory.specialties import DATA

DELIMITER = "|"
LINE_BYTES_MAX = 16_384
# The longest label published has fewer than 200 characters; the directory's indexes take no more than 2,704 bytes.
FIELD_CHARACTERS_MAX = 400
_RENAMED_LIKENESS_MIN = 0.6
_RPPS_TYPE = "8"
_ORDINAL_SPECIALTY = "S"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_DIGITS = re.compile(r"[0-9]+\Z")
NAME_PARTS_MAX = 12
"""Words kept of one practitioner's names; the longest real ones have about eight."""

NAMES_KEPT_MAX = 50_000
"""Names whose folded form is kept while a file is read: a few thousand are most of them."""

_fold_name = lru_cache(maxsize=NAMES_KEPT_MAX)(fold)


class HeaderDrift(Exception):
    """The first line of this file does not name the columns of the format. Nothing was imported.

    Get the file again, or wait for a version of Serment that knows the new columns; the differences are listed.
    """

    def __init__(self, differences: Sequence[str]) -> None:
        self.differences = tuple(differences)
        super().__init__(
            "The first line does not name the columns of PS_LibreAcces_Personne_activite. Nothing was imported. "
            + " ".join(self.differences)
        )


class RowRefused(Exception):
    """One row cannot be read; its reason in words. The other rows are not concerned."""


@cache
def columns() -> tuple[str, ...]:
    """The 56 names, in the order of the published file."""
    text = (DATA / "rpps-columns.txt").read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if not line.startswith("#"))


def header_differences(found: Sequence[str]) -> list[str]:
    """What is wrong with these names, one sentence a difference; empty when all are there, in whatever order."""
    expected = columns()
    differences = [
        f"The column “{name}” stands {found.count(name)} times." for name in expected if found.count(name) > 1
    ]
    missing = [name for name in expected if name not in found]
    new = [name for name in dict.fromkeys(found) if name not in expected]
    for name in list(missing):
        alike = difflib.get_close_matches(name, new, n=1, cutoff=_RENAMED_LIKENESS_MIN)
        if alike:
            differences.append(f"“{name}” seems to be called “{alike[0]}” now.")
            missing.remove(name)
            new.remove(alike[0])
    differences += [f"The column “{name}” is missing." for name in missing]
    differences += [f"The column “{name}” is new." if name else "A column has no name." for name in new]
    return differences


def decode_header(line: bytes) -> list[str]:
    """The names in the first line of a file. Raises HeaderDrift for what is no such text at all."""
    if line.startswith((b"PK\x03\x04", b"\x1f\x8b")):
        raise HeaderDrift(["This is a compressed file: unpack it first."])
    if line.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise HeaderDrift(["This file is in UTF-16; the published one is in UTF-8."])
    if not line.strip():
        raise HeaderDrift(["The file is empty."] if not line else ["The first line is empty."])
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise HeaderDrift([f"The first line is not UTF-8: byte {error.start + 1} fits nothing."]) from error
    return text.rstrip("\r\n").split(DELIMITER)


@dataclass(frozen=True, slots=True)
class Activity:
    """What one row says. `entry` names the activity (person, profession, structure); `digest` is of all fields but
    `specialty`, so that the rows of one activity that differ in specialty alone agree.
    """

    entry: UUID
    digest: bytes
    rpps: str
    profession: str
    structure: str
    specialty: str
    title: str
    family_name: str
    given_name: str
    mode: str
    site_name: str
    address: str
    postcode: str
    town_code: str
    town: str
    phone: str

    def names_folded(self) -> tuple[str, str, list[str]]:
        """Family name, given name, and the words of both, folded."""
        family, given = _fold_name(self.family_name), _fold_name(self.given_name)
        words = list(dict.fromkeys([*family.split(), *given.split()]))
        return family, given, words[:NAME_PARTS_MAX]


class RowReader:
    """Reads rows under one header. Raises HeaderDrift where the header is not the format's."""

    def __init__(self, names: Sequence[str]) -> None:
        # The published file ends each line, the header included, with one more delimiter.
        self._names = list(names)
        self._trailing = bool(names) and names[-1] == ""
        if self._trailing:
            self._names.pop()
        if differences := header_differences(self._names):
            raise HeaderDrift(differences)
        at = {name: position for position, name in enumerate(self._names)}
        place = "{} (coord. structure)".format
        self._type, self._id = at["Type d'identifiant PP"], at["Identifiant PP"]
        self._national = at["Identification nationale PP"]
        self._title = at["Libellé civilité d'exercice"]
        self._family, self._given = at["Nom d'exercice"], at["Prénom d'exercice"]
        self._profession, self._profession_label = at["Code profession"], at["Libellé profession"]
        self._know_how_type, self._know_how = at["Code type savoir-faire"], at["Code savoir-faire"]
        self._know_how_label = at["Libellé savoir-faire"]
        self._mode = at["Code mode exercice"]
        self._structure = at["Identifiant technique de la structure"]
        self._site, self._sign = at["Raison sociale site"], at["Enseigne commerciale site"]
        self._before_street = (
            at[place("Complément destinataire")],
            at[place("Complément point géographique")],
        )
        self._street = tuple(
            at[place(name)]
            for name in ("Numéro Voie", "Indice répétition voie", "Libellé type de voie", "Libellé Voie")
        )
        self._after_street = at[place("Mention distribution")]
        self._cedex = at[place("Bureau cedex")]
        self._postcode, self._town_code = at[place("Code postal")], at[place("Code commune")]
        self._town = at[place("Libellé commune")]
        self._phones = (at[place("Téléphone")], at[place("Téléphone 2")])

    def split(self, line: bytes) -> list[str]:
        """The fields of one line, in the header's order, spaces around them removed. Raises RowRefused."""
        if len(line) > LINE_BYTES_MAX:
            raise RowRefused(f"The line is longer than {LINE_BYTES_MAX} bytes.")
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError as error:
            raise RowRefused(f"The line is not UTF-8: byte {error.start + 1} fits nothing.") from None
        text = text.rstrip("\r\n")
        if not text.strip():
            raise RowRefused("The line is empty.")
        if _CONTROL.search(text):
            raise RowRefused("The line holds a control character.")
        fields = text.split(DELIMITER)
        expected = len(self._names) + self._trailing
        if len(fields) != expected:
            count = f"The line has {len(fields)} columns where {expected} belong."
            if '"' in text and len(fields) > expected:
                count += " A quotation mark stands in it: this format has none around its values."
            raise RowRefused(count)
        if self._trailing and fields.pop():
            raise RowRefused("Something stands after the last column.")
        if len(line) > FIELD_CHARACTERS_MAX:
            for name, field in zip(self._names, fields, strict=True):
                if len(field) > FIELD_CHARACTERS_MAX:
                    raise RowRefused(
                        f"“{name}” has {len(field)} characters; {FIELD_CHARACTERS_MAX} at most belong."
                    )
        return [field.strip() for field in fields]

    def identifier(self, line: bytes) -> str | None:
        """The person's number on a line that may be broken elsewhere, or None: so that a refused row closes nothing."""
        fields = line.split(DELIMITER.encode())
        if len(fields) <= self._id:
            return None
        kind, number = (fields[at].strip().decode("ascii", "replace") for at in (self._type, self._id))
        if not (_DIGITS.match(number) and len(number) <= 20):
            return None
        return number if kind == _RPPS_TYPE else kind + number

    def labels(self, fields: Sequence[str]) -> tuple[tuple[str, str], tuple[str, str]]:
        """(code, label) of the row's profession and of its specialty; empty codes where it has none."""
        specialty = fields[self._know_how] if fields[self._know_how_type] == _ORDINAL_SPECIALTY else ""
        return (
            (f"P{fields[self._profession]}", fields[self._profession_label]),
            (specialty, fields[self._know_how_label]),
        )

    def activity(self, fields: Sequence[str]) -> Activity:
        """What the row says. Raises RowRefused where it names no person or contradicts itself."""
        kind, number = fields[self._type], fields[self._id]
        family, profession, structure = (
            fields[self._family],
            fields[self._profession],
            fields[self._structure],
        )
        if not _DIGITS.match(number):
            raise RowRefused("The person has no number: “Identifiant PP” is not made of digits.")
        if kind == _RPPS_TYPE and len(number) != 11:
            raise RowRefused(f"The RPPS number has {len(number)} digits where 11 belong.")
        if fields[self._national] != kind + number:
            raise RowRefused("“Identification nationale PP” is not the type followed by the number.")
        if not family:
            raise RowRefused("The person has no name: “Nom d'exercice” is empty.")
        if not _DIGITS.match(profession):
            raise RowRefused("“Code profession” is not made of digits.")
        rpps = number if kind == _RPPS_TYPE else kind + number
        said = (
            fields[self._title],
            family,
            fields[self._given],
            fields[self._mode],
            fields[self._sign] or fields[self._site],
            self._address(fields),
            fields[self._postcode],
            fields[self._town_code],
            fields[self._town],
            fields[self._phones[0]] or fields[self._phones[1]],
        )
        key = f"{rpps}|{profession}|{structure}"
        return Activity(
            UUID(bytes=hashlib.blake2b(key.encode(), digest_size=16).digest()),
            hashlib.blake2b(DELIMITER.join((key, *said)).encode(), digest_size=16).digest(),
            rpps,
            profession,
            structure,
            fields[self._know_how] if fields[self._know_how_type] == _ORDINAL_SPECIALTY else "",
            *said,
        )

    def _address(self, fields: Sequence[str]) -> str:
        """One printable line without postcode and town: "Bâtiment B, 12 bis rue des Lilas, BP 40"."""
        street = " ".join(filter(None, (fields[at] for at in self._street)))
        before = [fields[at] for at in self._before_street]
        after = fields[self._after_street]
        cedex = fields[self._cedex]
        return ", ".join(filter(None, (*before, street, after, cedex if "cedex" in cedex.casefold() else "")))
