"""Law of the roster: every history an owner may write verifies; no byte of it can be changed, no signer replaced."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from serment.framing import (
    Event,
    FramingError,
    Grant,
    Member,
    NewRoot,
    Notifier,
    Removal,
    Revocation,
    Role,
    Roster,
    SignedEvent,
)
from serment.framing.conventions import sha256
from serment.framing.roster_events import Payload
from serment.seal.keys import UserKeys
from serment.seal.primitives import KemPair, SignPair
from serment.seal.roster_writing import Step, found_practice, member_of, new_epoch, write_events

PRACTICE = sha256(b"practice")[:16]
UNITS = sorted(sha256(f"unit {n}".encode())[:16] for n in range(3))
PEOPLE = [UserKeys.from_seed(sha256(f"person {n}".encode())) for n in range(12)]
LINKED = [
    (KemPair.from_seed(sha256(f"ck {n}".encode())), SignPair.from_seed(sha256(f"cs {n}".encode())))
    for n in range(6)
]
ROOTS = [SignPair.from_seed(sha256(f"root {n}".encode())) for n in range(6)]
NOTIFIERS = [SignPair.from_seed(sha256(f"notifier {n}".encode())) for n in range(6)]
MALLORY = SignPair.from_seed(sha256(b"mallory"))


class History:
    """Writes one valid step after another, as chance picks them."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.people, self.linked = list(PEOPLE), list(LINKED)
        self.roots, self.notifiers = list(ROOTS), list(NOTIFIERS)
        self.root = self.roots.pop()
        self.keys: dict[bytes, UserKeys] = {}
        owner = self.newcomer(Role.OWNER, UNITS)
        event, self.roster = found_practice("serment-laws", PRACTICE, self.root, owner)
        self.chain = [event]
        self.say([(self.an_owner(), new_epoch(self.roster, unit, [owner]).event) for unit in UNITS[:2]])

    def newcomer(self, role: Role, units: list[bytes]) -> Member:
        keys = self.people.pop()
        ident = sha256(keys.seed + b"id")[:16]
        self.keys[ident] = keys
        return member_of(keys, ident, role, units)

    def an_owner(self) -> SignPair:
        owners = [m for m in self.roster.members.values() if m.role is Role.OWNER] or list(
            self.roster.members.values()
        )
        return self.keys[self.dice.choice(sorted(owners, key=lambda m: m.id)).id].sign

    def say(self, steps: list[Step]) -> None:
        events, self.roster = write_events(self.roster, steps)
        self.chain.extend(events)

    def step(self) -> None:
        self.dice.choice(
            [self.join, self.join, self.leave, self.grant, self.revoke, self.rotate, self.rename]
        )()

    def join(self) -> None:
        if self.people:
            signer = self.dice.choice([self.an_owner(), self.root])
            units = self.dice.sample(UNITS, self.dice.randint(0, 3))
            self.say([(signer, self.newcomer(self.dice.choice(list(Role)), units))])

    def leave(self) -> None:
        for member in self.dice.sample(sorted(self.roster.members.values(), key=lambda m: m.id), 1):
            stay = [m for m in self.roster.members.values() if m.id != member.id]
            owners = [m for m in stay if m.role is Role.OWNER]
            sealed = {u: [m for m in stay if u in m.units] for u in member.units if u in self.roster.units}
            if not owners or not all(sealed.values()):
                return
            signer = self.keys[owners[0].id].sign
            epochs = [(signer, new_epoch(self.roster, u, people).event) for u, people in sealed.items()]
            self.say([(signer, Removal(member.id)), *epochs])

    def grant(self) -> None:
        if self.linked:
            kem, sign = self.linked.pop()
            mask, unit = self.dice.randint(1, 7), self.dice.choice(sorted(self.roster.units))
            grant = Grant(kem.kid, kem.pk, sign.pk, unit, mask, 1, 30)
            self.say([(self.an_owner(), grant)])

    def revoke(self) -> None:
        if self.roster.grants:
            connector, _ = sorted(self.roster.grants)[0]
            self.say([(self.an_owner(), Revocation(connector))])

    def rotate(self) -> None:
        unit = self.dice.choice(UNITS)
        if members := self.roster.members_of(unit):
            self.say([(self.an_owner(), new_epoch(self.roster, unit, members).event)])

    def rename(self) -> None:
        if self.notifiers and self.dice.random() < 0.5:
            self.say([(self.an_owner(), Notifier(self.notifiers.pop().pk))])
        elif self.roots:
            after = self.roots.pop()
            self.say([(self.root, NewRoot(after.pk))])
            self.root = after


