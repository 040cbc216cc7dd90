# SPDX-License-Identifier: Apache-2.0
"""Write a practice's roster: events, and the epoch seeds that go with them. Source: spec/roster.md, rdv1.md 3."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from serment.framing.conventions import (
    BOX_OVERHEAD_BYTES,
    HPKE_OVERHEAD_BYTES,
    KEY_BYTES,
    T,
    derive,
    exactly,
    instance_bytes,
    u32,
)
from serment.framing.errors import Altered
from serment.framing.roster import NO_HEAD, Roster
from serment.framing.roster_events import Epoch, Event, Genesis, Member, Payload, Role, SignedEvent
from serment.seal.chance import draw
from serment.seal.keys import EpochKeys, UserKeys
from serment.seal.primitives import KemPair, SignPair, box, hpke_open, hpke_seal, unbox

SEALED_SEED_BYTES: Final = HPKE_OVERHEAD_BYTES + KEY_BYTES
PREVIOUS_SEED_BYTES: Final = BOX_OVERHEAD_BYTES + KEY_BYTES

Step = tuple[SignPair, Payload]


@dataclass(frozen=True, slots=True)
class NewEpoch:
    """A unit's new keys: the event, the seed sealed to each member (by kid), the seed before under this one."""

    event: Epoch
    keys: EpochKeys = field(repr=False)
    seeds: dict[bytes, bytes]
    previous: bytes | None


def member_of(keys: UserKeys, member: bytes, role: Role, units: Iterable[bytes]) -> Member:
    """The member event that names these keys' public halves."""
    return Member(member, keys.kem.pk, keys.sign.pk, role, tuple(sorted(set(units))))


def found_practice(
    instance: str, practice: bytes, root: SignPair, owner: Member
) -> tuple[SignedEvent, Roster]:
    """The genesis, signed by the root, and the roster it makes."""
    event = _sign(practice, 1, NO_HEAD, root, Genesis(instance, root.pk, owner))
    return event, Roster.verify([event])


def write_events(roster: Roster, steps: Sequence[Step]) -> tuple[list[SignedEvent], Roster]:
    """Sign these payloads, in order, on top of the roster; and the roster they make. Raises as `Roster.extend`."""
    events: list[SignedEvent] = []
    for signer, payload in steps:
        prev = events[-1].head if events else roster.head
        events.append(_sign(roster.practice, roster.seq + len(events) + 1, prev, signer, payload))
    return events, roster.extend(events)


def _sign(practice: bytes, seq: int, prev: bytes, signer: SignPair, payload: Payload) -> SignedEvent:
    event = Event(practice, seq, prev, signer.pk, payload).to_bytes()
    return SignedEvent(event, signer.sign(event))


# ---------------------------------------------------------------- epochs


def new_epoch(
    roster: Roster, unit: bytes, members: Sequence[Member], previous: EpochKeys | None = None
) -> NewEpoch:
    """Draw the unit's next epoch for these members (after a removal: those who stay).

    `previous` is the present epoch's keys, so that earlier rows stay readable until they are re-wrapped; None when
    there is none, or nobody left who holds it.
    """
    e = roster.units[unit].e + 1 if unit in roster.units else 1
    keys = EpochKeys.from_seed(draw(KEY_BYTES))
    kids = tuple(sorted(member.kem_kid for member in members))
    event = Epoch(unit, e, keys.kem.pk, keys.k_rec.kid, kids)
    seeds = {m.kem_kid: seal_seed(roster, unit, e, m.kem_pk, m.kem_kid, keys.seed) for m in members}
    sealed = None if previous is None else _seal_previous(roster, unit, e, keys, previous)
    return NewEpoch(event, keys, seeds, sealed)


def _seed_info(roster: Roster, unit: bytes, e: int, kid: bytes) -> bytes:
    return T("epoch seed") + instance_bytes(roster.instance) + roster.practice + unit + u32(e) + kid


def seal_seed(roster: Roster, unit: bytes, e: int, pk: bytes, kid: bytes, seed: bytes) -> bytes:
    """1,168 bytes: an epoch seed, to one member (also to one who joins later)."""
    return hpke_seal(pk, _seed_info(roster, unit, e, kid), exactly(seed, KEY_BYTES, "epoch seed"))


def open_seed(roster: Roster, unit: bytes, user: KemPair, sealed: bytes) -> EpochKeys:
    """The unit's present keys. Altered unless they are the ones event 4 names: hard stop."""
    epoch = roster.epoch(unit)
    exactly(sealed, SEALED_SEED_BYTES, "epoch seed")
    keys = EpochKeys.from_seed(hpke_open(user, _seed_info(roster, unit, epoch.e, user.kid), sealed))
    keys.check(epoch)
    return keys


def _previous_aad(roster: Roster, unit: bytes, e: int) -> bytes:
    return T("prev") + instance_bytes(roster.instance) + roster.practice + unit + u32(e)


def _seal_previous(roster: Roster, unit: bytes, e: int, keys: EpochKeys, previous: EpochKeys) -> bytes:
    return box(derive(keys.seed, "prev"), _previous_aad(roster, unit, e), previous.seed)


def open_previous(roster: Roster, keys: EpochKeys, epoch: Epoch, before: Epoch, sealed: bytes) -> EpochKeys:
    """The keys of the epoch before, checked against that epoch's own event 4. 60 bytes."""
    if (epoch.unit, epoch.e) != (before.unit, before.e + 1):
        raise Altered("epoch")
    exactly(sealed, PREVIOUS_SEED_BYTES, "previous seed")
    keys.check(epoch)
    found = EpochKeys.from_seed(
        unbox(derive(keys.seed, "prev"), _previous_aad(roster, epoch.unit, epoch.e), sealed)
    )
    found.check(before)
    return found
