// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * Somebody's own account, open in this browser: the seed in memory, and the ways in that the server stores as boxes it cannot open.
 * Made once, opened by password, passkey or printed code. Every change is one request, whole or not at all.
 */
import { type Bytes, ID_BYTES, base64, equal, fromBase64, idFromUuid, random, uuidFromId } from '../../seal/bytes';
import { sha256 } from '../../seal/conventions';
import { newSeed, userKeys, type UserKeys } from '../../seal/keys';
import {
  METHODS, StretchedPassword, boxUnlock, newRecoveryCode, openUnlock, passwordFind, recoverySecret, type Method, type UnlockPlace,
} from '../../seal/unlock';
import { Refused } from '../../wire/problem';
import type { Base64, Id } from '../../wire/types';
import type { Membership } from '../desk/routes';
import { readyToSeal } from '../sealing';
import { deviceName, deviceProof, rememberThisDevice } from './device';
import { noteOldCode, oldCodeSpent } from './old_code';
import { makePasskey, usePasskey } from './passkey';
import {
  postAccount, postPasskeySignIn, postPasswordSignIn, postRecover, postShare, readWays, type Away, type Box, type NewWay, type SignedIn, type Way, type WaysAsked,
} from './routes';
import { putSigned } from './signed';

/** The account has no box for this way in: it was left half made, or the way was taken away meanwhile. */
export class NoBox extends Error {}

const EMPTY = new Uint8Array(0);
const NO_CREDENTIAL: Base64 = '';

export class Account {
  #seed: Bytes;
  private constructor(
    readonly instance: string,
    readonly id: Id,
    seed: Bytes,
    readonly user: UserKeys,
    private version: number,
    public ways: readonly Way[],
    readonly practices: readonly Membership[],
    readonly dormant: readonly Away[],
  ) {
    this.#seed = seed;
  }

  static async of(instance: string, { account, version, unlocks, practices, dormant }: SignedIn, seed: Bytes): Promise<Account> {
    const ways = unlocks.map(({ method, credential, version: own }) => ({ method, credential, version: own, label: '' }));
    return new Account(instance, account, seed, await userKeys(seed), version, ways, practices, dormant);
  }

  /** How many different ways in stand: two are needed, always. */
  get methods(): number {
    return new Set(this.ways.map(({ method }) => method)).size;
  }

  has(method: Method): boolean {
    return this.ways.some((way) => way.method === METHODS[method]);
  }

  /** The ways in as the server has them now. */
  async renew(): Promise<void> {
    const { version, ways } = await readWays();
    this.version = version;
    this.ways = ways;
  }

