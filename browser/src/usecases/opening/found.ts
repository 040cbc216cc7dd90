// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * A practice is founded: its root is drawn here and goes on paper, signs the genesis, and is forgotten. The owner signs the first
 * epoch of the first unit, whose seed is sealed to the owner. What is sent holds public keys and one sealed seed.
 */
import { type Bytes, ID_BYTES, KEY_BYTES, base64, idFromUuid, random, uuidFromId } from '../../seal/bytes';
import { sealEpochSeed } from '../../seal/epoch';
import { epochKeys, newSeed } from '../../seal/keys';
import { PublicKey, SigningKey } from '../../seal/primitives';
import { Roster, signGenesis } from '../../seal/roster';
import type { Member } from '../../seal/roster_events';
import type { Account } from '../account/account';
import { writePaper } from '../account/paper';
import { pin } from '../trust';
import { type NewPractice, type Opened, postPractice } from './routes';

/** What the owner has said; no secret is in it. */
export type Said = Pick<NewPractice, 'name' | 'who' | 'where'>;

/** A fresh root (32 bytes) as its paper has it. In memory until the practice stands. */
export interface RootPaper {
  seed: Bytes;
  groups: string[];
}

export function drawRoot(): RootPaper {
  const seed = random(KEY_BYTES);
  return { seed, groups: writePaper('root', seed) };
}

/** A practice ready to be handed in. */
export interface Written {
  request: NewPractice;
  roster: Roster;
}

/** The whole request. Sent again after a lost answer, it is the same practice. */
export async function writePractice(account: Account, said: Said, root: RootPaper): Promise<Written> {
  const [practice, site, unit, practitioner, agenda] = Array.from({ length: 5 }, () => uuidFromId(random(ID_BYTES))) as [string, string, string, string, string];
  const { instance, user } = account;
  const owner: Member = {
    kind: 'member', id: random(ID_BYTES), kemPk: user.kem.publicKey, signPk: user.sign.publicKey, role: 'owner', units: [idFromUuid(unit)],
  };
  const rootKey = await SigningKey.fromSeed(root.seed);
  const genesis = await signGenesis(idFromUuid(practice), { kind: 'genesis', instance, rootPk: rootKey.publicKey, owner }, rootKey);
  const roster = await Roster.verify([genesis], null);
  const seed = newSeed();
  const keys = await epochKeys(seed);
  const epoch = await roster.sign(
    { kind: 'epoch', unit: idFromUuid(unit), e: 1, pk: keys.kem.publicKey, kidRec: keys.record.kid, members: [user.kem.kid] }, user.sign,
  );
  const whole = await roster.extend([epoch]);
  const place = { instance, practice: idFromUuid(practice), unit: idFromUuid(unit) };
  const sealed = await sealEpochSeed(place, 1, seed, new PublicKey(user.kem.publicKey));
  const request = {
    practice, site, unit, practitioner, agenda, ...said,
    events: [genesis, epoch].map(({ event, signature }) => ({ event: base64(event), sig: base64(signature) })),
    seeds: [{ kid: base64(user.kem.kid), bytes: base64(sealed) }],
  };
  return { request, roster: whole };
}

/** Hands the practice in. Throws Refused (claim_taken, no_such_town, two_ways_needed, too_many_practices), NoAnswer, NotNow. */
export async function handIn({ request, roster }: Written): Promise<Opened> {
  const opened = await postPractice(request);
  // From now on this browser refuses any other chain for this practice, the server's word notwithstanding.
  pin(request.practice, { roster, onFirstUse: false });
  return opened;
}
