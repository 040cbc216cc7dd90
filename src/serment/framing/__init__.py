# SPDX-License-Identifier: Apache-2.0
"""rdv1 without keys: parse, sizes, contexts, signatures, roster. For the server and for `seal` alike.

Nothing here opens anything, and no private key enters. What does not fit raises, before anything is kept:
Unknown (form), Altered (signature, rule), Unaddressed (not for this reader), Stale (another head, rev or n).

    slot = Slot(agenda, start, minutes, visit_type)             # Slot.parse(44 bytes) / .to_bytes()
    context = RecordContext(instance, practice, unit, record, rev, slot)
    revision = Revision(context, bodies, sig, head, booking_pk, patient_pk, writer, writer_kid)
    revision.check(roster, previous_booking_pk)                  # Altered unless the named writer signed it
    revision.check_fresh(roster)                                 # Stale unless sealed to the present head
    stanza = Stanza.parse(data)                                  # .type .kid .mask
    check_booking_stanzas(stanzas, roster, unit)
    check_act(roster, context, n, Act.CANCEL, sig, last_n=..., booking_pk=..., signer_kid=None)
    check_move_note(roster, context, new_slot, n, sig, last_n=..., signer_kid=...)

    roster = Roster.verify([SignedEvent(event, sig), ...], fingerprint)   # whole chain
    roster = roster.extend([SignedEvent(...), ...])              # one request's events, all or none
    roster.head, .seq, .fingerprint, .members, .units, .grants, .notifier_pk, .epoch(unit), .members_of(unit)
    roster.sealed_to_former_readers(head, unit), roster.check_extends(seq, head)

    CapsuleRow(...), MessageRow(...), check_page(...)            # framing.messages: sizes, day and code keys, proofs
    find_row, stored_auth, password_share, act_tag               # framing.server_secret: the server's own tags
"""

from serment.framing.context import (
    BODY_PADDED_BYTES,
    BODY_SIZES,
    GROUPS,
    MASK_ALL,
    Group,
    RecordContext,
    Slot,
)
from serment.framing.conventions import check_signature, derive, kid, sha256
from serment.framing.envelope import (
    Act,
    Revision,
    Writer,
    check_act,
    check_move_note,
    check_revision_signature,
    patient_key_hash,
)
from serment.framing.errors import Altered, FramingError, Stale, Unaddressed, Unknown, UnreadableBooking
from serment.framing.messages import CapsuleRow, MessageRow, check_day_key, check_page
from serment.framing.roster import Roster
from serment.framing.roster_events import (
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
from serment.framing.server_secret import act_tag, find_row, password_share, stored_auth
from serment.framing.stanza import Stanza, StanzaType, check_booking_stanzas, stanza_for

__all__ = [
    "BODY_PADDED_BYTES",
    "BODY_SIZES",
    "GROUPS",
    "MASK_ALL",
    "Act",
    "Altered",
    "CapsuleRow",
    "Epoch",
    "Event",
    "FramingError",
    "Genesis",
    "Grant",
    "Group",
    "Kind",
    "Member",
    "MessageRow",
    "NewRoot",
    "Notifier",
    "RecordContext",
    "Removal",
    "Revision",
    "Revocation",
    "Role",
    "Roster",
    "SignedEvent",
    "Slot",
    "Stale",
    "Stanza",
    "StanzaType",
    "Unaddressed",
    "Unknown",
    "UnreadableBooking",
    "Writer",
    "act_tag",
    "check_act",
    "check_booking_stanzas",
    "check_day_key",
    "check_move_note",
    "check_page",
    "check_revision_signature",
    "check_signature",
    "derive",
    "find_row",
    "kid",
    "password_share",
    "patient_key_hash",
    "sha256",
    "stanza_for",
    "stored_auth",
]
