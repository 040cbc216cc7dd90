// SPDX-License-Identifier: AGPL-3.0-or-later
/** A member's units and the practice's chain, as a browser reads, keeps and renews them. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Bytes, base64, fromBase64, random, uuidFromId } from '../../src/seal/bytes';
import { boxPreviousSeed, sealEpochSeed } from '../../src/seal/epoch';
import { Unaddressed } from '../../src/seal/errors';
import { epochKeys, newSeed, userKeys, type UserKeys } from '../../src/seal/keys';
import { PublicKey, SigningKey } from '../../src/seal/primitives';
import { Roster, signGenesis } from '../../src/seal/roster';
import type { Member, SignedEvent } from '../../src/seal/roster_events';
import { openUnits, renewDesk, underPresentKeys } from '../../src/usecases/desk/units';
import { pinOf } from '../../src/usecases/keep';
import { assign, changeRoster, compose, turnKeys, withUnits } from '../../src/usecases/members/change';
import { AlreadyMember, restore, type Found } from '../../src/usecases/members/restore';
import { drawRoot } from '../../src/usecases/opening/found';
import { replaceRoot } from '../../src/usecases/opening/new_root';
import type { OpenDesk } from '../../src/usecases/desk/unlock';
import { readyToSeal } from '../../src/usecases/sealing';
import { pin, renewTrust, trustPractice, WrongPractice, type Trusted } from '../../src/usecases/trust';

interface Wire {
  events: { event: string; sig: string }[];
}

/** The server's part: a chain, seeds, and requests that may be kept while their answer is lost. */
let chain: SignedEvent[] = [];
let seeds: { seeds: unknown[]; previous: unknown[] } = { seeds: [], previous: [] };
let answersLost = 0;
let boxed: { previous: { unit: string; epoch: number; bytes: string }[] }[] = [];

const problem = (name: string) => Response.json({ type: `urn:serment:error:${name}`, title: '', seq: chain.length }, { status: 409, headers: { 'content-type': 'application/problem+json' } });

beforeEach(() => {
  const store = new Map<string, string>();
  [answersLost, boxed, seeds] = [0, [], { seeds: [], previous: [] }];
  vi.stubGlobal('localStorage', { getItem: (key: string) => store.get(key) ?? null, setItem: (key: string, value: string) => void store.set(key, value) });
  vi.stubGlobal('fetch', async (path: string, init?: RequestInit) => {
    if (init?.method === 'POST') {
      if (path.endsWith('/seeds/previous')) {
        boxed.push(JSON.parse(init.body as string));
        return new Response(null, { status: 204 });
      }
      const events = (JSON.parse(init.body as string) as Wire).events.map(({ event, sig }) => ({ event: fromBase64(event), signature: fromBase64(sig) }));
      try {
        await (await Roster.verify(chain, null)).extend(events);
      } catch {
        return problem('stale_roster');
      }
      chain = [...chain, ...events];
      if (answersLost > 0) {
        answersLost -= 1;
        throw new TypeError('the line broke');
      }
      return Response.json({ seq: chain.length, head: '' });
    }
    if (path.endsWith('/seeds')) return Response.json(seeds);
    const after = Number(new URL(path, 'http://x').searchParams.get('after') ?? 0);
    return Response.json({ instance: 'x', events: chain.slice(after).map(({ event, signature }) => ({ event: base64(event), sig: base64(signature) })) });
  });
});
afterEach(() => vi.unstubAllGlobals());

async function opened() {
  await readyToSeal();
  const user = await userKeys(newSeed());
  const root = await SigningKey.fromSeed(random(32));
  const [practice, unit, seed] = [random(16), random(16), newSeed()];
  const owner: Member = { kind: 'member', id: random(16), kemPk: user.kem.publicKey, signPk: user.sign.publicKey, role: 'owner', units: [unit] };
  const genesis = await signGenesis(practice, { kind: 'genesis', instance: 'x', rootPk: root.publicKey, owner }, root);
  let roster = await Roster.verify([genesis], null);
  const keys = await epochKeys(seed);
  const epoch = await roster.sign({ kind: 'epoch', unit, e: 1, pk: keys.kem.publicKey, kidRec: keys.record.kid, members: [user.kem.kid] }, user.sign);
  roster = await roster.extend([epoch]);
  chain = [genesis, epoch];
  return { user, root, practice, name: uuidFromId(practice), unit, seed, owner, roster };
}