HISTORIES = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def history(seed: int, steps: int) -> History:
    told = History(seed)
    for _ in range(steps):
        told.step()
    return told


@HISTORIES
@given(st.integers(0, 10_000), st.integers(1, 15))
def test_every_history_an_owner_writes_verifies_to_the_same_state(seed: int, steps: int) -> None:
    told = history(seed, steps)
    verified = Roster.verify(told.chain, told.chain[0].head[:20])
    assert verified == told.roster
    assert all(Event.parse(signed.event).to_bytes() == signed.event for signed in told.chain)
    for unit, epoch in verified.units.items():
        assert set(epoch.members) <= {m.kem_kid for m in verified.members_of(unit)}


@HISTORIES
@given(st.integers(0, 10_000), st.integers(1, 8), st.data())
def test_no_byte_of_a_history_can_be_changed(seed: int, steps: int, data: st.DataObject) -> None:
    told = history(seed, steps)
    index = data.draw(st.integers(0, len(told.chain) - 1))
    signed = told.chain[index]
    whole = bytearray(signed.event + signed.sig)
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    cut = len(signed.event)
    told.chain[index] = SignedEvent(bytes(whole[:cut]), bytes(whole[cut:]))
    with pytest.raises(FramingError):
        Roster.verify(told.chain, history(seed, 0).chain[0].head[:20])


@HISTORIES
@given(st.integers(0, 10_000), st.integers(1, 8), st.data())
def test_mallory_writes_no_event_in_anybodys_place(seed: int, steps: int, data: st.DataObject) -> None:
    """She signs a true event anew, under her own key or under the owner's name."""
    told = history(seed, steps)
    index = data.draw(st.integers(0, len(told.chain) - 1))
    event = Event.parse(told.chain[index].event)
    named = replace(event, signer_pk=MALLORY.pk) if data.draw(st.booleans()) else event
    data_bytes = named.to_bytes()
    with pytest.raises(FramingError):
        Roster.verify([*told.chain[:index], SignedEvent(data_bytes, MALLORY.sign(data_bytes))])


@HISTORIES
@given(st.integers(0, 10_000), st.integers(2, 10), st.data())
def test_an_event_left_out_or_two_exchanged_never_verify(seed: int, steps: int, data: st.DataObject) -> None:
    told = history(seed, steps)
    index = data.draw(st.integers(0, len(told.chain) - 2))
    without = told.chain[:index] + told.chain[index + 1 :]
    with pytest.raises(FramingError):
        Roster.verify(without, told.chain[0].head[:20])
    exchanged = [*told.chain[:index], told.chain[index + 1], told.chain[index], *told.chain[index + 2 :]]
    with pytest.raises(FramingError):
        Roster.verify(exchanged, told.chain[0].head[:20])


@HISTORIES
@given(st.integers(0, 10_000), st.integers(1, 8))
def test_a_removed_owner_signs_nothing_more(seed: int, steps: int) -> None:
    told = history(seed, steps)
    if not told.people:
        return
    former = told.newcomer(Role.OWNER, [])
    told.say([(told.root, former)])
    told.say([(told.root, Removal(former.id))])
    later: Payload = Notifier(MALLORY.pk)
    with pytest.raises(FramingError):
        write_events(told.roster, [(told.keys[former.id].sign, later)])
    write_events(told.roster, [(told.an_owner(), later)])
