// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * A booking that was being typed when its desk closed by itself. It waits in this page's memory, sealed under a key of the unit and bound to
 * the member: a closed desk holds no name, and what was typed comes back to whoever typed it. Nothing is stored and nothing is sent.
 */
import { type Bytes, fromText, idFromUuid, text } from '../../seal/bytes';
import { openTyped, sealTyped } from '../../seal/cards';
import { D } from '../../seal/conventions';
import { SealError } from '../../seal/errors';
import type { Language } from '../../seal/groups';
import type { CardContent } from '../../seal/people';
import { BoxKey } from '../../seal/primitives';
import type { Id } from '../../wire/types';
import type { OpenDesk } from './unlock';

/** A booking as far as it was typed. */
export interface Typed {
  agenda: Id;
  start: number;
  visitType: Id;
  time: string;
  /** In the box that finds people. */
  find: string;
  card: Id | null;
  fresh: boolean;
  apart: boolean;
  person: Record<'birthName' | 'givenName' | 'birthDate' | 'phone' | 'email', string>;
  sex: CardContent['sex'];
  language: Language;
  quiet: boolean;
  reason: string;
}

/** The same, sealed. */
export interface Kept {
  unit: Id;
  epoch: number;
  bytes: Bytes;
}

const place = ({ instance, practice }: OpenDesk, unit: Id, e: number) => ({ instance, practice: idFromUuid(practice.practice), unit: idFromUuid(unit), e });

/** Seals it as the desk closes; null where the unit is not open. */
export async function keep(desk: OpenDesk, typed: Typed): Promise<Kept | null> {
  const unit = desk.house.agendas.find(({ agenda }) => agenda === typed.agenda)?.unit ?? '';
  const present = desk.units.get(unit)?.[0];
  if (present === undefined) return null;
  const { seed, epoch: { e } } = present;
  const key = await BoxKey.fromBytes(D(seed, 'typed'));
  return { unit, epoch: e, bytes: await sealTyped(place(desk, unit, e), idFromUuid(desk.practice.member), key, text(JSON.stringify(typed))) };
}

/** What was typed; null for everybody but the member who typed it. */
export async function takeUp(desk: OpenDesk, { unit, epoch, bytes }: Kept): Promise<Typed | null> {
  const seed = desk.units.get(unit)?.find((one) => one.epoch.e === epoch)?.seed;
  if (seed === undefined) return null;
  try {
    const key = await BoxKey.fromBytes(D(seed, 'typed'));
    return JSON.parse(fromText(await openTyped(place(desk, unit, epoch), idFromUuid(desk.practice.member), key, bytes))) as Typed;
  } catch (error) {
    if (error instanceof SealError) return null;
    throw error;
  }
}
