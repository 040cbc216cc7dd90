// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * What makes a machine known: a P-256 key that this browser uses and cannot give away, kept in IndexedDB. It signs a question of the
 * server's beside a password, and opens nothing. Where no storage can be had, every visit is a new machine's.
 */
import { base64, fromBase64, idFromUuid, join, random, uuidFromId, ID_BYTES } from '../../seal/bytes';
import { T, inst } from '../../seal/conventions';
import type { Id } from '../../wire/types';
import { readChallenge, type DeviceProof, type WaysAsked } from './routes';

const DATABASE = 'serment.device';
const STORE = 'key';
const ONLY = 'own';
const CURVE = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNING = { name: 'ECDSA', hash: 'SHA-256' } as const;

interface Own {
  device: Id;
  keys: CryptoKeyPair;
}

function over<Value>(work: IDBRequest<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    work.onsuccess = () => resolve(work.result);
    work.onerror = () => reject(work.error ?? new Error('storage'));
  });
}

async function store(mode: IDBTransactionMode): Promise<IDBObjectStore> {
  const opening = indexedDB.open(DATABASE, 1);
  opening.onupgradeneeded = () => { opening.result.createObjectStore(STORE); };
  return (await over(opening)).transaction(STORE, mode).objectStore(STORE);
}

async function own(): Promise<Own | null> {
  try {
    return ((await over((await store('readonly')).get(ONLY))) as Own | undefined) ?? null;
  } catch {
    return null;
  }
}

/** This machine's id, if it has one. */
export async function thisDevice(): Promise<Id | null> {
  return (await own())?.device ?? null;
}

/** What this machine answers a fresh question with; null if it has no key. */
export async function deviceProof(instance: string): Promise<DeviceProof | null> {
  const mine = await own();
  if (mine === null) return null;
  const { challenge } = await readChallenge();
  const signed = join(T('device'), inst(instance), idFromUuid(mine.device), fromBase64(challenge));
  const sig = new Uint8Array(await crypto.subtle.sign(SIGNING, mine.keys.privateKey, signed));
  return { device: mine.device, challenge, sig: base64(sig) };
}

/** Makes this machine known to the account whose signed change `sends` it. Best effort: without storage it stays a new one. */
export async function rememberThisDevice(sends: (change: WaysAsked) => Promise<void>, label: string): Promise<boolean> {
  let mine = await own();
  if (mine === null) {
    mine = { device: uuidFromId(random(ID_BYTES)), keys: await crypto.subtle.generateKey(CURVE, false, ['sign', 'verify']) };
    try {
      await over((await store('readwrite')).put(mine, ONLY));
    } catch {
      return false;
    }
  }
  const point = new Uint8Array(await crypto.subtle.exportKey('raw', mine.keys.publicKey));
  await sends({ remember: [{ device: mine.device, public_key: base64(point), label }] });
  return true;
}

const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/iPhone/, 'iPhone'], [/iPad/, 'iPad'], [/Android/, 'Android'], [/Windows/, 'Windows'], [/Mac OS X/, 'Mac'], [/CrOS/, 'Chromebook'], [/Linux/, 'Linux'],
];
const BROWSERS: readonly (readonly [RegExp, string])[] = [[/Edg\//, 'Edge'], [/Firefox\//, 'Firefox'], [/Chrome\//, 'Chrome'], [/Safari\//, 'Safari']];

/** How this machine is called in a list, before anybody names it: "Chrome, Windows". */
export function deviceName(agent: string = navigator.userAgent): string {
  const named = (list: readonly (readonly [RegExp, string])[]) => list.find(([pattern]) => pattern.test(agent))?.[1] ?? '';
  return [named(BROWSERS), named(SYSTEMS)].filter((part) => part !== '').join(', ') || 'Web';
}
