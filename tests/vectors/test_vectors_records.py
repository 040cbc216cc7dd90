"""The sealed records of spec/vectors, good and bad, read by the Python twin."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from serment.framing import (
    GROUPS,
    Act,
    Group,
    RecordContext,
    Revision,
    Roster,
    SignedEvent,
    Slot,
    Stanza,
    Writer,
    check_act,
    check_move_note,
    patient_key_hash,
    stanza_for,
)
from serment.framing.errors import Altered, FramingError, Stale, Unknown
from serment.seal.groups import SERIES_MAX, Series
from serment.seal.keys import Cap, EpochKeys, SymmetricKey, UserKeys
from serment.seal.primitives import KemPair
from serment.seal.record import Opened, open_record, open_revision

VECTORS = Path(__file__).parents[2] / "spec" / "vectors"
GOOD = json.loads((VECTORS / "good.json").read_text("utf-8"))
BAD = json.loads((VECTORS / "bad.json").read_text("utf-8"))
CHAIN = [
    SignedEvent(bytes.fromhex(e["event"]), bytes.fromhex(e["sig"]))
    for e in json.loads((VECTORS / "rosters.json").read_text("utf-8"))["good"]["events"]
]
ENVELOPES = {e["name"]: e for e in GOOD["envelopes"]}
KEYS = {r["name"]: r for e in GOOD["envelopes"] for r in e["readers"]}


def context_of(given: dict[str, Any]) -> RecordContext:
    c, s = given["context"], given["context"]["slot"]
    slot = Slot(bytes.fromhex(s["agenda"]), s["start"], s["minutes"], bytes.fromhex(s["visit_type"]))
    ids = (bytes.fromhex(c[name]) for name in ("practice", "unit", "record"))
    return RecordContext(c["instance"], *ids, c["rev"], slot)


def test_the_records_of_a_series_follow_from_its_seed_and_no_other_number_has_one() -> None:
    told = GOOD["series"]
    series = Series(bytes.fromhex(told["seed"]), bytes(16))
    assert {nth: series.record(int(nth)).hex() for nth in told["records"]} == told["records"]
    for nth in (0, SERIES_MAX + 1):
        with pytest.raises(Unknown):
            series.record(nth)


def optional(value: str | None) -> bytes | None:
    return None if value is None else bytes.fromhex(value)


def writer_of(value: int) -> Writer:
    try:
        return Writer(value)
    except ValueError:
        raise Unknown("writer") from None


def revision_of(given: dict[str, Any]) -> Revision:
    one, two, three = (bytes.fromhex(body) for body in given["bodies"])
    sig, head, booking_pk = (bytes.fromhex(given[name]) for name in ("sig", "head", "booking_pk"))
    return Revision(
        context_of(given),
        (one, two, three),
        sig,
        head,
        booking_pk,
        optional(given["patient_pk"]),
        writer_of(given["writer"]),
        optional(given["writer_kid"]),
    )


def key_of(reader: dict[str, Any]) -> KemPair | SymmetricKey:
    data = bytes.fromhex(reader["key"])
    return KemPair.from_seed(data) if reader["kind"] == "x-wing seed" else SymmetricKey.of(data)


def opened_by(given: dict[str, Any], reader: dict[str, Any]) -> Opened:
    stanzas = [Stanza.parse(bytes.fromhex(stanza)) for stanza in given["stanzas"]]
    return open_revision(revision_of(given), stanzas, key_of(reader))


def checked(given: dict[str, Any]) -> None:
    roster = Roster.verify(CHAIN[: given["roster_seq"]])
    revision_of(given).check(roster, optional(given["previous_booking_pk"]))


def outcome(do: Any, *args: Any) -> str | None:
    try:
        do(*args)
    except FramingError as error:
        return type(error).__name__
    return None


def spoilt(case: dict[str, Any]) -> dict[str, Any]:
    given: dict[str, Any] = copy.deepcopy(ENVELOPES[case["from"]])
    for path, value in case["set"].items():
        *way, last = path.split(".")
        at: Any = given
        for step in way:
            at = at[int(step)] if isinstance(at, list) else at[step]
        at[int(last) if isinstance(at, list) else last] = value
    return given


@pytest.mark.parametrize("name", ENVELOPES)
def test_every_named_reader_opens_what_was_granted_and_nothing_else(name: str) -> None:
    given = ENVELOPES[name]
    for reader in given["readers"]:
        opened = opened_by(given, reader)
        for group, found in zip(GROUPS, (opened.identity, opened.contact, opened.reason), strict=True):
            assert (found is not None) == (group in reader["opens"])
            if found is not None:
                assert json.loads(found.to_json()) == given["payloads"][group - 1]


@pytest.mark.parametrize("name", ENVELOPES)
def test_derivations_and_signature_are_the_recorded_ones(name: str) -> None:
    given = ENVELOPES[name]
    revision = revision_of(given)
    assert [revision.context.of(g).hex() for g in GROUPS] == given["ctx"]
    assert revision.context.all.hex() == given["all"]
    assert revision.context.slot.to_bytes().hex() == given["slot"]
    assert Slot.parse(bytes.fromhex(given["slot"])) == revision.context.slot
    assert revision.message().hex() == given["message"]
    assert patient_key_hash(revision.patient_pk).hex() == given["pkh"]
    checked(given)


@pytest.mark.parametrize("case", BAD["cases"], ids=lambda case: case["name"])
def test_every_spoilt_record_is_refused_with_its_own_error(case: dict[str, Any]) -> None:
    given = spoilt(case)
    reader = KEYS[case["reader"]]
    assert outcome(opened_by, given, reader) == case["open"]
    assert outcome(checked, given) == case["check"]
    assert case["set"] == {} or case["open"] or case["check"]


def test_keys_derive_as_recorded() -> None:
    cap = Cap.from_secret(bytes.fromhex(GOOD["cap"]["cap"]))
    told = GOOD["cap"]
    assert (cap.row_token.hex(), cap.k_cap.kid.hex()) == (told["row_token"], told["k_cap_kid"])
    assert (cap.booking.pk.hex(), cap.patient.pk.hex()) == (told["booking_pk"], told["patient_pk"])
    assert cap.pkh.hex() == told["pkh"]
    epoch = EpochKeys.from_seed(bytes.fromhex(GOOD["epoch"]["epoch_seed"]))
    assert (epoch.kem.pk.hex(), epoch.k_rec.kid.hex()) == (GOOD["epoch"]["pk"], GOOD["epoch"]["kid_rec"])
    assert (epoch.k_idx.hex(), epoch.k_card.hex()) == (GOOD["epoch"]["k_idx"], GOOD["epoch"]["k_card"])
    user = UserKeys.from_seed(bytes.fromhex(GOOD["user"]["user_seed"]))
    assert (user.kem.pk.hex(), user.sign.pk.hex()) == (GOOD["user"]["kem_pk"], GOOD["user"]["sign_pk"])


def test_recorded_acts_stand_and_their_twins_do_not() -> None:
    given = GOOD["envelopes"][0]
    context, booking_pk = context_of(given), bytes.fromhex(given["booking_pk"])
    roster = Roster.verify(CHAIN[: given["roster_seq"]])
    for act in GOOD["acts"]:
        sig, kid = bytes.fromhex(act["sig"]), optional(act["signer_kid"])
        check_act(roster, context, 1, Act(act["kind"]), sig, last_n=0, booking_pk=booking_pk, signer_kid=kid)
        other = Act.CONFIRM if act["kind"] != Act.CONFIRM else Act.CANCEL
        with pytest.raises(Altered):
            check_act(roster, context, 1, other, sig, last_n=0, booking_pk=booking_pk, signer_kid=kid)
        with pytest.raises(Stale):
            check_act(
                roster, context, 1, Act(act["kind"]), sig, last_n=1, booking_pk=booking_pk, signer_kid=kid
            )
    note = GOOD["move_note"]
    slot, kid = Slot.parse(bytes.fromhex(note["new_slot"])), bytes.fromhex(note["signer_kid"])
    check_move_note(roster, context, slot, 1, bytes.fromhex(note["sig"]), last_n=0, signer_kid=kid)
    with pytest.raises(Altered):
        check_move_note(
            roster, context, context.slot, 1, bytes.fromhex(note["sig"]), last_n=0, signer_kid=kid
        )


def test_a_list_opens_the_identity_alone() -> None:
    given = GOOD["envelopes"][0]
    stanza = Stanza.parse(bytes.fromhex(given["stanzas"][0]))
    bodies = {Group.IDENTITY: bytes.fromhex(given["bodies"][0])}
    opened = open_record(
        context_of(given), [stanza], key_of(KEYS["unit"]), bodies, optional(given["patient_pk"])
    )
    assert opened.identity is not None
    assert (opened.contact, opened.reason) == (None, None)
    assert stanza_for([stanza], stanza.kid) is stanza
