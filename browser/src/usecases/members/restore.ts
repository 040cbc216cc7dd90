// SPDX-License-Identifier: AGPL-3.0-or-later
/** Owners are lost: with the paper root in hand somebody becomes the owner, the lost ones leave, and every unit gets new keys. */
import { ID_BYTES, equal, idFromUuid, random } from '../../seal/bytes';
import type { UserKeys } from '../../seal/keys';
import { SigningKey } from '../../seal/primitives';
import type { Roster } from '../../seal/roster';
import { request } from '../../wire/request';
import { Refused } from '../../wire/problem';
import type { Practice } from '../../wire/types';
import { readPaper } from '../account/paper';
import { readyToSeal } from '../sealing';
import { pin, readFingerprint, renewTrust, trustPractice, type Trusted } from '../trust';
import { compose, withUnits, type Step } from './change';
import { postRestore } from './routes';

/** The paper is another practice's, or one that a new root has replaced. Nothing was sent. */
export class NotThisRoot extends Error {}

/** The account's keys are those of a member who is no owner: an access of one's own that is not in the practice yet is needed. */
export class AlreadyMember extends Error {}

export interface Found {
  practice: Practice;
  trusted: Trusted;
  root: SigningKey;
  /**
   * Nobody but the server vouches for the fingerprint: it is compared with the sheet's before anything is sealed. The root's key alone
   * proves nothing, for the server knows its public half and may have written it into a chain of its own.
   */
  unvouched: boolean;
}

const ROUNDS_MAX = 3;

/**
 * The practice of a link or its short name, whose root is on this paper; a fingerprint in the link (`#k=`) is held against the chain. Throws NotThatPaper, NotThisRoot, WrongPractice, Refused,
 * NoAnswer, NotNow.
 */
export async function findByPaper(place: string, paper: string): Promise<Found> {
  await readyToSeal();
  const root = await SigningKey.fromSeed(readPaper('root', paper));
  const [address, fragment] = place.trim().split('#');
  const told = readFingerprint(new URLSearchParams(fragment).get('k'));
  const slug = address!.replace(/\?.*$/, '').replace(/\/+$/, '').split('/').at(-1) ?? '';
  const practice = await request<Practice>(`/api/practices/${encodeURIComponent(slug)}`);
  const trusted = await trustPractice(practice, told);
  if (!equal(trusted.roster.rootPk, root.publicKey)) throw new NotThisRoot();
  return { practice, trusted, root, unvouched: told === null };
}

/** A new owner of every unit; all present owners leave, the others stay. */
function stepsOf(roster: Roster, id: ReturnType<typeof idFromUuid>, user: UserKeys): Step[] {
  const bare = { kind: 'member' as const, id, kemPk: user.kem.publicKey, signPk: user.sign.publicKey, role: 'owner' as const, units: [] };
  const lost = roster.members.filter(({ role }) => role === 'owner');
  return [withUnits(bare, roster.units.map(({ unit }) => unit)), ...lost.map((member) => ({ kind: 'removal' as const, id: member.id }))];
}

/** Whether these keys are an owner's already: it was done, and the answer was lost. Throws AlreadyMember. */
function isDone(roster: Roster, user: UserKeys): boolean {
  const mine = roster.members.find(({ signPk }) => equal(signPk, user.sign.publicKey));
  if (mine !== undefined && mine.role !== 'owner') throw new AlreadyMember();
  return mine !== undefined;
}

/** Makes it so; asked again, it is so. Throws AlreadyMember, Refused (already_member), WrongPractice, NoAnswer, NotNow; nothing was kept then. */
export async function restore(found: Found, user: UserKeys, name: string): Promise<void> {
  const id = random(ID_BYTES);
  let { trusted } = found;
  for (let round = 0; ; round += 1) {
    if (isDone(trusted.roster, user)) return pin(found.practice.practice, trusted);
    const batch = await compose({ roster: trusted.roster, units: new Map(), sign: user.sign, root: found.root }, stepsOf(trusted.roster, id, user));
    try {
      await postRestore(found.practice.practice, name, batch);
      pin(found.practice.practice, await renewTrust(trusted));
      return;
    } catch (error) {
      if (!(error instanceof Refused) || !error.is('stale_roster') || round >= ROUNDS_MAX) throw error;
      trusted = await renewTrust(trusted);
    }
  }
}
