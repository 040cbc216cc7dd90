"""Framing takes bytes apart and refuses what does not fit, before anything is opened."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

import serment.framing
from serment.framing import (
    Group,
    RecordContext,
    Slot,
    Stanza,
    StanzaType,
    Unknown,
)
from serment.framing.conventions import (
    LP,
    Reader,
    T,
    check_signature,
    day_bytes,
    derive,
    instance_bytes,
    month_bytes,
    padded_size,
    u32,
)
from serment.framing.errors import Altered, FramingError, Stale, Unaddressed, UnreadableBooking
from serment.framing.messages import CapsuleRow, MessageRow, check_page

ID = bytes(range(16))
SLOT = Slot(ID, 1_805_954_400, 30, ID)


def test_the_prefix_is_rdv1_and_ends_with_a_zero_byte() -> None:
    assert T("kid") == b"rdv1 kid\0"
    assert LP(b"ab") == b"\0\0\0\x02ab"


def test_hkdf_is_that_of_rfc_5869_with_an_empty_salt() -> None:
    """Test case 3 of RFC 5869 has no salt and no info; ours always has an info, so the label is part of the answer."""
    case_3 = HKDF(SHA256(), 42, b"", b"").derive(b"\x0b" * 22)
    assert case_3.hex().startswith("8da4e775a563c18f715f802a063c5a31")
    assert derive(b"\x0b" * 22, "row") == HKDF(SHA256(), 32, b"", b"rdv1 row\0").derive(b"\x0b" * 22)


def test_a_slot_is_44_bytes_and_comes_back() -> None:
    data = SLOT.to_bytes()
    assert len(data) == 44
    assert Slot.parse(data) == SLOT
    for other in (data[:-1], data + b"\0", b""):
        with pytest.raises(Unknown):
            Slot.parse(other)


@pytest.mark.parametrize("minutes", [0, 1441])
def test_a_slot_of_no_length_or_over_a_day_is_unknown(minutes: int) -> None:
    with pytest.raises(Unknown):
        Slot(ID, 0, minutes, ID)


def test_the_reader_refuses_what_is_missing_and_what_is_left() -> None:
    reader = Reader(LP(b"abc") + u32(7), "test")
    assert (reader.lp(), reader.u32()) == (b"abc", 7)
    reader.done()
    with pytest.raises(Unknown):
        Reader(b"\0\0\0\x04abc", "test").lp()
    left = Reader(b"ab", "test")
    left.take(1)
    with pytest.raises(Unknown):
        left.done()


@pytest.mark.parametrize("name", ["", "Serment", "a b", "é", "-a", "a-", "a" * 65, "a\n"])
def test_an_instance_name_has_one_spelling(name: str) -> None:
    with pytest.raises(Unknown):
        instance_bytes(name)
    assert instance_bytes("serment-demo") == b"\0\0\0\x0cserment-demo"


@pytest.mark.parametrize("day", ["2027-02-29", "2027-3-01", "20270301", "2027-03-01T", "", "٢٠٢٧-03-01"])
def test_a_day_that_is_none_is_unknown(day: str) -> None:
    with pytest.raises(Unknown):
        day_bytes(day)
    assert day_bytes("2028-02-29") == b"2028-02-29"


@pytest.mark.parametrize("month", [202700, 202713, 27, 1_000_001])
def test_a_month_that_is_none_is_unknown(month: int) -> None:
    with pytest.raises(Unknown):
        month_bytes(month)
    assert month_bytes(202712) == u32(202712)


def test_a_payload_gets_the_smallest_size_that_holds_it() -> None:
    assert padded_size(252, (256, 1024)) == 256
    assert padded_size(253, (256, 1024)) == 1024
    with pytest.raises(Unknown):
        padded_size(1021, (256, 1024))


def test_groups_of_one_revision_have_three_contexts() -> None:
    context = RecordContext("serment-demo", ID, ID, ID, 1, SLOT)
    assert len({context.of(group) for group in Group} | {context.all}) == 4
    assert [group.bit for group in Group] == [1, 2, 4]
    with pytest.raises(Unknown):
        RecordContext("serment-demo", ID, ID, ID, 0, SLOT)
    with pytest.raises(Unknown):
        RecordContext("serment-demo", ID[:-1], ID, ID, 1, SLOT)


def test_stanzas_have_two_sizes() -> None:
    public = Stanza(StanzaType.PUBLIC, ID, 7, bytes(1232))
    symmetric = Stanza(StanzaType.SYMMETRIC, ID, 1, bytes(124))
    assert (len(public.to_bytes()), len(symmetric.to_bytes())) == (1250, 142)
    assert Stanza.parse(public.to_bytes()) == public
    assert Stanza.parse(symmetric.to_bytes()) == symmetric
    with pytest.raises(Unknown):
        Stanza(StanzaType.PUBLIC, ID, 7, bytes(124))


def test_rows_have_exact_sizes() -> None:
    CapsuleRow(ID, "2027-03-25", bytes(1648), bytes(32), bytes(32), 1)
    MessageRow(ID, ID, "2027-03-24", 1, bytes(220))
    assert check_page(bytes(60)) == bytes(60)
    with pytest.raises(Unknown):
        CapsuleRow(ID, "2027-03-25", bytes(1647), bytes(32), bytes(32), 1)
    with pytest.raises(Unknown):
        MessageRow(ID, ID, "2027-03-24", 0, bytes(220))
    with pytest.raises(Unknown):
        check_page(bytes(61))


def test_a_signing_key_that_is_no_point_never_passes() -> None:
    with pytest.raises(FramingError):
        check_signature(b"\xff" * 32, bytes(64), b"rdv1 x\0", "test")


def test_every_error_says_what_happened_in_words() -> None:
    for error in (Unknown, Altered, Unaddressed, Stale, UnreadableBooking):
        assert error().message.endswith(".")
        assert len(error().message) > 60
        assert "\n" not in str(error("part"))
    assert UnreadableBooking.code == "unreadable_booking"


def test_framing_names_no_cipher_and_no_private_key() -> None:
    """The promise is an absence: no module of framing imports a way to decrypt or to hold a private key."""
    folder = Path(serment.framing.__file__).parent
    forbidden = ("ciphers", "aead", "hpke", "mlkem", "x25519", "PrivateKey", "serment.seal")
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                said = " ".join([getattr(node, "module", None) or "", *(alias.name for alias in node.names)])
                assert not [word for word in forbidden if word in said], f"{path.name}: {said}"
