"""Alice books, the practice reads, Sam moves her appointment, and Mallory gets nowhere."""

from __future__ import annotations

import inspect
from dataclasses import replace
from types import ModuleType

import pytest

from serment.framing import (
    BODY_SIZES,
    Altered,
    Grant,
    RecordContext,
    Removal,
    Role,
    Roster,
    SignedEvent,
    Slot,
    Stale,
    Stanza,
    Unaddressed,
    Unknown,
    Writer,
    check_booking_stanzas,
)
from serment.seal import (
    CryptographyMissing,
    cards,
    files,
    groups,
    keys,
    messages,
    payload,
    phone_check,
    record,
    roster_writing,
    self_test,
    unlock,
)
from serment.seal.groups import Answer, Contact, Identity, Payloads, Reason
from serment.seal.keys import Cap, ConnectorKeys, EpochKeys, SymmetricKey, UserKeys
from serment.seal.messages import draw_c, draw_t, handle
from serment.seal.primitives import SignPair, pad, unpad
from serment.seal.record import Reader, Sealed, open_revision, seal_booking, seal_by_member, seal_record
from serment.seal.roster_writing import found_practice, member_of, new_epoch, write_events


def ident(n: int) -> bytes:
    return bytes([n]) * 16


UNIT, PRACTICE = ident(1), ident(2)
SLOT = Slot(ident(3), 1_805_954_400, 30, ident(4))
CONTEXT = RecordContext("serment-demo", PRACTICE, UNIT, ident(5), 1, SLOT)


class Practice:
    """Dr Bento's practice: he owns it, Sam is its secretary, a connector may read identities."""

    def __init__(self) -> None:
        self.bento, self.sam, self.connector = UserKeys.new(), UserKeys.new(), ConnectorKeys.new()
        root = SignPair.from_seed(bytes(32))
        owner = member_of(self.bento, ident(10), Role.OWNER, [UNIT])
        sam = member_of(self.sam, ident(11), Role.SECRETARY, [UNIT])
        genesis, roster = found_practice("serment-demo", PRACTICE, root, owner)
        epoch = new_epoch(roster, UNIT, [owner, sam])
        self.epoch: EpochKeys = epoch.keys
        self.seeds = epoch.seeds
        grant = Grant(ident(12), self.connector.kem.pk, self.connector.sign.pk, UNIT, 1, 1, 30)
        steps: list[roster_writing.Step] = [(self.bento.sign, p) for p in (sam, epoch.event, grant)]
        events, self.roster = write_events(roster, steps)
        self.chain: list[SignedEvent] = [genesis, *events]


@pytest.fixture(scope="module")
def practice() -> Practice:
    return Practice()


def told(cap: Cap | None) -> Payloads:
    c = draw_c()
    identity = Identity(
        "Alice", "Martin", "1988-04-30", "female", "self", draw_t(), handle(c), cap.pkh if cap else None
    )
    return identity, Contact(c, "+33600000001"), Reason("A cough.")


@pytest.fixture(scope="module")
def alice() -> Cap:
    return Cap.new()


@pytest.fixture(scope="module")
def booking(practice: Practice, alice: Cap) -> Sealed:
    return seal_booking(CONTEXT, told(alice), alice, practice.roster)


def test_the_practice_and_alice_read_everything_and_the_connector_its_group(
    practice: Practice, alice: Cap, booking: Sealed
) -> None:
    for key in (practice.epoch.kem, alice.k_cap):
        opened = open_revision(booking.revision, booking.stanzas, key)
        assert opened.identity and opened.identity.given_name == "Alice"
        assert opened.contact and opened.reason
    linked = open_revision(booking.revision, booking.stanzas, practice.connector.kem)
    assert linked.identity and (linked.contact, linked.reason) == (None, None)


def test_a_stranger_and_alices_other_key_find_no_stanza(alice: Cap, booking: Sealed) -> None:
    for key in (UserKeys.new().kem, alice.patient, Cap.new().k_cap):
        with pytest.raises(Unaddressed):
            open_revision(booking.revision, booking.stanzas, key)


