"""Seeds, unlock boxes, passwords, vault, messages, phone check, cards and files of spec/vectors."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from serment.framing import Roster, SignedEvent, act_tag, find_row, password_share, stored_auth
from serment.framing import messages as rows
from serment.framing.errors import Altered, FramingError
from serment.seal import cards, files, messages, phone_check, roster_writing, unlock
from serment.seal.groups import NumberCheck, SealedFile
from serment.seal.keys import EpochKeys
from serment.seal.primitives import KemPair

VECTORS = Path(__file__).parents[2] / "spec" / "vectors"
SEALED = json.loads((VECTORS / "sealed.json").read_text("utf-8"))
CHAIN = [
    SignedEvent(bytes.fromhex(e["event"]), bytes.fromhex(e["sig"]))
    for e in json.loads((VECTORS / "rosters.json").read_text("utf-8"))["good"]["events"]
]
PHONE, MESSAGES = SEALED["phone_check"], SEALED["messages"]
DAY = KemPair.from_seed(bytes.fromhex(MESSAGES["day_key"]["seed"]))
CODE = KemPair.from_seed(bytes.fromhex(PHONE["code_key_seed"]))


class Given(dict[str, Any]):
    """A vector whose named field is read as bytes with `given("field")`."""

    def __call__(self, name: str) -> bytes:
        return bytes.fromhex(self[name])


def open_seed(g: Given) -> bytes:
    roster = Roster.verify(CHAIN[: g["roster_seq"]])
    return roster_writing.open_seed(
        roster, g("unit"), KemPair.from_seed(g("member_kem_seed")), g("sealed")
    ).seed


def open_unlock(g: Given) -> bytes:
    place = unlock.UnlockPlace(
        g["instance"], g("user"), unlock.Method(g["method"]), g("credential"), g["version"]
    )
    return unlock.open_unlock(place, g("secret"), g("sealed"))


def open_vault(g: Given) -> bytes:
    return unlock.open_vault(g["instance"], g("account"), g["version"], g("vault_key"), g("sealed"))


def open_capsule(g: Given) -> dict[str, Any]:
    c = messages.open_capsule(g["instance"], g("h"), g["key_day"], DAY, g("sealed"))
    return {
        "language": c.language,
        "word": c.word,
        "c": c.c.hex(),
        "k_m": c.k_m.hex(),
        "sms": c.sms,
        "mail": c.mail,
    }


def open_message(g: Given) -> dict[str, Any]:
    m = messages.open_message(g["instance"], g("h"), g("mid"), g["send_day"], g["set"], g("k_m"), g("sealed"))
    return {"kind": m.kind, "not_before": m.not_before, "zone": m.zone, "start": m.start}


def open_page(g: Given) -> str:
    return messages.open_page(g["instance"], g("c"), g("sealed"))


def place_of(g: Given) -> cards.UnitPlace:
    return cards.UnitPlace(g["instance"], g("practice"), g("unit"), g["e"], g["month"])


def open_card(g: Given) -> bytes:
    return cards.open_card(place_of(g), g("card"), g["rev"], g("key"), g("sealed"))


def open_entry(g: Given) -> bytes:
    return cards.open_entry(place_of(g), g("entry"), g("key"), g("sealed"))


def open_index(g: Given) -> bytes:
    return cards.open_page(place_of(g), g["version"], g("key"), g("sealed"))


def open_ask(g: Given) -> list[str]:
    return [b.hex() for b in phone_check.open_ask(PHONE["instance"], g("q"), CODE, g("sealed")).binds]


def open_code(g: Given) -> str:
    return phone_check.open_code(PHONE["instance"], g("q"), CODE, g("sealed"))


def open_reply(g: Given) -> list[str]:
    key = bytes.fromhex(PHONE["reply_key"])
    return [p.hex() for p in phone_check.open_reply(PHONE["instance"], g("q"), key, g("sealed")).proofs]


def phone(part: str, opens: Any) -> dict[str, Any]:
    return {**PHONE[part], "q": PHONE["q"], "opens": opens}


OPENERS: list[tuple[str, Callable[[Given], Any], dict[str, Any]]] = [
    ("epoch seed", open_seed, {**SEALED["epoch_seed"], "opens": SEALED["epoch_seed"]["epoch_seed"]}),
    *((f"unlock {v['method']}", open_unlock, v) for v in SEALED["unlock"]),
    ("vault", open_vault, SEALED["vault"]),
    ("capsule", open_capsule, MESSAGES["capsule"]),
    ("message", open_message, MESSAGES["message"]),
    ("page", open_page, MESSAGES["page"]),
    ("card", open_card, SEALED["cards"]["card"]),
    ("entry", open_entry, SEALED["cards"]["entry"]),
    ("index page", open_index, SEALED["cards"]["page"]),
    ("ask", open_ask, phone("ask", PHONE["bind_i"])),
    ("code", open_code, phone("code", "042137")),
    ("reply", open_reply, phone("reply", PHONE["reply"]["proofs"])),
]
BAD = [(f"{name}: {bad['name']}", do, given, bad) for name, do, given in OPENERS for bad in given["bad"]]


@pytest.mark.parametrize(("name", "do", "given"), OPENERS, ids=[o[0] for o in OPENERS])
def test_it_opens_as_recorded(name: str, do: Callable[[Given], Any], given: dict[str, Any]) -> None:
    opened = do(Given(given))
    assert (opened.hex() if isinstance(opened, bytes) else opened) == given["opens"]


@pytest.mark.parametrize(("name", "do", "given", "bad"), BAD, ids=[b[0] for b in BAD])
def test_anything_else_is_refused(
    name: str, do: Callable[[Given], Any], given: dict[str, Any], bad: dict[str, Any]
) -> None:
    with pytest.raises(FramingError) as refused:
        do(Given({**given, **bad["set"]}))
    assert type(refused.value).__name__ == bad["error"], str(refused.value)


def test_the_previous_epochs_seed_is_used_only_if_its_own_event_names_it() -> None:
    told = SEALED["epoch_seed"]["previous"]
    roster = Roster.verify(CHAIN[: SEALED["epoch_seed"]["roster_seq"]])
    unit = bytes.fromhex(SEALED["epoch_seed"]["unit"])
    before, second_unit = Roster.verify(CHAIN[:9]).epoch(unit), Roster.verify(CHAIN[:9])
    keys = EpochKeys.from_seed(bytes.fromhex(told["epoch_seed"]))
    opened = roster_writing.open_previous(
        roster, keys, roster.epoch(unit), before, bytes.fromhex(told["sealed"])
    )
    assert opened.seed.hex() == told["opens"]
    other = next(e for u, e in second_unit.units.items() if u != unit)
    with pytest.raises(Altered):
        roster_writing.open_previous(roster, keys, roster.epoch(unit), other, bytes.fromhex(told["sealed"]))


@pytest.mark.parametrize("told", SEALED["password"], ids=lambda v: v["name"])
def test_a_password_derives_as_recorded(told: dict[str, Any]) -> None:
    assert unlock.fold_name(told["name"]).hex() == told["name_folded"]
    assert unlock.fold_password(told["password"]).hex() == told["password_folded"]
    keys = unlock.derive_password(told["instance"], told["name"], told["password"])
    assert (keys.find.hex(), keys.m.hex(), keys.auth.hex()) == (told["find"], told["m"], told["auth"])
    server = bytes.fromhex(told["server_secret"])
    assert find_row(server, keys.find).hex() == told["row"]
    assert stored_auth(server, keys.find, keys.auth).hex() == told["stored"]
    share = password_share(server, keys.find)
    assert (share.hex(), keys.secret(share).hex()) == (told["share"], told["secret"])


def test_message_tokens_and_signed_keys_are_the_recorded_ones() -> None:
    t, c = bytes.fromhex(MESSAGES["t"]), bytes.fromhex(MESSAGES["c"])
    derived = {
        "write": messages.write_token(t),
        "k_m": messages.message_key(t),
        "reminder_id": messages.reminder_id(messages.message_key(t), MESSAGES["message"]["send_day"]),
        "act": messages.act_token(c),
        "delete": messages.delete_token(c),
        "h": messages.handle(c),
        "k_page": messages.page_key(c),
        "stop": messages.stop_token(c),
        "act_tag": act_tag(bytes.fromhex(MESSAGES["server_secret"]), messages.act_token(c)),
    }
    assert {name: value.hex() for name, value in derived.items()} == {
        name: MESSAGES[name] for name in derived
    }
    told, inst = MESSAGES["day_key"], MESSAGES["capsule"]["instance"]
    notifier, sig = bytes.fromhex(told["notifier_pk"]), bytes.fromhex(told["sig"])
    rows.check_day_key(notifier, inst, told["day"], DAY.pk, sig)
    with pytest.raises(Altered):
        rows.check_day_key(notifier, inst, "2027-03-26", DAY.pk, sig)
    code, code_sig = MESSAGES["code_key"], bytes.fromhex(MESSAGES["code_key"]["sig"])
    rows.check_code_key(notifier, inst, code["since"], code["until"], DAY.pk, code_sig)
    with pytest.raises(Altered):
        rows.check_code_key(notifier, inst, code["since"], "2027-03-09", DAY.pk, code_sig)


def test_proofs_hold_for_one_address_one_booking_key_one_month() -> None:
    notifier = bytes.fromhex(PHONE["notifier_pk"])
    r, salt, booking_pk = (bytes.fromhex(PHONE[name][0]) for name in ("r_i", "salt_i", "booking_pk_i"))
    assert phone_check.r_of(bytes.fromhex(PHONE["r"]), 1) == r
    check = NumberCheck(r, salt, PHONE["month"], bytes.fromhex(PHONE["reply"]["proofs"][0]), booking_pk)
    phone_check.check_number(PHONE["instance"], notifier, 1, "+33600000001", check)
    for kind, address in ((1, "+33600000002"), (2, "+33600000001")):
        with pytest.raises(Altered):
            phone_check.check_number(PHONE["instance"], notifier, kind, address, check)
    for other in (replace(check, month=202704), replace(check, booking_pk=bytes(32)), replace(check, r=salt)):
        with pytest.raises(Altered):
            phone_check.check_number(PHONE["instance"], notifier, 1, "+33600000001", other)


@pytest.mark.parametrize("told", SEALED["files"]["files"], ids=lambda v: str(v["size"]))
def test_a_file_opens_and_no_chunk_is_missed_or_swapped(told: dict[str, Any]) -> None:
    inst, record = SEALED["files"]["instance"], bytes.fromhex(SEALED["files"]["record"])
    ident, digest, key = (bytes.fromhex(told[name]) for name in ("file", "sha256", "key"))
    file = SealedFile(ident, "x", "text/plain", told["size"], digest, key)
    chunks = [bytes.fromhex(chunk) for chunk in told["chunks"]]
    assert len(b"".join(files.open_file(inst, record, file, chunks))) == told["size"]
    for other in (chunks[:-1], [*chunks, chunks[-1]], [chunks[0][:-1]]):
        with pytest.raises(Altered):
            list(files.open_file(inst, record, file, other))
    with pytest.raises(Altered):
        list(files.open_file(inst, bytes(16), file, chunks))


def test_padme_sizes_are_the_recorded_ones() -> None:
    assert [[size, files.padme(size)] for size, _ in SEALED["files"]["padme"]] == SEALED["files"]["padme"]
