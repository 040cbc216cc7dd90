// SPDX-License-Identifier: AGPL-3.0-or-later
/** Opens one group of one record on demand: contact when somebody asks for it, the reason when the panel opens. */
import { Altered } from '../../seal/errors';
import type { Contact, OpenedGroups, Reason } from '../../seal/groups';
import { open } from '../../seal/record';
import type { SealedRecord } from '../../seal/revision';
import type { Id, Sealed } from '../../wire/types';
import { reasonOf, recordOf } from '../sealing';
import { isSigned } from './open_records';
import { postRead } from './routes';
import type { OpenDesk } from './unlock';
import { underPresentKeys } from './units';

export interface Read {
  row: Sealed;
  record: SealedRecord;
  groups: OpenedGroups;
  signed: boolean;
}

/**
 * Fetches these groups of one record and opens them; the signature is checked first and told beside.
 * `rev` is the revision on screen: another one is Altered here, since its slot is not the one shown. Null takes the one that stands.
 * Throws SealError, Refused, NoAnswer, NotNow.
 */
export function readGroups(desk: OpenDesk, record: Id, rev: number | null, groups: readonly ('id' | 'ct' | 'rs')[], purpose: string): Promise<Read> {
  return underPresentKeys(desk, () => readOnce(desk, record, rev, groups, purpose));
}

async function readOnce(desk: OpenDesk, record: Id, rev: number | null, groups: readonly ('id' | 'ct' | 'rs')[], purpose: string): Promise<Read> {
  const row = await postRead(desk.practice.practice, record, groups, desk.kids, purpose);
  if (row.record !== record || (rev !== null && row.rev !== rev)) throw new Altered('revision');
  const sealed = recordOf(desk.instance, row);
  const signed = await isSigned(desk, sealed);
  return { row, record: sealed, groups: (await open(sealed, desk.ring)).groups, signed };
}

/** The contact of one record, which no list ever carries. */
export async function readContact(desk: OpenDesk, record: Id, rev: number): Promise<Contact> {
  const { groups } = await readGroups(desk, record, rev, ['ct'], 'contact');
  if (groups.ct === null) throw new Altered('contact');
  return groups.ct;
}

/** The reason of one record; ERASED from the day after. */
export async function readReason(desk: OpenDesk, record: Id, rev: number): Promise<Reason> {
  const { row, groups } = await readGroups(desk, record, rev, ['rs'], 'detail');
  const reason = reasonOf(row, groups.rs);
  if (reason === null) throw new Altered('reason');
  return reason;
}
