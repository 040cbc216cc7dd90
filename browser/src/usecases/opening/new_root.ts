// SPDX-License-Identifier: AGPL-3.0-or-later
/** A new root takes the old one's place: signed by the old, typed from its paper. Both are in memory only while this happens. */
import { base64, equal } from '../../seal/bytes';
import { SigningKey } from '../../seal/primitives';
import { Refused } from '../../wire/problem';
import { readPaper } from '../account/paper';
import type { OpenDesk } from '../desk/unlock';
import { renewDesk } from '../desk/units';
import { postRoster } from '../members/routes';
import type { RootPaper } from './found';

/** The sheet is whole, and it is not this practice's present one. Nothing was changed. */
export class AnotherRoot extends Error {}

/** The key of a root's paper, if it is the practice's present one. Throws NotThatPaper, AnotherRoot. */
export async function presentRoot(desk: OpenDesk, typed: string): Promise<SigningKey> {
  const key = await SigningKey.fromSeed(readPaper('root', typed));
  if (!equal(key.publicKey, desk.trusted.roster.rootPk)) throw new AnotherRoot();
  return key;
}

const ROUNDS_MAX = 3;

/**
 * Event 8. The old paper signs nothing from now on. Asked again with the same sheet, it is done; the fresh seed is forgotten once it is.
 * Throws Refused (not_your_role), AnotherRoot (somebody else replaced it meanwhile), WrongPractice, NoAnswer, NotNow.
 */
export async function replaceRoot(desk: OpenDesk, old: SigningKey, fresh: RootPaper): Promise<void> {
  const { publicKey } = await SigningKey.fromSeed(fresh.seed);
  for (let round = 0; ; round += 1) {
    const { roster } = desk.trusted;
    if (equal(roster.rootPk, publicKey)) break;
    if (!equal(roster.rootPk, old.publicKey)) throw new AnotherRoot();
    const signed = await roster.sign({ kind: 'new root', rootPk: publicKey }, old);
    await roster.extend([signed]);
    const events = [{ event: base64(signed.event), sig: base64(signed.signature) }];
    try {
      await postRoster(desk.practice.practice, { events, seeds: [], previous: [], units: [] });
    } catch (error) {
      if (!(error instanceof Refused) || !error.is('stale_roster') || round >= ROUNDS_MAX) throw error;
    }
    await renewDesk(desk);
  }
  fresh.seed.fill(0);
}
