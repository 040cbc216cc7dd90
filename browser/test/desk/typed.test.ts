// SPDX-License-Identifier: AGPL-3.0-or-later
/** A booking that was being typed when the desk closed: sealed, and for whoever typed it. */
import { expect, it } from 'vitest';
import { random, uuidFromId } from '../../src/seal/bytes';
import { keep, takeUp, type Typed } from '../../src/usecases/desk/typed';
import type { OpenDesk } from '../../src/usecases/desk/unlock';
import { bentosDesk } from '../patients/a_desk';

const [SAM, NORA] = [uuidFromId(random(16)), uuidFromId(random(16))];
const LOUISE: Typed = {
  agenda: 'bento', start: 1_800_000_000, visitType: 'consultation', time: '10:20', find: '', card: null, fresh: true, apart: false,
  person: { birthName: 'Delaverne', givenName: 'Louise', birthDate: '02/01/1951', phone: '06 39 98', email: '' }, sex: 'female', language: 'fr', quiet: false, reason: 'Toux',
};

async function desks() {
  const { desk, unit } = await bentosDesk();
  const of = (member: string): OpenDesk => ({ ...desk, practice: { ...desk.practice, member }, house: { ...desk.house, agendas: [{ agenda: 'bento', unit }] } }) as unknown as OpenDesk;
  return { of, unit };
}

it('comes back as it was, and lies there without a word that could be read', async () => {
  const { of } = await desks();
  const kept = (await keep(of(SAM), LOUISE))!;
  expect(new TextDecoder().decode(kept.bytes)).not.toContain('Delaverne');
  expect(await takeUp(of(SAM), kept)).toEqual(LOUISE);
});

it('opens to no colleague, to no desk of another unit, and not where it was spoilt', async () => {
  const { of } = await desks();
  const kept = (await keep(of(SAM), LOUISE))!;
  expect(await takeUp(of(NORA), kept)).toBeNull();
  expect(await takeUp({ ...of(SAM), units: new Map() }, kept)).toBeNull();
  expect(await takeUp(of(SAM), { ...kept, bytes: kept.bytes.slice(0, -1) })).toBeNull();
});