type House = Awaited<ReturnType<typeof opened>>;
const trust = ({ name }: House): Promise<Trusted> => trustPractice({ practice: name, slug: 's', fingerprint: null }, null);

/** The event by which somebody joins; two of them are two branches. */
async function joining({ roster, user }: House, role: Member['role'] = 'secretary', keys?: UserKeys): Promise<SignedEvent> {
  const { kem, sign } = keys ?? (await userKeys(newSeed()));
  return await roster.sign({ kind: 'member', id: random(16), kemPk: kem.publicKey, signPk: sign.publicKey, role, units: [] }, user.sign);
}

describe('what a browser keeps of a practice', () => {
  it('is not taken back to an earlier event by a slower tab', async () => {
    const house = await opened();
    const slow = await trust(house);
    chain.push(await joining(house));
    pin(house.name, await trust(house));
    pin(house.name, slow);
    expect(pinOf(house.name)!.seq).toBe(3);
  });

  it('is held against an open tab that is shown another branch', async () => {
    const house = await opened();
    const open = await trust(house);
    pin(house.name, open);
    const before = [...chain];
    chain.push(await joining(house));
    pin(house.name, await trust(house));
    const kept = pinOf(house.name);
    chain = [...before, await joining(house)];
    await expect(renewTrust(open)).rejects.toThrow(WrongPractice);
    expect(() => pin(house.name, { ...open, roster: house.roster })).not.toThrow();
    expect(pinOf(house.name)).toEqual(kept);
  });

  it('refuses a branch that another tab kept while this one read', async () => {
    const house = await opened();
    const before = [...chain];
    chain.push(await joining(house));
    const one = await trust(house);
    chain = [...before, await joining(house)];
    const other = await trust(house);
    pin(house.name, one);
    expect(() => pin(house.name, other)).toThrow(WrongPractice);
  });

  it('does not take a chain for another that grew while this tab read it', async () => {
    const house = await opened();
    const open = await trust(house);
    pin(house.name, open);
    const event = await joining(house);
    const { fetch: real } = globalThis;
    vi.stubGlobal('fetch', async (...asked: Parameters<typeof fetch>) => {
      const answer = await real(...asked);
      vi.stubGlobal('fetch', real);
      chain.push(event);
      pin(house.name, await trust(house)); // another tab, after this answer left
      return answer;
    });
    expect((await renewTrust(open)).roster.seq).toBe(2);
    expect(pinOf(house.name)!.seq).toBe(3);
  });
});

describe('a unit whose way back somebody spoilt', () => {
  async function turned() {
    const house = await opened();
    const { roster, unit, user } = house;
    const place = { instance: 'x', practice: house.practice, unit };
    const seed = newSeed();
    const keys = await epochKeys(seed);
    chain.push(await roster.sign({ kind: 'epoch', unit, e: 2, pk: keys.kem.publicKey, kidRec: keys.record.kid, members: [user.kem.kid] }, user.sign));
    const copy = async (epoch: number, bytes: Bytes) => ({ unit: uuidFromId(unit), epoch, kid: base64(user.kem.kid), bytes: base64(await sealEpochSeed(place, epoch, bytes, new PublicKey(user.kem.publicKey))) });
    const spoilt = { unit: uuidFromId(unit), epoch: 2, bytes: base64(random(60)) };
    const good = { ...spoilt, bytes: base64(await boxPreviousSeed(place, 2, seed, house.seed)) };
    const open = async () => (await openUnits(await trust(house), house.name, uuidFromId(house.owner.id), user)).units.get(uuidFromId(unit))!.length;
    return { house, spoilt, good, now: await copy(2, seed), before: await copy(1, house.seed), open };
  }

  it('opens by the box of a colleague', async () => {
    const { spoilt, good, now, open } = await turned();
    seeds = { seeds: [now], previous: [spoilt, good] };
    expect(await open()).toBe(2);
  });

  it('opens by the copy of one’s own, which is boxed for the others', async () => {
    const { spoilt, now, before, open } = await turned();
    seeds = { seeds: [now, before], previous: [spoilt] };
    expect(await open()).toBe(2);
    expect(boxed.map(({ previous }) => previous.map(({ epoch }) => epoch))).toEqual([[2]]);
  });

  it('opens with the present keys alone where nothing leads further back', async () => {
    const { spoilt, now, open } = await turned();
    seeds = { seeds: [now], previous: [spoilt] };
    expect(await open()).toBe(1);
  });
});

