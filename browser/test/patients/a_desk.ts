// SPDX-License-Identifier: AGPL-3.0-or-later
/** Dr Bento's desk, with real keys; the server's part is each test's. */
import { vi } from 'vitest';
import { base64, random, uuidFromId } from '../../src/seal/bytes';
import type { OpenEpoch } from '../../src/seal/epoch';
import type { CardContent } from '../../src/seal/people';
import type { Roster } from '../../src/seal/roster';
import type { Visit } from '../../src/usecases/desk/model';
import type { OpenDesk } from '../../src/usecases/desk/unlock';
import type { CardWire, EntryWire } from '../../src/usecases/patients/routes';
import { readyToSeal } from '../../src/usecases/sealing';
import { INSTANCE, openPractice, type Practice } from '../seal/cast';

export const problem = (status: number, name: string, more: object = {}) =>
  new Response(JSON.stringify({ type: `urn:serment:error:${name}`, title: name, status, ...more }), { status, headers: { 'Content-Type': 'application/problem+json' } });

export interface BentosDesk {
  desk: OpenDesk;
  unit: string;
  practice: Practice;
}

/** His desk, open, at the one epoch of its one unit. */
export async function bentosDesk(): Promise<BentosDesk> {
  await readyToSeal();
  const practice = await openPractice();
  const { id, bento, keys, seed, roster } = practice;
  const unit = uuidFromId(practice.unit);
  const epoch = { epoch: { e: 1 }, seed, keys } as OpenEpoch;
  const house = { agendas: [], sites: [], visit_types: [] };
  const desk = {
    instance: INSTANCE, practice: { practice: uuidFromId(id) }, house, trusted: { roster: roster as Roster, onFirstUse: false }, user: bento,
    units: new Map([[unit, [epoch]]]), kids: [base64(keys.record.kid)],
  } as unknown as OpenDesk;
  return { desk, unit, practice };
}

export const ALICE: CardContent = {
  givenName: 'Alice', birthName: 'Fontbonne', usedName: null, birthDate: '1961-03-14', sex: 'female', phone: null, email: null, language: null, note: null, refuse: null, noShows: [],
};

/** A visit that stands, of whoever a card names. */
export const visitOf = (unit: string, { givenName, birthName, birthDate }: CardContent): Visit => ({
  record: uuidFromId(random(16)), rev: 1, status: 'booked', reading: 'open', verified: true, unit, agenda: 'bento', start: 1_800_000_000,
  identity: { firstName: givenName, birthName, usedName: null, birthDate, sex: 'female' },
}) as unknown as Visit;

/** The server's part of cards and index: it keeps rows and opens none. Each path in `lost` loses its next answer, `unsent` its next request. */
export interface CardServer {
  cards: Map<string, CardWire>;
  entries: EntryWire[];
  lost: string[];
  unsent: string[];
}

export function cardServer(): CardServer {
  const server: CardServer = { cards: new Map(), entries: [], lost: [], unsent: [] };
  const drop = (list: string[], path: string) => {
    const at = list.indexOf(path);
    if (at >= 0) list.splice(at, 1);
    if (at >= 0) throw new TypeError('the line broke');
  };
  vi.stubGlobal('fetch', async (address: string, init: RequestInit) => {
    const path = address.split('/').slice(4).join('/');
    drop(server.unsent, path);
    const answer = answerOf(server, path, JSON.parse(init.body as string));
    drop(server.lost, path);
    return answer;
  });
  return server;
}

function answerOf(server: CardServer, path: string, body: Record<string, any>): Response {
  const { cards } = server;
  if (path === 'cards/read') return Response.json({ cards: (body['cards'] as string[]).flatMap((id) => cards.get(id) ?? []) });
  if (path === 'cards') {
    const written = body['cards'] as CardWire[];
    const stale = written.filter(({ card, rev, bytes }) => cards.get(card)?.bytes !== bytes && rev !== (cards.get(card)?.rev ?? 0) + 1);
    if (stale.length > 0) return problem(409, 'stale_card', { cards: stale.map(({ card }) => card) });
    for (const one of written) cards.set(one.card, one);
  } else if (path === 'cards/erase') {
    const standing = cards.get(body['card']);
    if (standing !== undefined && standing.rev !== body['rev']) return problem(409, 'stale_card', { cards: [body['card']] });
    cards.delete(body['card']);
  } else if (path === 'index/entries') {
    server.entries.push(...(body['entries'] as EntryWire[]).map((one) => ({ ...one, epoch: body['epoch'] as number })));
  } else if (path === 'index') {
    return Response.json({ changed: true, state: base64(random(32)), pages: [], entries: server.entries, more: false });
  }
  return new Response(null, { status: 204 });
}
