// SPDX-License-Identifier: AGPL-3.0-or-later
/** Opens what the agenda's answer carries: identities for the list now, signatures in idle time. */
import { verifyStanding } from '../../seal/act';
import { SealError, Unaddressed } from '../../seal/errors';
import type { OpenedGroups } from '../../seal/groups';
import { openMany, type Opened } from '../../seal/record';
import { verifyRevision, type SealedRecord } from '../../seal/revision';
import type { Sealed } from '../../wire/types';
import { recordOf, slotOf } from '../sealing';
import type { Identity, Reading } from './model';
import type { OpenDesk } from './unlock';

/** A row as far as this desk may read it. `record` is kept for compaction and the signature. */
export interface OpenedRow {
  row: Sealed;
  record: SealedRecord | null;
  reading: Reading;
  identity: Identity | null;
  /** Read through the unit's public-key stanza: to be compacted. */
  compactable: boolean;
}

export function identityOf(groups: OpenedGroups): Identity | null {
  const { id } = groups;
  if (id === null) return null;
  return { surname: id.usedName ?? id.birthName, firstName: id.givenName, birthName: id.birthName, usedName: id.usedName, birthDate: id.birthDate, sex: id.sex, relation: id.relation, series: id.series, quiet: id.quiet, steering: { t: id.t, h: id.h } };
}

/** The record of a row that stands where it was sealed, else the error that refuses it. */
async function standing(desk: OpenDesk, row: Sealed): Promise<SealedRecord | SealError> {
  try {
    const record = recordOf(desk.instance, row);
    // A row at another slot than the sealed one would lend its identity to a time nobody sealed it to.
    await verifyStanding(record.place, slotOf(row.slot), null, null);
    return record;
  } catch (error) {
    if (error instanceof SealError) return error;
    throw error;
  }
}

function readingOf(result: Opened | SealError): Reading {
  if (!(result instanceof SealError)) return 'open';
  return result instanceof Unaddressed ? 'foreign' : 'unreadable';
}

/** Opens every row, each with its own result: an altered one hides no other. */
export async function openRows(desk: OpenDesk, rows: readonly Sealed[]): Promise<OpenedRow[]> {
  const records = await Promise.all(rows.map((row) => standing(desk, row)));
  const openable = records.filter((record): record is SealedRecord => !(record instanceof SealError));
  const results = await openMany(openable, desk.ring);
  const resultOf = new Map(openable.map((record, index) => [record, results[index]!]));
  return rows.map((row, index) => {
    const record = records[index]!;
    if (record instanceof SealError) return { row, record: null, reading: readingOf(record), identity: null, compactable: false };
    const result = resultOf.get(record)!;
    if (result instanceof SealError) return { row, record, reading: readingOf(result), identity: null, compactable: false };
    return { row, record, reading: 'open', identity: identityOf(result.groups), compactable: result.compactable };
  });
}

/** Whether the revision carries a valid signature of whoever the row says wrote it. */
export async function isSigned(desk: OpenDesk, record: SealedRecord): Promise<boolean> {
  const { roster } = desk.trusted;
  try {
    await verifyRevision(record, roster);
    return true;
  } catch (error) {
    if (error instanceof SealError) return false;
    throw error;
  }
}

/** Whether somebody who could read the unit has left it since this was sealed. */
export function isOfFormerList(desk: OpenDesk, record: SealedRecord): boolean {
  try {
    return desk.trusted.roster.sealedToFormerReaders(record.head, record.place.unit);
  } catch (error) {
    if (error instanceof SealError) return true;
    throw error;
  }
}