  #place(method: Method, credential: Bytes, version: number): UnlockPlace {
    return { instance: this.instance, user: idFromUuid(this.id), method, credential, version };
  }

  #next(method: Method): number {
    return 1 + Math.max(0, ...this.ways.filter((way) => way.method === METHODS[method]).map(({ version }) => version));
  }

  async #change(change: WaysAsked): Promise<void> {
    this.version = await putSigned(this.instance, this.id, this.user.sign, this.version, change);
    await this.renew();
  }

  /** Makes this machine known, so that the password alone opens here. Best effort. */
  async rememberMachine(): Promise<void> {
    await rememberThisDevice((change) => this.#change(change), deviceName()).catch(() => false);
  }

  /** Gives the account this name and password, in place of the one before. Throws Refused (name_taken, stale_ways). */
  async setPassword(name: string, password: string): Promise<void> {
    const [find, stretched] = await Promise.all([passwordFind(this.instance, name), StretchedPassword.of(this.instance, name, password)]);
    const { share } = await postShare(base64(find));
    await this.putPassword(find, stretched, fromBase64(share));
  }

  async putPassword(find: Bytes, stretched: StretchedPassword, share: Bytes): Promise<void> {
    const version = this.#next('password');
    const box = await boxUnlock(this.#place('password', EMPTY, version), stretched.secret(share), this.#seed);
    const way = { method: METHODS.password, credential: NO_CREDENTIAL, version, bytes: base64(box) };
    await this.#change({ put: [way], password: { find: base64(find), auth: base64(stretched.auth) } });
  }

  /** Stores the box of a code that was printed and tried; the code before is spent. Again after no answer: done already. */
  async putCode(code: Bytes): Promise<void> {
    const { secret, find } = recoverySecret(code);
    const credential = base64(sha256(find));
    const version = this.#next('recovery');
    const box = await boxUnlock(this.#place('recovery', find, version), secret, this.#seed);
    try {
      await this.#change({ put: [{ method: METHODS.recovery, credential, version, bytes: base64(box) }] });
    } catch (error) {
      if (!(error instanceof Refused) || !error.is('stale_ways')) throw error;
      await this.renew();
      if (!this.ways.some((way) => way.method === METHODS.recovery && way.credential === credential)) throw error;
    }
    oldCodeSpent(this.user);
  }

  /** Asks for a passkey and adds it. Throws PasskeyDeclined, PasskeyWithoutSecret, Refused (too_many_ways). */
  async addPasskey(shownName: string, label: string): Promise<void> {
    const made = await makePasskey(this.instance, idFromUuid(this.id), shownName);
    const box = await boxUnlock(this.#place('passkey', made.credential, 1), made.secret, this.#seed);
    const way: NewWay = { method: METHODS.passkey, credential: base64(made.credential), version: 1, bytes: base64(box), passkey: made.passkey, label };
    await this.#change({ put: [way] });
  }

  /** Takes a way in away. Throws Refused (two_ways_needed, stale_ways). */
  async drop({ method, credential }: Way): Promise<void> {
    await this.#change({ put: [], drop: [{ method, credential }] });
  }
}

/** A fresh id for an account; asked again with the same one, nothing is made twice. */
export const newAccountId = (): Id => uuidFromId(random(ID_BYTES));

export { newRecoveryCode };

/** Makes an account with a name and password. Throws Refused (name_taken), TooMuchWork, NoAnswer, NotNow. */
export async function makeAccount(instance: string, id: Id, name: string, password: string): Promise<Account> {
  await readyToSeal();
  const [find, stretched] = await Promise.all([passwordFind(instance, name), StretchedPassword.of(instance, name, password)]);
  const signedIn = await postAccount(id, { find: base64(find), auth: base64(stretched.auth) });
  return await firstBox(instance, signedIn, find, stretched);
}

async function firstBox(instance: string, signedIn: SignedIn, find: Bytes, stretched: StretchedPassword): Promise<Account> {
  const account = await Account.of(instance, signedIn, newSeed());
  await account.putPassword(find, stretched, fromBase64(signedIn.share!));
  return account;
}

/** Makes an account that opens by a passkey. Throws PasskeyDeclined, PasskeyWithoutSecret, and what the wire throws. */
export async function makeAccountByPasskey(instance: string, id: Id, shownName: string, label: string): Promise<Account> {
  await readyToSeal();
  const account = await Account.of(instance, await postAccount(id, null), newSeed());
  await account.addPasskey(shownName, label);
  return account;
}

function boxOf(signedIn: SignedIn, method: Method, credential: Bytes): Box {
  const box = signedIn.unlocks.find((one) => one.method === METHODS[method] && equal(fromBase64(one.credential), credential));
  if (box === undefined) throw new NoBox();
  return box;
}

async function opened(instance: string, signedIn: SignedIn, box: Box, method: Method, credential: Bytes, secret: Bytes): Promise<Account> {
  const place = { instance, user: idFromUuid(signedIn.account), method, credential, version: box.version };
  return await Account.of(instance, signedIn, await openUnlock(place, secret, fromBase64(box.bytes)));
}

/**
 * Opens an account by name and password; on a machine that is new to it, `code` (the printed one) as well. An account left half made is
 * finished here. Throws Refused (wrong_log_in, password_closed, new_device, no_such_code), NoAnswer, NotNow.
 */
export async function openByPassword(instance: string, name: string, password: string, code: Bytes | null = null): Promise<Account> {
  await readyToSeal();
  const [find, stretched, device] = await Promise.all([
    passwordFind(instance, name), StretchedPassword.of(instance, name, password), code === null ? deviceProof(instance) : null,
  ]);
  const more = { ...(device === null ? {} : { device }), ...(code === null ? {} : { recovery: base64(recoverySecret(code).find) }) };
  const signedIn = await postPasswordSignIn(base64(find), base64(stretched.auth), more);
  if (signedIn.unlocks.length === 0 && signedIn.practices.length === 0) return await firstBox(instance, signedIn, find, stretched);
  const secret = stretched.secret(fromBase64(signedIn.share!));
  return await opened(instance, signedIn, boxOf(signedIn, 'password', EMPTY), 'password', EMPTY, secret);
}

/** Opens an account by a passkey. Throws PasskeyDeclined, PasskeyWithoutSecret, Refused (passkey_refused), NoBox. */
export async function openByPasskey(instance: string): Promise<Account> {
  await readyToSeal();
  const { sent, secret } = await usePasskey(instance);
  const signedIn = await postPasskeySignIn(sent);
  const credential = fromBase64(sent.credential);
  return await opened(instance, signedIn, boxOf(signedIn, 'passkey', credential), 'passkey', credential, secret);
}

/** Opens an account by its printed code. Throws Refused (no_such_code), NoAnswer, NotNow. */
export async function openByCode(instance: string, code: Bytes): Promise<Account> {
  await readyToSeal();
  const { secret, find } = recoverySecret(code);
  const signedIn = await postRecover(base64(find));
  // The server knows the code by a hash of what finds it; the box is bound to what was hashed.
  const box = boxOf(signedIn, 'recovery', sha256(find));
  const account = await opened(instance, signedIn, box, 'recovery', find, secret);
  noteOldCode(account.user, box.credential);
  return account;
}
