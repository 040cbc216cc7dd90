/**
 * What this browser keeps: the caps of its appointments, the practices it knows, and the names of the time it holds (which open
 * nothing), in localStorage; the booking being typed, in this tab's sessionStorage. On a shared computer nothing of either: memory only. Storage that is refused or
 * full keeps nothing and breaks nothing.
 */

import type { OwnHold } from './hold';
import type { Status } from '../wire/types';

const KEPT = 'serment.kept';
const PINS = 'serment.pins';
const CHECKS = 'serment.checks';
const DRAFT = 'serment.draft';
const HELD = 'serment.held';
/** A browser's list is for a household, not for a ward. */
const KEPT_MAX = 200;
/** Signatures of a few numbers. */
const CHECKS_MAX = 40;

/** The time an appointment had before it was moved. */
export interface Before {
  start: string;
  /** Whether the practice moved it for certain; else it may have been somebody with the link. */
  byPractice: boolean;
}

/** `void`: the link opens nothing any more. */
export type KeptStatus = Status | 'void';

/** An appointment this browser can open. Beside the cap only what its list shows. */
export interface Kept {
  /** base64url, 32 bytes: opens, moves and cancels the appointment. */
  cap: string;
  /** base64url, 20 bytes: the practice it was sealed to. */
  fingerprint: string;
  start: string;
  minutes: number;
  timezone: string;
  practice: string;
  practitioner: string;
  /** First letter of whom it is for: which child, discreetly. */
  initial: string;
  /** The practice's number, from when its keys were the right ones. */
  phone: string;
  rev: number;
  status: KeptStatus;
  /** When the server last said so (RFC 3339). */
  knownAt: string;
  /** Until somebody with the link moves it again. */
  before?: Before | undefined;
}

/** A practice as this browser knew it last: a later chain must begin with this one. */
export interface Pin {
  /** base64url, 20 bytes. */
  fingerprint: string;
  /** The last roster event seen and its hash (base64). */
  seq: number;
  head: string;
}

function read<Value>(storage: () => Storage, key: string, empty: Value): Value {
  try {
    const text = storage().getItem(key);
    return text === null ? empty : (JSON.parse(text) as Value);
  } catch {
    return empty;
  }
}

function write(storage: () => Storage, key: string, value: unknown): boolean {
  try {
    storage().setItem(key, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

const lasting = (): Storage => localStorage;
const ofThisTab = (): Storage => sessionStorage;

/** The appointments this browser keeps, the earliest first. */
export function keptAppointments(): Kept[] {
  const list = read<Kept[]>(lasting, KEPT, []);
  return Array.isArray(list) ? [...list].sort((a, b) => a.start.localeCompare(b.start)) : [];
}

/** Keeps an appointment, in place of what was kept under the same cap; false when the browser refuses. */
export function keepAppointment(kept: Kept): boolean {
  const others = keptAppointments().filter((other) => other.cap !== kept.cap);
  return write(lasting, KEPT, [...others, kept].slice(-KEPT_MAX));
}

/** What is kept under a cap, or null. */
export function keptOf(cap: string): Kept | null {
  return keptAppointments().find((kept) => kept.cap === cap) ?? null;
}

/** Shorter beginnings of a link may be anybody's. */
const LINK_CHARACTERS_MIN = 8;

/** The kept appointment whose link begins so: a link that was cut short, opened where it is kept. */
export function keptBeginning(fragment: string): Kept | null {
  const start = fragment.replace(/^#/, '');
  if (start.length < LINK_CHARACTERS_MIN) return null;
  return keptAppointments().find(({ cap, fingerprint }) => `${cap}.${fingerprint}`.startsWith(start)) ?? null;
}

/** Writes down what was learnt of appointments; one forgotten meanwhile stays forgotten. */
export function updateKept(learnt: Kept[]): void {
  const known = new Map(learnt.map((kept) => [kept.cap, kept]));
  const list = keptAppointments();
  if (list.some((kept) => known.has(kept.cap))) write(lasting, KEPT, list.map((kept) => known.get(kept.cap) ?? kept));
}

/** Forgets an appointment here; it stands, and its link opens it still. */
export function forgetAppointment(cap: string): void {
  const rest = keptAppointments().filter((kept) => kept.cap !== cap);
  if (rest.length > 0) write(lasting, KEPT, rest);
  else drop(lasting, KEPT);
}

/** A notifier's signature for a booking to come; which address it is for is not said. */
export interface KeptCheck {
  /** base64url: the secret of the appointment-to-be. */
  cap: string;
  /** base64 */
  r: string;
  salt: string;
  /** yyyymm */
  month: number;
  proof: string;
}

/** The signatures that no booking has used yet. */
export function keptChecks(): KeptCheck[] {
  const list = read<KeptCheck[]>(lasting, CHECKS, []);
  return Array.isArray(list) ? list : [];
}

export function keepChecks(checks: readonly KeptCheck[]): void {
  if (checks.length > 0) write(lasting, CHECKS, [...keptChecks(), ...checks].slice(-CHECKS_MAX));
}

/** Takes the one that bears this cap off the list: two tabs do not use the same. False where another was first. */
export function takeCheck(cap: string): boolean {
  const list = keptChecks();
  const rest = list.filter((one) => one.cap !== cap);
  if (rest.length > 0) write(lasting, CHECKS, rest);
  else drop(lasting, CHECKS);
  return rest.length < list.length;
}

/** How this browser knows a practice in which it booked before. */
export function pinOf(practice: string): Pin | null {
  return read<Record<string, Pin>>(lasting, PINS, {})[practice] ?? null;
}

export function pinPractice(practice: string, pin: Pin): void {
  write(lasting, PINS, { ...read<Record<string, Pin>>(lasting, PINS, {}), [practice]: pin });
}

/** What was typed and held in this tab, so that a reload loses nothing. */
export function draftOf<Draft>(): Draft | null {
  return read<Draft | null>(ofThisTab, DRAFT, null);
}

export function keepDraft(draft: unknown): void {
  write(ofThisTab, DRAFT, draft);
}

export function dropDraft(): void {
  drop(ofThisTab, DRAFT);
}

/** The time held last in this browser, by any of its tabs. One that has ended goes by being asked for, as each page of a patient does. */
export function heldHere(): OwnHold | null {
  const held = read<OwnHold | null>(lasting, HELD, null);
  if (held === null || Date.parse(held.expiresAt) > Date.now()) return held;
  dropHold();
  return null;
}

export function keepHold(hold: OwnHold): void {
  write(lasting, HELD, hold);
}

export function dropHold(): void {
  drop(lasting, HELD);
}

function drop(storage: () => Storage, key: string): void {
  try {
    storage().removeItem(key);
  } catch {
    // A browser that refuses storage has nothing to drop.
  }
}