def test_the_server_accepts_the_booking_and_its_stanzas(practice: Practice, booking: Sealed) -> None:
    booking.revision.check(practice.roster)
    booking.revision.check_fresh(practice.roster)
    check_booking_stanzas(booking.stanzas, practice.roster, UNIT)


def test_a_booking_sealed_before_the_roster_changed_is_stale(practice: Practice, booking: Sealed) -> None:
    tom = member_of(UserKeys.new(), ident(20), Role.PRACTITIONER, [UNIT])
    _, later = write_events(practice.roster, [(practice.bento.sign, tom)])
    booking.revision.check(later)
    with pytest.raises(Stale):
        booking.revision.check_fresh(later)


def test_stanzas_for_other_readers_are_refused(practice: Practice, booking: Sealed, alice: Cap) -> None:
    unit, connector, cap = booking.stanzas
    mallory = record.add_reader(CONTEXT, booking.stanzas, alice.k_cap, Reader(UserKeys.new().kem.pk))
    with pytest.raises(Altered):
        check_booking_stanzas([unit, connector, cap, mallory], practice.roster, UNIT)
    with pytest.raises(Altered):
        check_booking_stanzas([unit, cap, replace(connector, mask=7)], practice.roster, UNIT)
    with pytest.raises(Altered):
        check_booking_stanzas([unit, connector], practice.roster, UNIT)
    with pytest.raises(Unaddressed):
        check_booking_stanzas([connector, cap], practice.roster, UNIT)
    with pytest.raises(Unknown):
        check_booking_stanzas([unit, unit, cap], practice.roster, UNIT)


def test_a_patients_stanza_stands_under_no_record_key_of_a_unit(practice: Practice, booking: Sealed) -> None:
    unit, connector, cap = booking.stanzas
    forged = replace(cap, kid=practice.roster.epoch(UNIT).kid_rec)
    with pytest.raises(Altered):
        check_booking_stanzas([unit, connector, forged], practice.roster, UNIT)
    check_booking_stanzas([unit, connector, cap], practice.roster, UNIT)


def test_compaction_keeps_the_keys_and_drops_a_kilobyte(practice: Practice, booking: Sealed) -> None:
    stanza = record.compact(CONTEXT, booking.stanzas, practice.epoch.kem, practice.epoch.k_rec)
    opened = open_revision(booking.revision, [stanza], practice.epoch.k_rec)
    assert opened == open_revision(booking.revision, booking.stanzas, practice.epoch.kem)
    assert len(booking.stanzas[0].to_bytes()) - len(stanza.to_bytes()) == 1108


def test_a_stored_stanza_with_other_keys_is_noticed(practice: Practice, booking: Sealed, alice: Cap) -> None:
    other = seal_booking(CONTEXT, told(alice), alice, practice.roster)
    forged = record.compact(CONTEXT, other.stanzas, practice.epoch.kem, practice.epoch.k_rec)
    with pytest.raises(Altered):
        record.check_same_keys(CONTEXT, booking.stanzas, practice.epoch.kem, forged, practice.epoch.k_rec)


def test_a_connector_cannot_pass_on_more_than_it_was_granted(practice: Practice, booking: Sealed) -> None:
    passed_on = Reader(UserKeys.new().kem.pk, 3)
    with pytest.raises(Unaddressed):
        record.add_reader(CONTEXT, booking.stanzas, practice.connector.kem, passed_on)
    record.add_reader(CONTEXT, booking.stanzas, practice.connector.kem, replace(passed_on, mask=1))


def moved_by_sam(practice: Practice, cap: Cap, patient_pk: bytes | None) -> Sealed:
    moved = replace(CONTEXT, rev=2, slot=replace(SLOT, start=SLOT.start + 3600))
    return seal_by_member(
        moved,
        told(cap),
        practice.epoch.k_rec,
        practice.roster,
        booking_pk=cap.booking.pk,
        patient_pk=patient_pk,
        signer=practice.sam.sign,
    )


