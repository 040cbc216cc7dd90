"""What only a careful reader refuses: things well sealed or well signed, by somebody who had no right to."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from serment.framing import (
    Act,
    Altered,
    Grant,
    RecordContext,
    Revision,
    Role,
    Slot,
    Stale,
    Writer,
    check_act,
    check_move_note,
    sha256,
)
from serment.framing.conventions import derive
from serment.seal import files, messages
from serment.seal.groups import Contact, Identity, Reason
from serment.seal.keys import Cap, ConnectorKeys, EpochKeys, UserKeys
from serment.seal.primitives import KemPair, SignPair, box, hpke_seal, pad
from serment.seal.record import Reader, readers_of, seal_record, sign_act, sign_move_note
from serment.seal.roster_writing import (
    _previous_aad,
    found_practice,
    member_of,
    new_epoch,
    open_previous,
    write_events,
)

UNIT, PRACTICE = sha256(b"unit")[:16], sha256(b"practice")[:16]
BENTO, SAM = UserKeys.new(), UserKeys.new()
OWNER = member_of(BENTO, sha256(b"bento id")[:16], Role.OWNER, [UNIT])
_, FOUNDED = found_practice("serment-demo", PRACTICE, SignPair.from_seed(bytes(32)), OWNER)
EPOCH = new_epoch(FOUNDED, UNIT, [OWNER])
FULL, NARROW = ConnectorKeys.new(), ConnectorKeys.new()
_, LINKED = write_events(
    FOUNDED,
    [
        (BENTO.sign, EPOCH.event),
        (BENTO.sign, Grant(sha256(b"full")[:16], FULL.kem.pk, FULL.sign.pk, UNIT, 7, 1, 30)),
        (BENTO.sign, Grant(sha256(b"narrow")[:16], NARROW.kem.pk, NARROW.sign.pk, UNIT, 1, 1, 30)),
    ],
)
_, ROSTER = write_events(
    LINKED, [(BENTO.sign, member_of(SAM, sha256(b"sam id")[:16], Role.SECRETARY, [UNIT]))]
)
SLOT = Slot(sha256(b"agenda")[:16], 1_805_954_400, 30, sha256(b"type")[:16])
CONTEXT = RecordContext("serment-demo", PRACTICE, UNIT, sha256(b"record")[:16], 2, SLOT)
ALICE, MALLORY = Cap.new(), Cap.new()


def written(head: bytes, writer: Writer, signer: SignPair, cap: Cap = ALICE) -> Revision:
    c = messages.draw_c()
    identity = Identity(
        "Alice", "Martin", "1988-04-30", "female", "self", messages.draw_t(), messages.handle(c), cap.pkh
    )
    return seal_record(
        CONTEXT,
        (identity, Contact(c), Reason()),
        [Reader(cap.k_cap), *readers_of(ROSTER, UNIT)],
        head=head,
        booking_pk=cap.booking.pk,
        patient_pk=cap.patient.pk,
        writer=writer,
        signer=signer,
    ).revision


def test_sam_writes_from_the_day_she_joined_and_not_before() -> None:
    written(ROSTER.head, Writer.MEMBER, SAM.sign).check(ROSTER)
    with pytest.raises(Altered):
        written(LINKED.head, Writer.MEMBER, SAM.sign).check(ROSTER)


def test_a_member_may_replace_the_booking_key_a_connector_never() -> None:
    written(ROSTER.head, Writer.MEMBER, SAM.sign).check(ROSTER, MALLORY.booking.pk)
    written(ROSTER.head, Writer.CONNECTOR, FULL.sign).check(ROSTER, ALICE.booking.pk)
    with pytest.raises(Altered):
        written(ROSTER.head, Writer.CONNECTOR, FULL.sign).check(ROSTER, MALLORY.booking.pk)


def test_mallory_does_not_take_over_alices_booking_by_signing_with_her_own_key() -> None:
    written(ROSTER.head, Writer.PATIENT, ALICE.booking).check(ROSTER, ALICE.booking.pk)
    with pytest.raises(Altered):
        written(ROSTER.head, Writer.PATIENT, MALLORY.booking, MALLORY).check(ROSTER, ALICE.booking.pk)


def test_alice_cancels_and_confirms_but_only_staff_undo() -> None:
    for kind in (Act.CANCEL, Act.CONFIRM):
        sig = sign_act(CONTEXT, 1, kind, ALICE.booking)
        check_act(ROSTER, CONTEXT, 1, kind, sig, last_n=0, booking_pk=ALICE.booking.pk)
    undo = sign_act(CONTEXT, 1, Act.UNDO, ALICE.booking)
    with pytest.raises(Altered):
        check_act(ROSTER, CONTEXT, 1, Act.UNDO, undo, last_n=0, booking_pk=ALICE.booking.pk)
    by_sam = sign_act(CONTEXT, 1, Act.UNDO, SAM.sign)
    check_act(
        ROSTER, CONTEXT, 1, Act.UNDO, by_sam, last_n=0, booking_pk=ALICE.booking.pk, signer_kid=SAM.sign.kid
    )
    with pytest.raises(Altered):
        check_act(
            LINKED,
            CONTEXT,
            1,
            Act.UNDO,
            by_sam,
            last_n=0,
            booking_pk=ALICE.booking.pk,
            signer_kid=SAM.sign.kid,
        )


def test_an_act_repeated_or_skipped_is_stale_and_one_of_another_time_is_altered() -> None:
    sig = sign_act(CONTEXT, 2, Act.CANCEL, ALICE.booking)
    for last_n in (0, 2):
        with pytest.raises(Stale):
            check_act(ROSTER, CONTEXT, 2, Act.CANCEL, sig, last_n=last_n, booking_pk=ALICE.booking.pk)
    elsewhere = replace(CONTEXT, slot=replace(SLOT, start=SLOT.start + 60))
    with pytest.raises(Altered):
        check_act(ROSTER, elsewhere, 2, Act.CANCEL, sig, last_n=1, booking_pk=ALICE.booking.pk)


def test_a_granted_connector_notes_a_move_and_a_member_or_stranger_does_not() -> None:
    slot = replace(SLOT, start=SLOT.start + 3600)
    sig = sign_move_note(CONTEXT, slot, 1, NARROW.sign)
    check_move_note(ROSTER, CONTEXT, slot, 1, sig, last_n=0, signer_kid=NARROW.sign.kid)
    with pytest.raises(Altered):
        check_move_note(ROSTER, CONTEXT, SLOT, 1, sig, last_n=0, signer_kid=NARROW.sign.kid)
    with pytest.raises(Stale):
        check_move_note(ROSTER, CONTEXT, slot, 1, sig, last_n=1, signer_kid=NARROW.sign.kid)
    by_sam = sign_move_note(CONTEXT, slot, 1, SAM.sign)
    with pytest.raises(Altered):
        check_move_note(ROSTER, CONTEXT, slot, 1, by_sam, last_n=0, signer_kid=SAM.sign.kid)


def test_a_previous_seed_that_no_event_names_is_not_used() -> None:
    after = new_epoch(ROSTER, UNIT, ROSTER.members_of(UNIT), EPOCH.keys)
    _, later = write_events(ROSTER, [(BENTO.sign, after.event)])
    assert after.previous is not None
    opened = open_previous(later, after.keys, after.event, EPOCH.event, after.previous)
    assert opened.seed == EPOCH.keys.seed
    slipped_in = EpochKeys.from_seed(bytes(32))
    key = derive(after.keys.seed, "prev")
    forged = box(key, _previous_aad(later, UNIT, 2), slipped_in.seed)
    with pytest.raises(Altered):
        open_previous(later, after.keys, after.event, EPOCH.event, forged)


def test_a_capsule_for_another_c_under_this_handle_is_refused() -> None:
    day, c, other = KemPair.from_seed(bytes(32)), messages.draw_c(), messages.draw_c()
    capsule = messages.Capsule("en", "Lyon", c, bytes(32), "+33600000001")
    sealed = messages.seal_capsule("serment-demo", "2027-03-25", day.pk, day.kid, capsule)
    h = messages.handle(c)
    assert messages.open_capsule("serment-demo", h, "2027-03-25", day, sealed) == capsule
    content = messages.write_json(
        {"language": "en", "word": "Lyon", "c": messages.b64(other), "k_m": messages.b64(bytes(32))}
    )
    info = messages._capsule_info("serment-demo", h, "2027-03-25", day.kid)
    forged = hpke_seal(day.pk, info, pad(content, (512,)))
    with pytest.raises(Altered):
        messages.open_capsule("serment-demo", h, "2027-03-25", day, forged)


def test_a_file_with_something_hidden_in_its_padding_is_refused() -> None:
    record = sha256(b"record")[:16]
    file, (chunk,) = files.seal_file("serment-demo", record, "a.txt", "text/plain", b"x" * 1001)
    assert b"".join(files.open_file("serment-demo", record, file, [chunk])) == b"x" * 1001
    hidden = b"x" * 1001 + b"hidden".rjust(files.padme(1001) - 1001, b"\0")
    aad = files._aad("serment-demo", record, file.file)
    forged = AESGCM(file.key).encrypt(files._nonce(0, True), hidden, aad)
    with pytest.raises(Altered):
        list(files.open_file("serment-demo", record, file, [forged]))


def test_a_file_of_three_chunks_keeps_their_order_and_its_end() -> None:
    record = sha256(b"record")[:16]
    content = bytes(range(256)) * 600
    file, chunks = files.seal_file("serment-demo", record, "scan.png", "image/png", content)
    assert len(chunks) == 3
    assert b"".join(files.open_file("serment-demo", record, file, chunks)) == content
    for other in ([chunks[1], chunks[0], chunks[2]], chunks[:2], [*chunks[:2], chunks[1]], []):
        with pytest.raises(Altered):
            list(files.open_file("serment-demo", record, file, other))
