# SPDX-License-Identifier: AGPL-3.0-or-later
"""The register's format, row by row: what is read, what is refused and in which words."""

import pytest

from serment.directory.generate import line, rows
from serment.directory.rpps_format import (
    LINE_BYTES_MAX,
    HeaderDrift,
    RowReader,
    RowRefused,
    columns,
    decode_header,
)
from serment.directory.towns import towns

TOWN = next(town for town in towns() if town.name == "Dole")
BENTO = {
    "Type d'identifiant PP": "8",
    "Identifiant PP": "99912345678",
    "Identification nationale PP": "899912345678",
    "Libellé civilité d'exercice": "Docteur",
    "Nom d'exercice": "BENTO",
    "Prénom d'exercice": "Inès",
    "Code profession": "10",
    "Libellé profession": "Médecin",
    "Code type savoir-faire": "S",
    "Code savoir-faire": "SM26",
    "Identifiant technique de la structure": "R00000000001",
    "Raison sociale site": 'SELARL "LES LILAS"',
    "Complément point géographique (coord. structure)": "Bâtiment B",
    "Numéro Voie (coord. structure)": "12",
    "Indice répétition voie (coord. structure)": "bis",
    "Libellé type de voie (coord. structure)": "Rue",
    "Libellé Voie (coord. structure)": "des Lilas",
    "Code postal (coord. structure)": "39100",
    "Code commune (coord. structure)": TOWN.code,
    "Libellé commune (coord. structure)": "Dole",
    "Téléphone 2 (coord. structure)": "0199001234",
}


def reader() -> RowReader:
    return RowReader(columns())


def read(raw: bytes):  # type: ignore[no-untyped-def]
    one = reader()
    return one.activity(one.split(raw))


def test_a_row_says_who_does_what_where() -> None:
    bento = read(line(BENTO).encode())
    assert (bento.rpps, bento.family_name, bento.specialty) == ("99912345678", "BENTO", "SM26")
    assert bento.address == "Bâtiment B, 12 bis Rue des Lilas"
    assert bento.site_name == 'SELARL "LES LILAS"'
    assert bento.phone == "0199001234"
    assert bento.names_folded() == ("bento", "ines", ["bento", "ines"])


def test_the_56_columns_are_known() -> None:
    assert len(columns()) == 56 == len(set(columns()))


def test_columns_in_another_order_are_read_by_name() -> None:
    turned = list(reversed(columns()))
    one = RowReader(turned)
    raw = "|".join(BENTO.get(name, "") for name in turned).encode()
    assert one.activity(one.split(raw)) == read(line(BENTO).encode())


def test_a_delimiter_after_the_last_column_is_accepted_when_the_header_has_it() -> None:
    one = RowReader([*columns(), ""])
    assert one.activity(one.split(line(BENTO).encode() + b"|\r\n")) == read(line(BENTO).encode())
    with pytest.raises(RowRefused, match="after the last column"):
        one.split(line(BENTO).encode() + b"|more")
    with pytest.raises(RowRefused, match="57 columns where 56"):
        reader().split(line(BENTO).encode() + b"|")


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
def test_ends_of_lines_do_not_matter(end: bytes) -> None:
    assert read(line(BENTO).encode() + end) == read(line(BENTO).encode())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"Identifiant PP": ""}, "no number"),
        ({"Identifiant PP": "999"}, "3 digits where 11"),
        ({"Identification nationale PP": "899912345679"}, "not the type followed by the number"),
        ({"Nom d'exercice": "  "}, "no name"),
        ({"Code profession": "médecin"}, "Code profession"),
        ({"Raison sociale site": "a\x00b"}, "control character"),
    ],
)
def test_a_row_that_contradicts_itself_is_refused_in_words(change: dict[str, str], words: str) -> None:
    with pytest.raises(RowRefused, match=words):
        read(line(BENTO | change).encode())


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (line(BENTO).encode("latin-1"), "not UTF-8: byte"),
        (b"a|b", "2 columns where 56"),
        (b'"a|b"' + line(BENTO).encode(), "quotation mark"),
        (b"x" * (LINE_BYTES_MAX + 1), "longer than"),
        (b"   \n", "empty"),
    ],
)
def test_a_broken_line_is_refused_in_words(raw: bytes, words: str) -> None:
    with pytest.raises(RowRefused, match=words):
        read(raw)


def test_a_broken_line_still_says_whom_it_was_about() -> None:
    broken = line(BENTO).encode("latin-1")
    assert reader().identifier(broken) == "99912345678"
    assert reader().identifier(b"nothing of use") is None


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "empty"),
        (b"PK\x03\x04rest", "unpack it first"),
        ("Nom".encode("utf-16"), "UTF-16"),
        ("Pré".encode("latin-1"), "not UTF-8"),
    ],
)
def test_a_file_of_another_kind_is_refused_in_words(raw: bytes, words: str) -> None:
    with pytest.raises(HeaderDrift, match=words):
        decode_header(raw)


@pytest.mark.parametrize("column", ["Code savoir-faire", "Code profession", "Nom d'exercice", "Libellé rôle"])
def test_a_field_without_end_is_refused_by_name_and_a_long_one_is_read(column: str) -> None:
    filling = "7" if column == "Code profession" else "X"
    with pytest.raises(RowRefused, match=f"“{column}” has 401 characters"):
        read(line(BENTO | {column: filling * 401}).encode())
    read(line(BENTO | {column: filling * 400}).encode())


def test_a_byte_order_mark_is_read_over() -> None:
    raw = b"\xef\xbb\xbf" + "|".join(columns()).encode() + b"\r\n"
    assert tuple(decode_header(raw)) == columns()


def test_a_drifted_header_is_refused_with_each_difference() -> None:
    names = list(columns())
    names[7] = "Nom d’exercice du PS"
    names.remove("Code rôle")
    names.append("Code couleur préférée")
    names.append("Code profession")
    with pytest.raises(HeaderDrift) as refusal:
        RowReader(names)
    text = str(refusal.value)
    assert "“Nom d'exercice” seems to be called “Nom d’exercice du PS” now." in text
    assert "“Code profession” stands 2 times." in text
    assert "Code rôle" in text and "Code couleur préférée" in text


def test_the_same_seed_makes_the_same_people() -> None:
    assert list(rows(seed=5, persons=30, towns=[TOWN])) == list(rows(seed=5, persons=30, towns=[TOWN]))
    assert list(rows(seed=5, persons=30, towns=[TOWN])) != list(rows(seed=6, persons=30, towns=[TOWN]))