describe('a request that was kept while its answer was lost', () => {
  it('of a restoration is done when it is asked again', async () => {
    const house = await opened();
    const found = { practice: { practice: house.name }, trusted: await trust(house), root: house.root } as Found;
    const helene = await userKeys(newSeed());
    answersLost = 1;
    await expect(restore(found, helene, 'Hélène')).rejects.toThrow();
    const stands = chain.length;
    await restore(found, helene, 'Hélène');
    expect([chain.length, pinOf(house.name)!.seq]).toEqual([stands, stands]);
  });

  it('of somebody who is a member already says so', async () => {
    const house = await opened();
    const sam = await userKeys(newSeed());
    chain.push(await joining(house, 'secretary', sam));
    const found = { practice: { practice: house.name }, trusted: await trust(house), root: house.root } as Found;
    await expect(restore(found, sam, 'Sam')).rejects.toThrow(AlreadyMember);
  });

  it('of a new root leaves the sheet that was printed the root', async () => {
    const house = await opened();
    const desk = { trusted: await trust(house), practice: { practice: house.name, member: uuidFromId(house.owner.id) }, user: house.user, units: new Map() } as unknown as OpenDesk;
    const sheet = drawRoot();
    const written = new Uint8Array(sheet.seed);
    answersLost = 1;
    await expect(replaceRoot(desk, house.root, sheet)).rejects.toThrow();
    expect(sheet.seed).toEqual(written);
    await replaceRoot(desk, house.root, sheet);
    expect(desk.trusted.roster.rootPk).toEqual((await SigningKey.fromSeed(written)).publicKey);
    expect(sheet.seed).toEqual(new Uint8Array(32));
  });
});

describe('keys that turned', () => {
  it('are told to an open desk once, whoever turned them, and where its own answer was lost', async () => {
    const house = await opened();
    const member = uuidFromId(house.owner.id);
    const heard: number[] = [];
    const ofDesk = async () => {
      const desk = { trusted: await trust(house), practice: { practice: house.name, member }, user: house.user, units: new Map() } as unknown as OpenDesk;
      desk.renewed = () => void heard.push(desk.trusted.roster.epoch(house.unit).e);
      return desk;
    };
    const [author, colleague] = [await ofDesk(), await ofDesk()];
    answersLost = 1;
    await expect(changeRoster(author, turnKeys(uuidFromId(house.unit)))).rejects.toThrow();
    expect(heard).toEqual([]);
    await renewDesk(author);
    await renewDesk(author);
    expect(heard).toEqual([2]);
    await renewDesk(colleague);
    expect(heard).toEqual([2, 2]);
    await changeRoster(author, turnKeys(uuidFromId(house.unit)));
    expect(heard).toEqual([2, 2, 3]);
  });

  async function deskOf(house: House): Promise<OpenDesk> {
    return { trusted: await trust(house), practice: { practice: house.name, member: uuidFromId(house.owner.id) }, user: house.user, units: new Map() } as unknown as OpenDesk;
  }

  it('and were taken up while a deed was under way let it be done anew', async () => {
    const house = await opened();
    const desk = await deskOf(house);
    let tries = 0;
    const deed = async () => {
      tries += 1;
      if (tries > 1) return 'done';
      chain.push(await joining(house));
      await renewDesk(desk); // the server's hint came meanwhile
      throw new Unaddressed('stanza');
    };
    expect(await underPresentKeys(desk, deed)).toBe('done');
  });

  it('are taken up by one of two who ask at once, and an older answer that comes late takes nothing back', async () => {
    const house = await opened();
    const desk = await deskOf(house);
    const heard: number[] = [];
    desk.renewed = () => void heard.push(desk.trusted.roster.seq);
    const joined = await joining(house);
    chain.push(joined);
    const { fetch: real } = globalThis;
    let late!: () => void;
    const held = new Promise<void>((resolve) => { late = resolve; });
    vi.stubGlobal('fetch', async (...asked: Parameters<typeof fetch>) => {
      vi.stubGlobal('fetch', real);
      const answer = await real(...asked);
      await held;
      return answer;
    });
    const slow = renewDesk(desk);
    chain.push(await joining({ ...house, roster: (await trust(house)).roster }));
    expect(await renewDesk(desk)).toBe(true);
    late();
    expect(await slow).toBe(true);
    expect([desk.trusted.roster.seq, heard]).toEqual([4, [4]]);
  });
});

