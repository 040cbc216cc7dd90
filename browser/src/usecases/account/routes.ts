// SPDX-License-Identifier: AGPL-3.0-or-later
/** The routes of an account and its ways in, as docs/reference/http.md says them. Every one carries the session cookie. */
import { fromBase64, base64 } from '../../seal/bytes';
import { Refused } from '../../wire/problem';
import { request } from '../../wire/request';
import type { Base64, Id } from '../../wire/types';
import type { Membership } from '../desk/routes';

export interface Box {
  method: number;
  credential: Base64;
  version: number;
  bytes: Base64;
}

export interface Away {
  practice: Id;
  slug: string;
  name: string;
}

export interface SignedIn {
  account: Id;
  /** The server's part of the password's secret; null to who came in without one. */
  share: Base64 | null;
  version: number;
  unlocks: Box[];
  practices: Membership[];
  /** Where they were away too long: an owner brings them back. */
  dormant: Away[];
}

export interface Way {
  method: number;
  credential: Base64;
  version: number;
  label: string;
}

export interface Ways {
  account: Id;
  version: number;
  ways: Way[];
  devices: { device: Id; label: string }[];
}

export interface NewWay extends Box {
  passkey?: { client_data: Base64; attestation: Base64 };
  label?: string;
}

/** One change of the ways in and of the machines that are known, whole or not at all. */
export interface WaysAsked {
  put?: NewWay[];
  drop?: { method: number; credential: Base64 }[];
  password?: { find: Base64; auth: Base64 };
  remember?: { device: Id; public_key: Base64; label: string }[];
  forget?: Id[];
}

export interface DeviceProof {
  device: Id;
  challenge: Base64;
  sig: Base64;
}

export interface PasskeyAnswer {
  credential: Base64;
  client_data: Base64;
  authenticator_data: Base64;
  signature: Base64;
}

/** How often work is done for one question: a challenge may age while an old phone computes. */
const WORK_ROUNDS_MAX = 3;
const post = <Answer>(path: string, body: unknown) => request<Answer>(path, { method: 'POST', body, cookie: true });

/** Asks, and does the work that the server wants from an address that asks often. */
async function working<Answer>(path: string, body: Record<string, unknown>): Promise<Answer> {
  for (let round = 0; ; round += 1) {
    try {
      return await post<Answer>(path, body);
    } catch (error) {
      if (!(error instanceof Refused) || !error.is('work_needed') || round >= WORK_ROUNDS_MAX) throw error;
      const { challenge, bits } = error.fields;
      if (typeof challenge !== 'string' || typeof bits !== 'number') throw error;
      const { solveWork } = await import('../work');
      body = { ...body, work: base64(await solveWork(fromBase64(challenge), bits)) };
    }
  }
}

export const postAccount = (account: Id, password: { find: Base64; auth: Base64 } | null) =>
  working<SignedIn>('/api/practice/accounts', { account, ...password });
export const postShare = (find: Base64) => working<{ share: Base64 }>('/api/practice/account/share', { find });
export const readWays = () => request<Ways>('/api/practice/account', { cookie: true });
export const putUnlocks = (body: WaysAsked & { seen: number; key: Base64; sig: Base64 }) => request<{ version: number }>('/api/practice/account/unlocks', { method: 'PUT', body, cookie: true });
export const postPasswordSignIn = (find: Base64, auth: Base64, more: { device?: DeviceProof; recovery?: Base64 }) =>
  post<SignedIn>('/api/practice/sign-in', { find, auth, ...more });
export const postPasskeySignIn = (answer: PasskeyAnswer) => post<SignedIn>('/api/practice/sign-in/passkey', answer);
export const postRecover = (find: Base64) => post<SignedIn>('/api/practice/recover', { find });
export const readChallenge = () => request<{ challenge: Base64 }>('/api/practice/challenge', { cookie: true });
export const postEndSessions = () => post<null>('/api/practice/account/end-sessions', {});
