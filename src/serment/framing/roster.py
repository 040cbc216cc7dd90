# SPDX-License-Identifier: Apache-2.0
"""The state a chain of roster events adds up to, verified event by event. Source: spec/roster.md.

    roster = Roster.verify(chain, fingerprint=pinned)     # a client, from the pinned fingerprint
    roster = roster.extend(batch)                         # the server, before it appends a request's events

A Roster is a value: `extend` answers a new one or raises, and the old one stays as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from serment.framing.conventions import HASH_BYTES, check_signature, kid
from serment.framing.errors import Altered, Stale, Unaddressed, Unknown
from serment.framing.roster_events import (
    EVENTS_MAX,
    Epoch,
    Event,
    Genesis,
    Grant,
    Kind,
    Member,
    NewRoot,
    Notifier,
    Removal,
    Revocation,
    Role,
    SignedEvent,
)

FINGERPRINT_BYTES: Final = 20
NO_HEAD: Final = bytes(HASH_BYTES)
_ROOT_ONLY = frozenset({Kind.GENESIS, Kind.NEW_ROOT})
_ROOT_TOO = frozenset({Kind.MEMBER, Kind.REMOVAL})
_WHILE_EPOCHS_ARE_DUE = frozenset({Kind.REMOVAL, Kind.EPOCH})


@dataclass(frozen=True, slots=True)
class Spell:
    """From which seq until before which one a key could sign in a unit. `mask` 0: a member; else a connector."""

    sign_kid: bytes
    sign_pk: bytes
    unit: bytes
    mask: int
    since: int
    until: int | None = None


@dataclass(frozen=True)
class Roster:
    """A practice at one head. Keys of `grants`: (connector, unit). `heads[i]` is the head after event i + 1."""

    instance: str
    practice: bytes
    root_pk: bytes
    heads: tuple[bytes, ...] = ()
    members: Mapping[bytes, Member] = field(default_factory=dict)
    units: Mapping[bytes, Epoch] = field(default_factory=dict)
    grants: Mapping[tuple[bytes, bytes], Grant] = field(default_factory=dict)
    notifier_pk: bytes | None = None
    spells: tuple[Spell, ...] = ()
    readers_left: Mapping[bytes, int] = field(default_factory=dict)
    used: frozenset[bytes] = frozenset()
    due: frozenset[bytes] = frozenset()

    # ------------------------------------------------------------ reading

    @property
    def seq(self) -> int:
        """The number of the last event; the genesis is 1."""
        return len(self.heads)

    @property
    def head(self) -> bytes:
        """SHA-256 of the last event."""
        return self.heads[-1]

    @property
    def fingerprint(self) -> bytes:
        """The practice's fingerprint: the first 20 bytes of the genesis's head."""
        return self.heads[0][:FINGERPRINT_BYTES]

    def seq_of(self, head: bytes) -> int:
        """The seq of a head of this chain; a head it never had is Altered."""
        try:
            return self.heads.index(head) + 1
        except ValueError:
            raise Altered("head") from None

    def epoch(self, unit: bytes) -> Epoch:
        """The unit's present keys. Unaddressed: a unit without, or one that its last member has left: nobody reads there."""
        if unit not in self.units or unit in self.due:
            raise Unaddressed("unit")
        return self.units[unit]

    def members_of(self, unit: bytes) -> list[Member]:
        """The present members of a unit, by the kid of their X-Wing key."""
        return sorted((m for m in self.members.values() if unit in m.units), key=lambda m: m.kem_kid)

    def grants_of(self, unit: bytes) -> list[Grant]:
        """The present grants in a unit, by the kid of the X-Wing key."""
        return sorted((g for g in self.grants.values() if g.unit == unit), key=lambda g: g.kem_kid)

    def signer(self, sign_kid: bytes, unit: bytes, seq: int, *, connector_mask: int = 0) -> bytes:
        """The Ed25519 key of this kid, if it could sign in the unit at `seq`; else Altered.

        `connector_mask` 0 asks for a member; else for a connector granted at least these groups.
        """
        for spell in self.spells:
            if (spell.sign_kid, spell.unit) != (sign_kid, unit) or bool(spell.mask) != bool(connector_mask):
                continue
            within = spell.since <= seq and (spell.until is None or seq < spell.until)
            if within and spell.mask & connector_mask == connector_mask:
                return spell.sign_pk
        raise Altered("writer")

    def sealed_to_former_readers(self, head: bytes, unit: bytes) -> bool:
        """Whether a member or connector has left the unit since this head (staff browsers mark such records)."""
        return self.seq_of(head) < self.readers_left.get(unit, 0)

    def check_extends(self, seq: int, head: bytes) -> None:
        """Raise Altered unless this chain passes through what a client saw before: else a hard stop."""
        if not 1 <= seq <= self.seq or self.heads[seq - 1] != head:
            raise Altered("chain")

    # ------------------------------------------------------------ verifying

    @classmethod
    def verify(cls, chain: Sequence[SignedEvent], fingerprint: bytes | None = None) -> Roster:
        """The state after a whole chain. Without a pinned fingerprint the chain is trusted on first use.

        Altered: signature, order, fingerprint, or a rule broken. Unknown: a form this version does not know.
        """
        if not chain:
            raise Unknown("empty roster")
        first = Event.parse(chain[0].event)
        if not isinstance(first.payload, Genesis):
            raise Altered("the first event is no genesis")
        if fingerprint is not None and chain[0].head[:FINGERPRINT_BYTES] != fingerprint:
            raise Altered("fingerprint")
        empty = cls(first.payload.instance, first.practice, first.payload.root_pk)
        try:
            return empty.extend(chain)
        except Stale:
            raise Altered("chain") from None

    def extend(self, batch: Iterable[SignedEvent]) -> Roster:
        """The state after these further events, which stand together or not at all.

        Stale: they were written for another head. A removal without the epochs it calls for is Altered.
        """
        roster = self
        for signed in batch:
            roster = roster._after(signed)
        if roster._epochs_owed():
            raise Altered("a removal without its epochs")
        return roster

    def _after(self, signed: SignedEvent) -> Roster:
        event = Event.parse(signed.event)
        if event.practice != self.practice:
            raise Altered("another practice")
        if event.seq != self.seq + 1 or event.prev != (self.heads[-1] if self.heads else NO_HEAD):
            raise Stale("head")
        if event.seq > EVENTS_MAX:
            raise Unknown("too many events")
        self._check_signer(event)
        check_signature(event.signer_pk, signed.sig, signed.event, "event")
        if self._epochs_owed() and event.payload.kind not in _WHILE_EPOCHS_ARE_DUE:
            raise Altered("a removal without its epochs")
        return replace(self._with(event), heads=(*self.heads, signed.head))

    def _epochs_owed(self) -> bool:
        """Whether somebody is in a unit whose epoch is due. A unit that nobody is in waits for its next member."""
        return any(unit in self.due for member in self.members.values() for unit in member.units)

    def _check_signer(self, event: Event) -> None:
        """Who may sign what: an owner in the state before the event, or the root where the root may."""
        kind = event.payload.kind
        if (kind is Kind.GENESIS) != (not self.heads):
            raise Altered("genesis")
        by_root = event.signer_pk == self.root_pk
        if kind in _ROOT_ONLY:
            allowed = by_root
        else:
            owners = (m.sign_pk for m in self.members.values() if m.role is Role.OWNER)
            allowed = event.signer_pk in owners or (by_root and kind in _ROOT_TOO)
        if not allowed:
            raise Altered("signer")

    def _with(self, event: Event) -> Roster:
        match event.payload:
            case Genesis() as genesis:
                if genesis.owner.role is not Role.OWNER:
                    raise Altered("the first member is no owner")
                return self._claiming(genesis.root_pk)._with_member(genesis.owner, event.seq)
            case Member() as member:
                return self._with_member(member, event.seq)
            case Removal() as removal:
                return self._without_member(removal.id, event.seq)
            case Epoch() as epoch:
                return self._with_epoch(epoch)
            case Grant() as grant:
                return self._with_grant(grant, event.seq)
            case Revocation() as revocation:
                return self._without_connector(revocation.connector, event.seq)
            case Notifier() as notifier:
                return replace(self._claiming(notifier.sign_pk), notifier_pk=notifier.sign_pk)
            case NewRoot() as new_root:
                return replace(self._claiming(new_root.root_pk), root_pk=new_root.root_pk)

    def _claiming(self, *values: bytes) -> Roster:
        """Note keys and identifiers as used; one that was used before, by anybody, is Altered."""
        if len(set(values)) != len(values) or not self.used.isdisjoint(values):
            raise Altered("a key used before")
        return replace(self, used=self.used.union(values))

    def _with_member(self, member: Member, seq: int) -> Roster:
        before = self.members.get(member.id)
        roster = self
        if before is None:
            roster = self._claiming(member.id, member.kem_pk, member.sign_pk)
        elif (before.kem_pk, before.sign_pk) != (member.kem_pk, member.sign_pk):
            raise Altered("a member's keys never change")
        had = before.units if before else ()
        roster = replace(roster, members={**self.members, member.id: member})
        for unit in set(had) - set(member.units):
            roster = roster._leaving(member.sign_kid, unit, seq, epoch_due=True)
        opened = tuple(
            Spell(member.sign_kid, member.sign_pk, unit, 0, seq) for unit in member.units if unit not in had
        )
        roster = replace(roster, spells=roster.spells + opened)
        roster._check_an_owner_is_left()
        return roster

    def _without_member(self, member: bytes, seq: int) -> Roster:
        gone = self.members.get(member)
        if gone is None:
            raise Altered("no such member")
        roster = replace(self, members={key: m for key, m in self.members.items() if key != member})
        for unit in gone.units:
            roster = roster._leaving(gone.sign_kid, unit, seq, epoch_due=True)
        roster._check_an_owner_is_left()
        return roster

    def _leaving(self, sign_kid: bytes, unit: bytes, seq: int, *, epoch_due: bool) -> Roster:
        spells = tuple(
            replace(spell, until=seq)
            if (spell.sign_kid, spell.unit, spell.until) == (sign_kid, unit, None)
            else spell
            for spell in self.spells
        )
        # A unit that has had no epoch yet has no seed anybody could keep.
        due = self.due | {unit} if epoch_due and unit in self.units else self.due
        return replace(self, spells=spells, readers_left={**self.readers_left, unit: seq}, due=due)

    def _check_an_owner_is_left(self) -> None:
        if not any(member.role is Role.OWNER for member in self.members.values()):
            raise Altered("no owner is left")

    def _with_epoch(self, epoch: Epoch) -> Roster:
        last = self.units[epoch.unit].e if epoch.unit in self.units else 0
        if epoch.e != last + 1:
            raise Altered("epoch")
        sealed_to = tuple(member.kem_kid for member in self.members_of(epoch.unit))
        if not sealed_to or epoch.members != sealed_to:
            raise Altered("an epoch is sealed to the unit's members, all of them and nobody else")
        roster = self._claiming(epoch.pk, epoch.kid_rec)
        return replace(roster, units={**self.units, epoch.unit: epoch}, due=self.due - {epoch.unit})

    def _with_grant(self, grant: Grant, seq: int) -> Roster:
        if grant.unit not in self.units:
            raise Altered("a grant in a unit without keys")
        known = [other for (connector, _), other in self.grants.items() if connector == grant.connector]
        roster = self
        if not known:
            roster = self._claiming(grant.connector, grant.kem_pk, grant.sign_pk)
        elif (known[0].kem_pk, known[0].sign_pk) != (grant.kem_pk, grant.sign_pk):
            raise Altered("a connector's keys never change")
        before = self.grants.get((grant.connector, grant.unit))
        if before is not None:
            narrower = before.mask & ~grant.mask != 0
            left = roster.readers_left if not narrower else {**roster.readers_left, grant.unit: seq}
            spells = roster._leaving(grant.sign_kid, grant.unit, seq, epoch_due=False).spells
            roster = replace(roster, spells=spells, readers_left=left)
        spell = Spell(grant.sign_kid, grant.sign_pk, grant.unit, grant.mask, seq)
        grants = {**self.grants, (grant.connector, grant.unit): grant}
        return replace(roster, grants=grants, spells=(*roster.spells, spell))

    def _without_connector(self, connector: bytes, seq: int) -> Roster:
        ended = [grant for (key, _), grant in self.grants.items() if key == connector]
        if not ended:
            raise Altered("no such connector")
        kept = {key: grant for key, grant in self.grants.items() if key[0] != connector}
        roster = replace(self, grants=kept)
        for grant in ended:
            roster = roster._leaving(kid(grant.sign_pk), grant.unit, seq, epoch_due=False)
        return roster