def test_after_sam_moves_it_alice_still_opens_it_with_her_link(practice: Practice, alice: Cap) -> None:
    moved = moved_by_sam(practice, alice, alice.patient.pk)
    moved.revision.check(practice.roster, alice.booking.pk)
    opened = open_revision(moved.revision, moved.stanzas, alice.patient)
    assert opened.identity and opened.identity.given_name == "Alice"
    with pytest.raises(Unaddressed):
        open_revision(moved.revision, moved.stanzas, alice.k_cap)


def test_sam_does_not_seal_to_a_patient_key_the_server_slipped_in(practice: Practice, alice: Cap) -> None:
    for slipped_in in (Cap.new().patient.pk, None):
        with pytest.raises(Altered):
            moved_by_sam(practice, alice, slipped_in)


def test_staff_of_another_epoch_do_not_seal(practice: Practice, alice: Cap) -> None:
    former = SymmetricKey.of(bytes(32))
    with pytest.raises(Altered):
        seal_by_member(
            CONTEXT,
            told(None),
            former,
            practice.roster,
            booking_pk=alice.booking.pk,
            patient_pk=None,
            signer=practice.sam.sign,
        )


def test_mallory_signs_as_nobody(practice: Practice, alice: Cap) -> None:
    mallory = UserKeys.new()
    for writer, signer in ((Writer.PATIENT, mallory.sign), (Writer.MEMBER, mallory.sign)):
        forged = seal_record(
            CONTEXT,
            told(alice),
            [Reader(practice.epoch.kem.pk)],
            head=practice.roster.head,
            booking_pk=alice.booking.pk,
            patient_pk=alice.patient.pk,
            writer=writer,
            signer=signer,
        )
        with pytest.raises(Altered):
            forged.revision.check(practice.roster)


def test_a_connector_that_reads_one_group_writes_no_revision(practice: Practice, alice: Cap) -> None:
    forged = seal_record(
        CONTEXT,
        told(alice),
        [Reader(practice.epoch.kem.pk)],
        head=practice.roster.head,
        booking_pk=alice.booking.pk,
        patient_pk=alice.patient.pk,
        writer=Writer.CONNECTOR,
        signer=practice.connector.sign,
    )
    with pytest.raises(Altered):
        forged.revision.check(practice.roster)


def test_a_handle_that_is_not_cs_is_not_sealed(practice: Practice, alice: Cap) -> None:
    identity, contact, reason = told(alice)
    with pytest.raises(Altered):
        seal_booking(CONTEXT, (replace(identity, h=bytes(16)), contact, reason), alice, practice.roster)


def test_sealing_twice_gives_nothing_in_common(practice: Practice, alice: Cap, booking: Sealed) -> None:
    again = seal_booking(CONTEXT, told(alice), alice, practice.roster)
    for one, two in zip(booking.revision.bodies, again.revision.bodies, strict=True):
        assert one[:32] != two[:32]
        assert len(one) == len(two)


@pytest.mark.parametrize(
    ("given", "birth", "phone", "reason"),
    [
        ("Li", "Wu", None, None),
        (
            "Anne-Marie Élisabeth",
            "Guérinel de la Rochefoucauld-Montmorency",
            "+33639981234",
            "Une toux. " * 40,
        ),
    ],
)
def test_no_size_tells_a_short_name_from_a_long_one(
    practice: Practice, alice: Cap, given: str, birth: str, phone: str | None, reason: str | None
) -> None:
    identity, contact, _ = told(alice)
    written = (
        replace(identity, given_name=given, birth_name=birth),
        replace(contact, phone=phone),
        Reason(reason),
    )
    sealed = seal_booking(CONTEXT, written, alice, practice.roster)
    assert {len(body) for body in sealed.revision.bodies} == {min(BODY_SIZES)}


