// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * After a unit's keys have turned: every record still under older ones is wrapped anew, what is to come first, in batches.
 * Nothing is kept of how far it went but what is stored: whoever comes next, of the unit, goes on. The patient's stanza and those of
 * connectors are never touched.
 */
import { base64, equal, fromBase64, idFromUuid } from '../../seal/bytes';
import { checkSameKeys, compact } from '../../seal/readers';
import { readSlot } from '../../seal/slot';
import type { Place } from '../../seal/context';
import { Altered, SealError } from '../../seal/errors';
import { Refused } from '../../wire/problem';
import type { Base64, Id } from '../../wire/types';
import { postDrop, postStanzas } from '../desk/routes';
import type { OpenDesk } from '../desk/unlock';
import { postOlder, type OlderRecord } from './routes';

export const REWRAP_BATCH_RECORDS = 200;

/** How many are left; `bad`: records whose older stanza opens to nothing, or for which the server stored other keys. */
export interface Progress {
  left: number;
  bad: number;
}

interface Stanzas {
  place: Place;
  stanzas: ReturnType<typeof fromBase64>[];
}

function stanzasOf(desk: OpenDesk, unit: Id, row: OlderRecord): Stanzas {
  const place = {
    instance: desk.instance, practice: idFromUuid(desk.practice.practice), unit: idFromUuid(unit), record: idFromUuid(row.record), rev: row.rev,
    slot: readSlot(fromBase64(row.sealed_slot)),
  };
  return { place, stanzas: row.stanzas.map(({ bytes }) => fromBase64(bytes)) };
}

async function rewrapBatch(desk: OpenDesk, unit: Id, rows: readonly OlderRecord[]): Promise<number> {
  const key = desk.units.get(unit)![0]!.keys.record;
  const made: { row: OlderRecord; record: Stanzas; bytes: Base64 }[] = [];
  let bad = 0;
  for (const row of rows) {
    try {
      const record = stanzasOf(desk, unit, row);
      made.push({ row, record, bytes: base64((await compact(record, desk.ring, key)).bytes) });
    } catch (error) {
      if (!(error instanceof SealError)) throw error;
      bad += 1;
    }
  }
  if (made.length === 0) return bad;
  const { stored } = await postStanzas(desk.practice.practice, made.map(({ row, bytes }) => ({ record: row.record, rev: row.rev, head: row.head, bytes })));
  const drop: { record: Id; rev: number; kid: Base64 }[] = [];
  for (const { row, record } of made) {
    const answer = stored.find((one) => one.record === row.record && one.rev === row.rev && equal(fromBase64(one.kid), key.kid));
    try {
      if (answer === undefined) throw new Altered('stanza');
      await checkSameKeys(record, desk.ring, fromBase64(answer.bytes), key);
      drop.push(...row.stanzas.map(({ kid }) => ({ record: row.record, rev: row.rev, kid })));
    } catch (error) {
      if (!(error instanceof SealError)) throw error;
      bad += 1;
    }
  }
  if (drop.length > 0) await postDrop(desk.practice.practice, drop);
  return bad;
}

/**
 * Goes on with a unit until nothing is left, or only what cannot be opened. `tell` hears of each batch; `over` ends it between two.
 * Throws Refused, NoAnswer, NotNow; what was wrapped stays so.
 */
export async function rewrapUnit(desk: OpenDesk, unit: Id, tell: (progress: Progress) => void, over: () => boolean): Promise<Progress> {
  const earlier = desk.units.get(unit)?.slice(1) ?? [];
  const kids = earlier.flatMap(({ keys }) => [base64(keys.kem.kid), base64(keys.record.kid)]);
  let progress: Progress = { left: 0, bad: 0 };
  if (kids.length === 0) return progress;
  const tried = new Set<string>();
  while (!over()) {
    const { standing, records } = await postOlder(desk.practice.practice, unit, kids, REWRAP_BATCH_RECORDS);
    progress = { ...progress, left: standing };
    tell(progress);
    const fresh = records.filter((row) => !tried.has(`${row.record} ${row.rev}`));
    if (fresh.length === 0) return progress;
    for (const row of fresh) tried.add(`${row.record} ${row.rev}`);
    try {
      progress.bad += await rewrapBatch(desk, unit, fresh);
    } catch (error) {
      // Somebody moved one of them meanwhile: the batch is refused whole, and the next one is asked for anew.
      if (!(error instanceof Refused) || !error.is('stale_revision')) throw error;
      tried.clear();
    }
  }
  return progress;
}
