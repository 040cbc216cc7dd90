// SPDX-License-Identifier: AGPL-3.0-or-later
import { beforeAll, describe, expect, it } from 'vitest';
import { random } from '../../src/seal/bytes';
import { Altered, Unknown } from '../../src/seal/errors';
import { capKeys, userKeys } from '../../src/seal/keys';
import { letterId, openLetter, sealLetter, type Letter, type LetterPlace } from '../../src/seal/letters';
import type { Roster } from '../../src/seal/roster';
import { start as startTier } from '../../src/seal/tiers';
import { planLetter } from '../../src/usecases/messages/plan';

const at = (text: string) => Date.parse(text) / 1000;
const LETTER: Letter = {
  day: '2026-11-26', nature: 'Une personne a lu votre nom.', contact: 'Le cabinet : 02 98 00 00 00', consequences: 'On pourrait vous écrire en notre nom.',
  measures: 'Nous avons fermé cet accès.', advice: 'Ne payez rien par un lien.',
};

describe('a practice’s letter', () => {
  let keys: Awaited<ReturnType<typeof capKeys>>;
  let owner: Awaited<ReturnType<typeof userKeys>>;
  let place: LetterPlace;
  let roster: Roster;

  beforeAll(async () => {
    await startTier();
    [keys, owner] = [await capKeys(random(32)), await userKeys(random(32))];
    place = { practice: random(16), unit: random(16), record: random(16), incident: random(16) };
    const head = random(32);
    roster = {
      instance: 'serment-test', head, seqOf: () => 1,
      signer: (kid: Uint8Array) => { if (kid !== owner.sign.kid) throw new Altered('writer'); return owner.sign.publicKey; },
    } as unknown as Roster;
  });

  const sealed = () => sealLetter(roster, place, keys.kem.publicKey, LETTER, owner.sign);

  it('is read by that link, as it was written', async () => {
    expect(await openLetter(roster, place, keys.kem, await sealed(), owner.sign.kid)).toEqual(LETTER);
  });

  it('opens for no other link, at no other appointment, of no other incident, and changed in nothing', async () => {
    const letter = await sealed();
    const other = await capKeys(random(32));
    const refused: [LetterPlace, typeof keys.kem, typeof letter][] = [
      [place, other.kem, letter], [{ ...place, record: random(16) }, keys.kem, letter], [{ ...place, incident: random(16) }, keys.kem, letter],
      [{ ...place, unit: random(16) }, keys.kem, letter], [place, keys.kem, { ...letter, head: random(32) }],
      [place, keys.kem, { ...letter, sealed: letter.sealed.map((byte, nth) => (nth === 1200 ? byte ^ 1 : byte)) as typeof letter.sealed }],
      [place, keys.kem, await sealLetter(roster, place, keys.kem.publicKey, LETTER, other.sign)],
    ];
    for (const [where, key, what] of refused) await expect(openLetter(roster, where, key, what, owner.sign.kid)).rejects.toThrow(Altered);
    await expect(openLetter(roster, place, keys.kem, letter, other.sign.kid)).rejects.toThrow(Altered);
  });

  it('of more than can be sealed is refused before anything goes out', async () => {
    await expect(sealLetter(roster, place, keys.kem.publicKey, { ...LETTER, nature: 'é'.repeat(4_001) }, owner.sign)).rejects.toThrow(Unknown);
  });

  it('is told of by one message of that incident, after ten minutes and by day, until the evening of the visit', () => {
    const [zone, mid] = ['Europe/Paris', letterId(random(32), place.incident)];
    const start = at('2026-11-27T09:00:00+01:00');
    const morning = planLetter({ zone, start }, at('2026-11-27T10:00:00+01:00'), mid);
    expect(morning).toEqual({ sendDay: '2026-11-27', mid, message: { kind: 'letter', notBefore: at('2026-11-27T10:10:00+01:00'), zone, start } });
    expect(planLetter({ zone, start }, at('2026-11-27T20:00:00+01:00'), mid)).toBeNull();
    const key = random(32);
    expect(letterId(key, place.incident)).toEqual(letterId(key, place.incident));
    expect(letterId(key, random(16))).not.toEqual(letterId(key, place.incident));
  });
});
