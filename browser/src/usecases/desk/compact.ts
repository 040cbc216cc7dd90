// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * Compaction: whoever opens a record first puts a stanza under the unit's K_rec beside the public-key one, looks at
 * what the server really stored, and only then lets the public-key stanza fall.
 */
import { base64, fromBase64, hex, uuidFromId } from '../../seal/bytes';
import { SealError } from '../../seal/errors';
import { checkSameKeys, compact as compactRecord } from '../../seal/readers';
import type { SealedRecord } from '../../seal/revision';
import { Refused } from '../../wire/problem';
import type { Base64, Id } from '../../wire/types';
import type { OpenedRow } from './open_records';
import { postDrop, postStanzas } from './routes';
import type { OpenDesk } from './unlock';

/** Records in one request: the server takes 500. */
export const COMPACT_BATCH_RECORDS = 200;

interface Draft {
  record: SealedRecord;
  add: { record: Id; rev: number; head: Base64; bytes: Base64 };
  oldKid: Base64;
}

function recordKey(desk: OpenDesk, record: SealedRecord) {
  return desk.units.get(uuidFromId(record.place.unit))?.[0]?.keys.record;
}

async function draft(desk: OpenDesk, record: SealedRecord): Promise<Draft | null> {
  const key = recordKey(desk, record);
  if (key === undefined) return null;
  const { bytes, replaces } = await compactRecord(record, desk.ring, key);
  return {
    record,
    add: { record: uuidFromId(record.place.record), rev: record.place.rev, head: base64(record.head), bytes: base64(bytes) },
    oldKid: base64(replaces),
  };
}

/** The drafts whose stored stanza, opened, wraps the same content keys. */
async function kept(desk: OpenDesk, drafts: readonly Draft[]): Promise<{ good: Draft[]; bad: number }> {
  const { stored } = await postStanzas(desk.practice.practice, drafts.map(({ add }) => add));
  const good: Draft[] = [];
  let bad = 0;
  for (const one of drafts) {
    const key = recordKey(desk, one.record)!;
    const answer = stored.find(({ record, rev, kid }) => record === one.add.record && rev === one.add.rev && hex(fromBase64(kid)) === hex(key.kid));
    if (answer === undefined) continue;
    try {
      await checkSameKeys(one.record, desk.ring, fromBase64(answer.bytes), key);
      good.push(one);
    } catch (error) {
      if (!(error instanceof SealError)) throw error;
      bad += 1;
    }
  }
  return { good, bad };
}

/**
 * Compacts what was opened through a public-key stanza; answers how many, and for how many the server stored other
 * keys than it was given (those keep both stanzas). A record that changed meanwhile is left for the next opening.
 */
export async function compactRows(desk: OpenDesk, rows: readonly OpenedRow[]): Promise<{ compacted: number; bad: number }> {
  const records = rows.flatMap(({ compactable, record }) => (compactable && record !== null ? [record] : []));
  let compacted = 0;
  let bad = 0;
  for (let from = 0; from < records.length; from += COMPACT_BATCH_RECORDS) {
    const drafts = (await Promise.all(records.slice(from, from + COMPACT_BATCH_RECORDS).map((record) => draft(desk, record)))).filter((one) => one !== null);
    if (drafts.length === 0) continue;
    try {
      const checked = await kept(desk, drafts);
      bad += checked.bad;
      if (checked.good.length > 0) {
        await postDrop(desk.practice.practice, checked.good.map(({ add, oldKid }) => ({ record: add.record, rev: add.rev, kid: oldKid })));
      }
      compacted += checked.good.length;
    } catch (error) {
      // Somebody moved one of them meanwhile: the whole batch is refused, and the next opening finds the rest.
      if (!(error instanceof Refused)) throw error;
    }
  }
  return { compacted, bad };
}