describe('the only member of a unit', () => {
  it('can be removed by an owner outside it, nobody seals to it meanwhile, and the next one brings its keys', async () => {
    const house = await opened();
    const [psy, lab] = [await userKeys(newSeed()), random(16)];
    const member: Member = { kind: 'member', id: random(16), kemPk: psy.kem.publicKey, signPk: psy.sign.publicKey, role: 'practitioner', units: [lab] };
    let { roster } = house;
    const write = async (...steps: Parameters<typeof compose>[1]) => {
      const { events } = await compose({ roster, units: new Map(), sign: house.user.sign }, steps);
      roster = await roster.extend(events.map(({ event, sig }) => ({ event: fromBase64(event), signature: fromBase64(sig) })));
    };
    await write(member);
    await write({ kind: 'removal', id: member.id });
    expect(() => roster.epoch(lab)).toThrow(Unaddressed);
    await write(withUnits(house.owner, [house.unit, lab]));
    expect(roster.epoch(lab).e).toBe(2);
  });
});

describe('a role that two owners change at once', () => {
  /** Sam is a secretary of the unit; this desk's owner has that on screen. */
  async function ofSam() {
    const house = await opened();
    const keys = await userKeys(newSeed());
    const sam: Member = { kind: 'member', id: random(16), kemPk: keys.kem.publicKey, signPk: keys.sign.publicKey, role: 'secretary', units: [house.unit] };
    const { roster, user, unit, name } = house;
    chain.push(await roster.sign(sam, user.sign));
    const bytes = base64(await sealEpochSeed({ instance: 'x', practice: house.practice, unit }, 1, house.seed, new PublicKey(user.kem.publicKey)));
    seeds = { seeds: [{ unit: uuidFromId(unit), epoch: 1, kid: base64(user.kem.kid), bytes }], previous: [] };
    const trusted = await trust(house);
    const member = uuidFromId(house.owner.id);
    const { units } = await openUnits(trusted, name, member, user);
    const desk = { trusted, practice: { practice: name, member }, user, units } as unknown as OpenDesk;
    const elsewhere = async (step: Parameters<typeof compose>[1][number]) => {
      const { events } = await compose({ roster: await Roster.verify(chain, null), units: new Map(), sign: user.sign }, [step]);
      chain.push(...events.map(({ event, sig }) => ({ event: fromBase64(event), signature: fromBase64(sig) })));
    };
    const stands = async () => (await Roster.verify(chain, null)).member(sam.id)?.role;
    return { desk, sam, id: uuidFromId(sam.id), here: [uuidFromId(unit)], elsewhere, stands };
  }

  it('stays as the other one signed it', async () => {
    const { desk, sam, id, here, elsewhere, stands } = await ofSam();
    await elsewhere({ ...sam, role: 'practitioner' });
    const wish = assign(id, { role: 'secretary', units: here }, { role: 'owner', units: here });
    await expect(changeRoster(desk, wish)).rejects.toMatchObject({ name: 'stale_roster' });
    expect([await stands(), desk.trusted.roster.member(sam.id)!.role]).toEqual(['practitioner', 'practitioner']);
  });

  it('is done where both want the same, and where the other one changed somebody else', async () => {
    const { desk, sam, id, here, elsewhere, stands } = await ofSam();
    const other = await userKeys(newSeed());
    await elsewhere({ ...sam, id: random(16), kemPk: other.kem.publicKey, signPk: other.sign.publicKey, units: [] });
    expect(await changeRoster(desk, assign(id, { role: 'secretary', units: here }, { role: 'practitioner', units: here }))).toBe(true);
    expect(await stands()).toBe('practitioner');
    expect(await changeRoster(desk, assign(id, { role: 'secretary', units: here }, { role: 'practitioner', units: here }))).toBe(false);
  });

  it('is refused by name where they have left', async () => {
    const { desk, sam, id, here, elsewhere } = await ofSam();
    await elsewhere({ kind: 'removal', id: sam.id });
    await expect(changeRoster(desk, assign(id, { role: 'secretary', units: here }, { role: 'practitioner', units: here }))).rejects.toMatchObject({ name: 'no_such_member' });
  });
});
