# SPDX-License-Identifier: Apache-2.0
"""rosters.json: one good chain with the state at each of its ends, and chains that must be refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import people as p
from make import named, write

from serment.framing import (
    Event,
    Genesis,
    Member,
    NewRoot,
    Notifier,
    Removal,
    Revocation,
    Role,
    Roster,
    SignedEvent,
)
from serment.framing.roster_events import Payload
from serment.seal.keys import UserKeys
from serment.seal.primitives import SignPair
from serment.seal.roster_writing import member_of, new_epoch


def state_of(roster: Roster) -> dict[str, Any]:
    """Everything two implementations must agree on."""
    return {
        "seq": roster.seq,
        "head": roster.head.hex(),
        "fingerprint": roster.fingerprint.hex(),
        "instance": roster.instance,
        "practice": roster.practice.hex(),
        "root_pk": roster.root_pk.hex(),
        "notifier_pk": roster.notifier_pk.hex() if roster.notifier_pk else None,
        "members": [
            {
                "id": m.id.hex(),
                "role": int(m.role),
                "units": [unit.hex() for unit in m.units],
                "kem_kid": m.kem_kid.hex(),
                "sign_kid": m.sign_kid.hex(),
            }
            for m in sorted(roster.members.values(), key=lambda m: m.id)
        ],
        "units": [
            {"unit": u.unit.hex(), "e": u.e, "kid": u.kid.hex(), "kid_rec": u.kid_rec.hex()}
            for u in sorted(roster.units.values(), key=lambda u: u.unit)
        ],
        "grants": [
            {
                "connector": g.connector.hex(),
                "unit": g.unit.hex(),
                "mask": g.mask,
                "back_days": g.back_days,
                "ahead_days": g.ahead_days,
                "kem_kid": g.kem_kid.hex(),
                "sign_kid": g.sign_kid.hex(),
            }
            for g in sorted(roster.grants.values(), key=lambda g: (g.connector, g.unit))
        ],
    }


def signed(signer: SignPair, after: Roster | None, payload: Payload, **changes: Any) -> SignedEvent:
    """An event on top of a state, whatever the rules say of it."""
    seq, prev = (after.seq + 1, after.head) if after else (1, bytes(32))
    event = replace(Event(p.PRACTICE, seq, prev, signer.pk, payload), **changes).to_bytes()
    return SignedEvent(event, signer.sign(event))


def flipped(event: SignedEvent, at: int, *, sig: bool = False) -> SignedEvent:
    data = bytearray(event.sig if sig else event.event)
    data[at] ^= 1
    return replace(event, sig=bytes(data)) if sig else replace(event, event=bytes(data))


def resigned(signer: SignPair, event: bytes) -> SignedEvent:
    return SignedEvent(event, signer.sign(event))


def json_of(events: list[SignedEvent]) -> list[dict[str, str]]:
    return [{"event": e.event.hex(), "sig": e.sig.hex()} for e in events]


def bad_chains() -> list[tuple[str, str, int, list[SignedEvent]]]:
    """(name, expected error, how many good events come before, the events that must be refused)."""
    at, owner = p.AT, p.BENTO.sign
    gen, opened, sam, linked, two, last = (
        at[n] for n in ("genesis", "open", "sam", "linked", "two units", "new paper")
    )
    gone = at["mallory gone"]
    chain = p.CHAIN
    dave = UserKeys.from_seed(named("user seed dave"))
    dave_member = member_of(dave, p.ident("dave"), Role.PRACTITIONER, [p.UNIT])
    good = signed(owner, sam, dave_member)
    epoch = p.EPOCH_1.event
    third = replace(new_epoch_named(linked), e=2)
    secretary_as_first = replace(p.BENTO_FIRST, role=Role.SECRETARY)
    demoted = replace(p.BENTO_MEMBER, role=Role.SECRETARY)
    narrowed = replace(p.SAM_MEMBER, units=())
    other_keys = replace(p.SAM_MEMBER, kem_pk=dave.kem.pk)
    return [
        ("flipped signature byte", "Altered", 2, [flipped(chain[2], 0, sig=True)]),
        ("flipped key byte", "Altered", 2, [flipped(chain[2], 200)]),
        ("another practice", "Altered", 3, [signed(owner, sam, dave_member, practice=p.ident("other"))]),
        ("seq repeated", "Altered", 3, [signed(owner, sam, dave_member, seq=3)]),
        ("seq skipped", "Altered", 3, [signed(owner, sam, dave_member, seq=5)]),
        ("prev of another event", "Altered", 3, [signed(owner, sam, dave_member, prev=opened.head)]),
        ("event left out", "Altered", 3, [chain[4]]),
        ("events exchanged", "Altered", 1, [chain[2], chain[1]]),
        ("no genesis", "Altered", 0, [chain[1]]),
        (
            "second genesis",
            "Altered",
            1,
            [signed(p.ROOT, gen, Genesis(p.INSTANCE, p.ROOT.pk, p.BENTO_FIRST))],
        ),
        (
            "genesis not signed by its root",
            "Altered",
            0,
            [signed(p.NOTIFIER, None, Genesis(p.INSTANCE, p.ROOT.pk, p.BENTO_FIRST))],
        ),
        (
            "first member is no owner",
            "Altered",
            0,
            [signed(p.ROOT, None, Genesis(p.INSTANCE, p.ROOT.pk, secretary_as_first))],
        ),
        ("signed by a secretary", "Altered", 3, [signed(p.SAM.sign, sam, dave_member)]),
        ("signed by a stranger", "Altered", 3, [signed(p.MALLORY.sign, sam, dave_member)]),
        ("signed by a removed member", "Altered", 12, [signed(p.MALLORY.sign, gone, dave_member)]),
        (
            "owner's name, stranger's signature",
            "Altered",
            3,
            [SignedEvent(good.event, p.MALLORY.sign.sign(good.event))],
        ),
        ("epoch signed by the root", "Altered", 1, [signed(p.ROOT, gen, epoch)]),
        ("grant signed by the root", "Altered", 3, [signed(p.ROOT, sam, p.GRANT)]),
        ("new root signed by an owner", "Altered", 3, [signed(owner, sam, NewRoot(p.NEW_ROOT_PAIR.pk))]),
        ("old root after a new one", "Altered", 14, [signed(p.ROOT, last, dave_member)]),
        (
            "a member's key used before",
            "Altered",
            3,
            [signed(owner, sam, replace(dave_member, kem_pk=p.SAM.kem.pk))],
        ),
        (
            "a removed member's keys come back",
            "Altered",
            12,
            [signed(owner, gone, replace(p.MALLORY_MEMBER, id=p.ident("again"), units=()))],
        ),
        (
            "a removed member's id comes back",
            "Altered",
            12,
            [signed(owner, gone, replace(dave_member, id=p.MALLORY_MEMBER.id))],
        ),
        ("a member's keys change", "Altered", 3, [signed(owner, sam, other_keys)]),
        ("no owner is left", "Altered", 9, [signed(owner, two, demoted)]),
        ("removal without its epochs", "Altered", 9, [chain[9], chain[10]]),
        (
            "removal, then another matter",
            "Altered",
            9,
            [chain[9], signed(owner, two.__class__.verify(chain[:9])._after(chain[9]), dave_member)],
        ),
        ("another matter between removal and epochs", "Altered", 9, matter_between(dave_member)),
        ("a unit taken away without an epoch", "Altered", 3, [signed(owner, sam, narrowed)]),
        ("back in a unit that nobody is in, without its epoch", "Altered", 2, left_and_back()[:2]),
        ("a grant in a unit that nobody is in before its epoch", "Altered", 2, granted_meanwhile()),
        ("removal of nobody", "Altered", 3, [signed(owner, sam, Removal(p.ident("dave")))]),
        ("epoch out of order", "Altered", 6, [signed(owner, linked, replace(third, e=3))]),
        (
            "epoch without one of the members",
            "Altered",
            6,
            [signed(owner, linked, replace(third, members=third.members[:1]))],
        ),
        (
            "epoch to an outsider too",
            "Altered",
            6,
            [signed(owner, linked, replace(third, members=tuple(sorted([*third.members, dave.kem.kid]))))],
        ),
        ("epoch key used before", "Altered", 6, [signed(owner, linked, replace(third, pk=epoch.pk))]),
        ("kid_rec used before", "Altered", 6, [signed(owner, linked, replace(third, kid_rec=epoch.kid_rec))]),
        ("grant in a unit without keys", "Altered", 3, [signed(owner, sam, replace(p.GRANT, unit=p.UNIT_2))]),
        (
            "a connector's keys change",
            "Altered",
            6,
            [signed(owner, linked, replace(p.GRANT, sign_pk=dave.sign.pk))],
        ),
        ("revocation of nobody", "Altered", 3, [signed(owner, sam, Revocation(p.ident("dave")))]),
        ("notifier key used before", "Altered", 6, [signed(owner, linked, Notifier(p.NOTIFIER.pk))]),
        ("trailing byte", "Unknown", 3, [resigned(owner, good.event + b"\0")]),
        ("cut short", "Unknown", 3, [resigned(owner, good.event[:-1])]),
        ("unknown kind", "Unknown", 3, [with_byte(owner, good.event, KIND_AT, 9)]),
        ("kind zero", "Unknown", 3, [with_byte(owner, good.event, KIND_AT, 0)]),
        ("unknown role", "Unknown", 3, [with_byte(owner, good.event, len(good.event) - 21, 4)]),
        ("another prefix", "Unknown", 3, [with_byte(owner, good.event, 3, ord("2"))]),
        ("mask of no group", "Unknown", 3, [with_byte(owner, signed(owner, sam, p.GRANT).event, -13, 0)]),
        (
            "mask of an unknown group",
            "Unknown",
            3,
            [with_byte(owner, signed(owner, sam, p.GRANT).event, -13, 8)],
        ),
        ("window too long", "Unknown", 3, [with_byte(owner, signed(owner, sam, p.GRANT).event, -3, 2)]),
        (
            "units out of order",
            "Unknown",
            3,
            [
                resigned(
                    owner, descending(signed(owner, sam, replace(dave_member, units=p.MALLORY_MEMBER.units)))
                )
            ],
        ),
        ("empty chain", "Unknown", 0, []),
    ]


def left_and_back() -> list[SignedEvent]:
    """On the first two events: the owner, alone in her unit, leaves it, is in it again, and its next epoch follows."""
    owner, opened = p.BENTO.sign, p.AT["open"]
    left = signed(owner, opened, replace(p.BENTO_FIRST, units=()))
    back = signed(owner, None, p.BENTO_FIRST, seq=4, prev=left.head)
    with_keys = signed(
        owner, None, replace(new_epoch_named(opened), members=(p.BENTO.kem.kid,)), seq=5, prev=back.head
    )
    return [left, back, with_keys]


def granted_meanwhile() -> list[SignedEvent]:
    """She is in it again, and a connector is let in before the epoch."""
    left, back, _ = left_and_back()
    return [left, back, signed(p.BENTO.sign, None, p.GRANT, seq=5, prev=back.head)]


def matter_between(newcomer: Member) -> list[SignedEvent]:
    """A removal and its epochs, all well signed, with a newcomer in between who is in none of the units."""
    head, seq = p.CHAIN[8].head, 9
    events = []
    for payload in (
        Removal(p.MALLORY_MEMBER.id),
        replace(newcomer, units=()),
        p.EPOCH_2.event,
        p.SECOND_2.event,
    ):
        events.append(signed(p.BENTO.sign, None, payload, seq=seq + 1, prev=head))
        head, seq = events[-1].head, seq + 1
    return events


KIND_AT = 12 + 16 + 4 + 32


def with_byte(signer: SignPair, event: bytes, at: int, value: int) -> SignedEvent:
    data = bytearray(event)
    data[at] = value
    return resigned(signer, bytes(data))


def descending(event: SignedEvent) -> bytes:
    data = event.event
    return data[:-32] + data[-16:] + data[-32:-16]


def new_epoch_named(roster: Roster) -> Any:
    from make import chance_named

    with chance_named("unused epoch"):
        return new_epoch(roster, p.UNIT, roster.members_of(p.UNIT)).event


def make() -> None:
    good = {
        "name": "practice",
        "events": json_of(p.CHAIN),
        "states": [{"after": name, **state_of(roster)} for name, roster in p.AT.items()],
    }
    bad = [
        {"name": name, "error": error, "keep": keep, "then": json_of(then)}
        for name, error, keep, then in bad_chains()
    ]
    about = (
        "Roster chains. good: events in order; `states` are what the first `seq` events add up to. bad: the first"
        " `keep` events of the good chain, followed by `then`, must be refused with `error` by a verification of"
        " the whole. idle: the first `keep` events, followed by `then`, stand; after `without_keys_after` events"
        " nobody is in `unit` and it has no present keys, after the last one its epoch is `e`."
        " `wrong_fingerprint` with the good chain is Altered."
    )
    keys = {
        "root_seed": named("sign seed root").hex(),
        "bento_user_seed": p.BENTO.seed.hex(),
        "sam_user_seed": p.SAM.seed.hex(),
        "mallory_user_seed": p.MALLORY.seed.hex(),
    }
    write(
        "rosters.json",
        about,
        {
            "keys": keys,
            "wrong_fingerprint": named("wrong fingerprint", 20).hex(),
            "good": good,
            "idle": {
                "keep": 2,
                "then": json_of(left_and_back()),
                "unit": p.UNIT.hex(),
                "without_keys_after": 3,
                "e": 2,
            },
            "bad": bad,
        },
    )
