# SPDX-License-Identifier: Apache-2.0
"""rdv1 with keys: seal and open. For notifier, agent, demo and tests; the server never imports it.

Keys are arguments; content keys and randomness never are. Errors are those of `serment.framing.errors`. Every
process that holds keys calls `self_test()` at start; it raises CryptographyMissing.

    keys            Cap.new() / .from_secret(32 bytes)   .row_token .k_cap .booking .patient .pkh
                    UserKeys, EpochKeys (.from_seed), ConnectorKeys; UserKeys.check(member), EpochKeys.check(epoch)
    payload         Identity, Contact, Reason (Answer, SealedFile, NumberCheck): to_json / from_json, strict
    record          seal_booking(context, (identity, contact, reason), cap, roster) -> Sealed(revision, stanzas)
                    seal_by_member(context, payloads, k_rec, roster, booking_pk=, patient_pk=, signer=)
                    open_revision(revision, stanzas, key); open_record(context, stanzas, key, bodies, patient_pk)
                    compact(context, stanzas, unit_pair, k_rec) -> Stanza; add_reader(...); check_same_keys(...)
                    sign_act(context, n, Act.CANCEL, signer); sign_move_note(...)
    roster_writing  found_practice, member_of, write_events(roster, [(signer, payload), ...]) -> (events, roster)
                    new_epoch(roster, unit, members, previous) -> NewEpoch(event, keys, seeds, previous)
                    open_seed, open_previous, seal_seed (for a member who joins later)
    unlock          seal_unlock / open_unlock(UnlockPlace(...), secret, ...), derive_password, recovery_*, vault
    messages        draw_t, draw_c, handle(c), act_token(c), ...; seal_* / open_* of capsule, message, page
    phone_check     ask, code, reply, prove, check_number
    cards, files    cards, index entries and pages; documents in chunks
"""

from serment.seal.startup import CryptographyMissing, self_test

__all__ = ["CryptographyMissing", "self_test"]
