"""The swap matrix as a law: change any one thing a record is bound to, and no reader opens it, no check passes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serment.framing import (
    Altered,
    FramingError,
    RecordContext,
    Revision,
    Role,
    Roster,
    Slot,
    Stanza,
    Unaddressed,
    Writer,
)
from serment.framing.conventions import sha256
from serment.seal.groups import Contact, Identity, Reason
from serment.seal.keys import Cap, SymmetricKey, UserKeys
from serment.seal.messages import handle
from serment.seal.primitives import KemPair, SignPair
from serment.seal.record import Sealed, open_revision, seal_booking
from serment.seal.roster_writing import found_practice, member_of, new_epoch, write_events

UNIT, PRACTICE = sha256(b"unit")[:16], sha256(b"practice")[:16]
BENTO = UserKeys.from_seed(sha256(b"bento"))
OWNER = member_of(BENTO, sha256(b"bento id")[:16], Role.OWNER, [UNIT])
_, FOUNDED = found_practice("serment-demo", PRACTICE, SignPair.from_seed(sha256(b"root")), OWNER)
EPOCH = new_epoch(FOUNDED, UNIT, [OWNER])
_, ROSTER = write_events(FOUNDED, [(BENTO.sign, EPOCH.event)])
SLOT = Slot(sha256(b"agenda")[:16], 1_805_954_400, 30, sha256(b"type")[:16])
CONTEXT = RecordContext("serment-demo", PRACTICE, UNIT, sha256(b"record")[:16], 3, SLOT)
ALICE, TOM = Cap.from_secret(sha256(b"alice")), Cap.from_secret(sha256(b"tom"))


def booked(context: RecordContext, cap: Cap, name: str) -> Sealed:
    c = sha256(name.encode())[:16]
    identity = Identity(name, "Martin", "1988-04-30", "female", "self", sha256(c), handle(c), cap.pkh)
    return seal_booking(context, (identity, Contact(c), Reason("A cough.")), cap, ROSTER)


A = booked(CONTEXT, ALICE, "Alice")
B = booked(replace(CONTEXT, record=sha256(b"record 2")[:16]), TOM, "Tom")
KEYS: list[KemPair | SymmetricKey] = [EPOCH.keys.kem, ALICE.k_cap]

other_id = st.binary(min_size=16, max_size=16)
contexts: dict[str, st.SearchStrategy[RecordContext]] = {
    "instance": st.from_regex(r"[a-z][a-z0-9]{0,20}", fullmatch=True).map(
        lambda v: replace(CONTEXT, instance=v)
    ),
    "practice": other_id.map(lambda v: replace(CONTEXT, practice=v)),
    "unit": other_id.map(lambda v: replace(CONTEXT, unit=v)),
    "record": other_id.map(lambda v: replace(CONTEXT, record=v)),
    "rev": st.integers(1, 2**32 - 1).map(lambda v: replace(CONTEXT, rev=v)),
    "agenda": other_id.map(lambda v: replace(CONTEXT, slot=replace(SLOT, agenda=v))),
    "start": st.integers(0, 2**64 - 1).map(lambda v: replace(CONTEXT, slot=replace(SLOT, start=v))),
    "minutes": st.integers(1, 1440).map(lambda v: replace(CONTEXT, slot=replace(SLOT, minutes=v))),
    "visit type": other_id.map(lambda v: replace(CONTEXT, slot=replace(SLOT, visit_type=v))),
}


@pytest.mark.parametrize("field", contexts)
def test_no_field_of_the_context_can_be_swapped(field: str) -> None:
    @settings(max_examples=15, deadline=None)
    @given(contexts[field].filter(lambda context: context != CONTEXT))
    def law(context: RecordContext) -> None:
        swapped = replace(A.revision, context=context)
        for key in KEYS:
            with pytest.raises(Altered):
                open_revision(swapped, A.stanzas, key)
        with pytest.raises(Altered):
            swapped.check(ROSTER)

    law()


def test_as_it_was_sealed_every_key_opens_it_and_the_check_passes() -> None:
    for key in KEYS:
        opened = open_revision(A.revision, A.stanzas, key).identity
        assert opened is not None
        assert opened.given_name == "Alice"
    A.revision.check(ROSTER)


bodies_swapped: dict[str, Callable[[Revision], Revision]] = {
    f"group {one + 1} of {name} in group {two + 1}": lambda r, one=one, two=two, source=source: replace(  # type: ignore[misc]
        r, bodies=tuple(source.revision.bodies[one] if n == two else body for n, body in enumerate(r.bodies))
    )
    for name, source in (("the same", A), ("another record", B))
    for one in range(3)
    for two in range(3)
    if source is B or one != two
}
outside_swapped: dict[str, Callable[[Revision], Revision]] = {
    "sig": lambda r: replace(r, sig=B.revision.sig),
    "head": lambda r: replace(r, head=FOUNDED.head),
    "booking_pk": lambda r: replace(r, booking_pk=TOM.booking.pk),
    "patient_pk": lambda r: replace(r, patient_pk=TOM.patient.pk),
    "patient_pk and booking_pk": lambda r: replace(r, patient_pk=TOM.patient.pk, booking_pk=TOM.booking.pk),
    "no patient_pk": lambda r: replace(r, patient_pk=None),
    "writer": lambda r: replace(r, writer=Writer.MEMBER, writer_kid=BENTO.sign.kid),
}


@pytest.mark.parametrize("swap", bodies_swapped)
def test_no_body_moves_between_groups_or_records(swap: str) -> None:
    swapped = bodies_swapped[swap](A.revision)
    for key in KEYS:
        with pytest.raises(Altered):
            open_revision(swapped, A.stanzas, key)
    with pytest.raises(Altered):
        swapped.check(ROSTER)


@pytest.mark.parametrize("swap", outside_swapped)
def test_nothing_outside_the_bodies_can_be_swapped_unseen(swap: str) -> None:
    swapped = outside_swapped[swap](A.revision)
    with pytest.raises(Altered):
        swapped.check(ROSTER)
    if "patient_pk" in swap:
        with pytest.raises(Altered):
            open_revision(swapped, A.stanzas, EPOCH.keys.kem)


def test_stanzas_do_not_move_between_records_kids_or_masks() -> None:
    unit, cap = A.stanzas
    with pytest.raises(Altered):
        open_revision(A.revision, B.stanzas, EPOCH.keys.kem)
    for mask in range(1, 7):
        for key, stanza in ((EPOCH.keys.kem, unit), (ALICE.k_cap, cap)):
            with pytest.raises(Altered):
                open_revision(A.revision, [replace(stanza, mask=mask)], key)
    with pytest.raises(Unaddressed):
        open_revision(A.revision, [replace(unit, kid=bytes(16))], EPOCH.keys.kem)
    with pytest.raises(Altered):
        open_revision(A.revision, [replace(B.stanzas[1], kid=ALICE.k_cap.kid)], ALICE.k_cap)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_byte_of_a_stored_record_can_be_flipped(data: st.DataObject) -> None:
    part = data.draw(st.sampled_from(["stanza", "body 0", "body 1", "body 2", "sig"]))
    flip = data.draw(st.integers(1, 255))
    if part == "stanza":
        spoilt = bytearray(A.stanzas[0].to_bytes())
        spoilt[data.draw(st.integers(0, len(spoilt) - 1))] ^= flip
        with pytest.raises(FramingError):
            open_revision(A.revision, [Stanza.parse(bytes(spoilt))], EPOCH.keys.kem)
        return
    if part == "sig":
        spoilt = bytearray(A.revision.sig)
        spoilt[data.draw(st.integers(0, 63))] ^= flip
        with pytest.raises(Altered):
            replace(A.revision, sig=bytes(spoilt)).check(ROSTER)
        return
    bodies = [bytearray(body) for body in A.revision.bodies]
    body = bodies[int(part[-1])]
    body[data.draw(st.integers(0, len(body) - 1))] ^= flip
    one, two, three = (bytes(body) for body in bodies)
    spoilt_revision = replace(A.revision, bodies=(one, two, three))
    with pytest.raises(Altered):
        open_revision(spoilt_revision, A.stanzas, EPOCH.keys.kem)
    with pytest.raises(Altered):
        spoilt_revision.check(ROSTER)


def test_a_roster_of_another_practice_checks_nothing() -> None:
    _, other = found_practice(
        "serment-demo", sha256(b"other")[:16], SignPair.from_seed(sha256(b"root 2")), OWNER
    )
    with pytest.raises(Altered):
        A.revision.check(other)
    assert isinstance(ROSTER, Roster)