def test_too_long_a_reason_is_refused_before_sealing(practice: Practice, alice: Cap) -> None:
    identity, contact, _ = told(alice)
    with pytest.raises(Unknown):
        seal_booking(CONTEXT, (identity, contact, Reason("x" * 2001)), alice, practice.roster)
    answers = tuple(Answer(f"q{n}", "y" * 1000) for n in range(17))
    with pytest.raises(Unknown):
        seal_booking(CONTEXT, (identity, contact, Reason(answers=answers)), alice, practice.roster)


def test_an_epoch_seed_opens_for_members_and_only_if_the_roster_names_it(practice: Practice) -> None:
    sealed = practice.seeds[practice.sam.kem.kid]
    assert (
        roster_writing.open_seed(practice.roster, UNIT, practice.sam.kem, sealed).seed == practice.epoch.seed
    )
    with pytest.raises(Altered):
        roster_writing.open_seed(practice.roster, UNIT, practice.bento.kem, sealed)
    other = roster_writing.seal_seed(
        practice.roster, UNIT, 1, practice.sam.kem.pk, practice.sam.kem.kid, bytes(32)
    )
    with pytest.raises(Altered):
        roster_writing.open_seed(practice.roster, UNIT, practice.sam.kem, other)
    practice.sam.check(practice.roster.members[ident(11)])
    with pytest.raises(Altered):
        practice.bento.check(practice.roster.members[ident(11)])


def test_a_record_sealed_before_a_removal_is_marked(practice: Practice, booking: Sealed) -> None:
    epoch = new_epoch(practice.roster, UNIT, [practice.roster.members[ident(10)]], previous=practice.epoch)
    steps: list[roster_writing.Step] = [
        (practice.bento.sign, Removal(ident(11))),
        (practice.bento.sign, epoch.event),
    ]
    _, later = write_events(practice.roster, steps)
    assert later.sealed_to_former_readers(booking.revision.head, UNIT)
    assert not practice.roster.sealed_to_former_readers(booking.revision.head, UNIT)
    assert not later.sealed_to_former_readers(later.head, UNIT)
    later.check_extends(practice.roster.seq, practice.roster.head)
    with pytest.raises(Altered):
        practice.roster.check_extends(later.seq, later.head)
    assert Roster.verify(practice.chain) == practice.roster


def test_padding_comes_off_as_it_went_on() -> None:
    for size in (0, 1, 252, 253, 1020):
        assert unpad(pad(bytes([7]) * size, (256, 1024)), (256, 1024)) == bytes([7]) * size


def test_no_function_takes_a_content_key_or_randomness() -> None:
    forbidden = {"cek", "ceks", "content_key", "nonce", "iv", "random", "rng", "entropy"}
    modules: list[ModuleType] = [
        cards,
        files,
        keys,
        messages,
        payload,
        groups,
        phone_check,
        record,
        roster_writing,
        unlock,
    ]
    seen = 0
    for module in modules:
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if not name.startswith("_") and function.__module__ == module.__name__:
                seen += 1
                assert not forbidden & set(inspect.signature(function).parameters), name
    assert seen > 60


def test_stanza_bytes_survive_the_journey(booking: Sealed) -> None:
    assert tuple(Stanza.parse(stanza.to_bytes()) for stanza in booking.stanzas) == booking.stanzas


def test_the_self_test_passes_here_and_fails_on_another_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    self_test()
    monkeypatch.setattr("serment.seal.startup._PK_HASH", "0" * 64)
    with pytest.raises(CryptographyMissing):
        self_test()


def test_an_identity_says_that_no_message_is_wanted_as_true_or_not_at_all(alice: Cap) -> None:
    identity, _, _ = told(alice)
    quiet, other = replace(identity, quiet=True).to_json(), identity.to_json()
    assert Identity.from_json(quiet).quiet and not Identity.from_json(other).quiet
    assert b"quiet" not in other
    with pytest.raises(Altered):
        Identity.from_json(quiet.replace(b'"quiet":true', b'"quiet":false'))
