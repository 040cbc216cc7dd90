# SPDX-License-Identifier: Apache-2.0
"""The people, keys and places of the vectors. All invented."""

from __future__ import annotations

from make import chance_named, named

from serment.framing import Grant, NewRoot, Notifier, Removal, Revocation, Role, Roster, SignedEvent, Slot
from serment.seal.keys import Cap, ConnectorKeys, UserKeys
from serment.seal.primitives import KemPair, SignPair
from serment.seal.roster_writing import found_practice, member_of, new_epoch, write_events

INSTANCE = "serment-vectors"


def ident(label: str) -> bytes:
    return named(f"id {label}", 16)


PRACTICE, UNIT, UNIT_2 = ident("practice"), ident("unit general"), ident("unit second")
AGENDA, VISIT_TYPE = ident("agenda bento"), ident("visit type first visit")
START = 1_805_954_400  # 2027-03-24T14:00:00Z
SLOT = Slot(AGENDA, START, 30, VISIT_TYPE)

BENTO, SAM, MALLORY = (UserKeys.from_seed(named(f"user seed {who}")) for who in ("bento", "sam", "mallory"))
ROOT, NEW_ROOT_PAIR, NOTIFIER = (
    SignPair.from_seed(named(f"sign seed {w}")) for w in ("root", "new root", "notifier")
)
CONNECTOR = ConnectorKeys(
    named("connector seed"),
    KemPair.from_seed(named("connector kem seed")),
    SignPair.from_seed(named("connector sign seed")),
)
FULL_CONNECTOR = ConnectorKeys(
    named("full connector seed"),
    KemPair.from_seed(named("full connector kem seed")),
    SignPair.from_seed(named("full connector sign seed")),
)
CAP, OTHER_CAP = Cap.from_secret(named("cap alice")), Cap.from_secret(named("cap tom"))

BENTO_FIRST = member_of(BENTO, ident("bento"), Role.OWNER, [UNIT])
BENTO_MEMBER = member_of(BENTO, ident("bento"), Role.OWNER, [UNIT, UNIT_2])
SAM_MEMBER = member_of(SAM, ident("sam"), Role.SECRETARY, [UNIT])
MALLORY_MEMBER = member_of(MALLORY, ident("mallory"), Role.SECRETARY, [UNIT, UNIT_2])
GRANT = Grant(ident("connector"), CONNECTOR.kem.pk, CONNECTOR.sign.pk, UNIT, 1, 1, 30)
FULL_GRANT = Grant(ident("full connector"), FULL_CONNECTOR.kem.pk, FULL_CONNECTOR.sign.pk, UNIT, 7, 1, 30)

CHAIN: list[SignedEvent] = []
AT: dict[str, Roster] = {}


def _on(name: str, roster: Roster, *steps: object) -> Roster:
    events, after = write_events(roster, steps)  # type: ignore[arg-type]
    CHAIN.extend(events)
    AT[name] = after
    return after


with chance_named("epoch 1"):
    first, state = found_practice(INSTANCE, PRACTICE, ROOT, BENTO_FIRST)
    CHAIN.append(first)
    AT["genesis"] = state
    EPOCH_1 = new_epoch(state, UNIT, [BENTO_FIRST])
state = _on("open", state, (BENTO.sign, EPOCH_1.event))
state = _on("sam", state, (BENTO.sign, SAM_MEMBER))
state = _on(
    "linked", state, (BENTO.sign, GRANT), (BENTO.sign, FULL_GRANT), (BENTO.sign, Notifier(NOTIFIER.pk))
)
state = _on("mallory", state, (BENTO.sign, BENTO_MEMBER), (BENTO.sign, MALLORY_MEMBER))
with chance_named("second unit"):
    SECOND_1 = new_epoch(state, UNIT_2, state.members_of(UNIT_2))
state = _on("two units", state, (BENTO.sign, SECOND_1.event))
with chance_named("epoch 2"):
    EPOCH_2 = new_epoch(state, UNIT, [BENTO_MEMBER, SAM_MEMBER], EPOCH_1.keys)
    SECOND_2 = new_epoch(state, UNIT_2, [BENTO_MEMBER], SECOND_1.keys)
state = _on(
    "mallory gone",
    state,
    (BENTO.sign, Removal(MALLORY_MEMBER.id)),
    (BENTO.sign, EPOCH_2.event),
    (BENTO.sign, SECOND_2.event),
)
state = _on("unlinked", state, (BENTO.sign, Revocation(GRANT.connector)))
state = _on("new paper", state, (ROOT, NewRoot(NEW_ROOT_PAIR.pk)))
