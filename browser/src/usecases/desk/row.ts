// SPDX-License-Identifier: AGPL-3.0-or-later
/** A row of the practice's routes as the sealing ground reads it. */
import { fromBase64, uuidFromId } from '../../seal/bytes';
import type { SealedRecord } from '../../seal/revision';
import { readSlot } from '../../seal/slot';
import type { Base64, Sealed, Slot } from '../../wire/types';
import { recordOf } from '../sealing';
import { instantText } from './days';

/** The 44 bytes of the slot that was sealed, as a slot of the wire. Throws Unknown on another length. */
export function slotOfBytes(bytes: Base64): Slot {
  const { agenda, start, minutes, visitType } = readSlot(fromBase64(bytes));
  return { agenda: uuidFromId(agenda), start: instantText(start), minutes, visit_type: uuidFromId(visitType) };
}

/** Throws SealError on a form this version does not know. */
export function recordOfRow(instance: string, row: Sealed): SealedRecord {
  const told: unknown = row.sealed_slot;
  return recordOf(instance, typeof told === 'string' ? { ...row, sealed_slot: slotOfBytes(told) } : row);
}
