// SPDX-License-Identifier: AGPL-3.0-or-later
/** A new root takes the old one's place: signed by the old, typed from its paper. Both are in memory only while this happens. */
import { base64, equal } from '../../seal/bytes';
import { SigningKey } from '../../seal/primitives';
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

/** Event 8. The old paper signs nothing from now on. Throws Refused (stale_roster, not_your_role), NoAnswer, NotNow. */
export async function replaceRoot(desk: OpenDesk, old: SigningKey, fresh: RootPaper): Promise<void> {
  const { roster } = desk.trusted;
  const { publicKey } = await SigningKey.fromSeed(fresh.seed);
  const signed = await roster.sign({ kind: 'new root', rootPk: publicKey }, old);
  await roster.extend([signed]);
  const events = [{ event: base64(signed.event), sig: base64(signed.signature) }];
  await postRoster(desk.practice.practice, { events, seeds: [], previous: [], units: [] });
  fresh.seed.fill(0);
  await renewDesk(desk);
}
