// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * Passkeys with PRF: the authenticator gives this browser a secret (32 bytes) that opens the seed, beside a signature that signs in.
 * Only named fields of an answer are sent. `toJSON()` is never called: the secret is among the results of extensions it holds.
 */
import { type Bytes, KEY_BYTES, base64, fromBase64 } from '../../seal/bytes';
import { passkeySalt } from '../../seal/unlock';
import { type NewWay, type PasskeyAnswer, readChallenge } from './routes';

/** Nobody was there, or they declined. Nothing was changed. */
export class PasskeyDeclined extends Error {}

/** This passkey gives no secret (no PRF). It cannot open anything here; another one, or a password, can. */
export class PasskeyWithoutSecret extends Error {}

const ES256 = -7;
const EDDSA = -8;
const RS256 = -257;
const NUMERIC_ADDRESS = /^(\d+\.){3}\d+$|^\[/;

/** Whether this page may ask for a passkey at all: its host must have a name, and the browser must know how. */
export function passkeysWork(): boolean {
  return typeof PublicKeyCredential === 'function' && isSecureContext && !NUMERIC_ADDRESS.test(location.hostname);
}

interface PrfResults {
  prf?: { enabled?: boolean; results?: { first?: ArrayBuffer | Uint8Array } };
}

function secretOf(credential: PublicKeyCredential): Bytes | null {
  const { prf } = credential.getClientExtensionResults() as PrfResults;
  const first = prf?.results?.first;
  if (first === undefined) return null;
  const secret = new Uint8Array(first instanceof ArrayBuffer ? first : new Uint8Array(first));
  return secret.length === KEY_BYTES ? secret : null;
}

const bytesOf = (buffer: ArrayBuffer): string => base64(new Uint8Array(buffer));
const prf = (instance: string) => ({ prf: { eval: { first: passkeySalt(instance) } } }) as AuthenticationExtensionsClientInputs;

async function asked<Answer>(what: Promise<Answer | null>): Promise<Answer> {
  try {
    const answer = await what;
    if (answer !== null) return answer;
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
  throw new PasskeyDeclined();
}

export interface MadePasskey {
  credential: Bytes;
  secret: Bytes;
  passkey: NonNullable<NewWay['passkey']>;
}

/** Makes a passkey for an account. Throws PasskeyDeclined, PasskeyWithoutSecret, and what the wire throws. */
export async function makePasskey(instance: string, account: Bytes, shownName: string): Promise<MadePasskey> {
  const { challenge } = await readChallenge();
  const made = await asked(navigator.credentials.create({
    publicKey: {
      challenge: fromBase64(challenge),
      rp: { name: 'Serment' },
      user: { id: account, name: shownName, displayName: shownName },
      pubKeyCredParams: [ES256, EDDSA, RS256].map((alg) => ({ type: 'public-key' as const, alg })),
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      attestation: 'none',
      extensions: prf(instance),
    },
  })) as PublicKeyCredential;
  const credential = new Uint8Array(made.rawId);
  const response = made.response as AuthenticatorAttestationResponse;
  // Many authenticators give the secret only when they are used, not when they are made: then they are used once.
  const secret = secretOf(made) ?? (await usedOnce(instance, credential));
  return { credential, secret, passkey: { client_data: bytesOf(response.clientDataJSON), attestation: bytesOf(response.attestationObject) } };
}

async function usedOnce(instance: string, credential: Bytes): Promise<Bytes> {
  const { challenge } = await readChallenge();
  const { secret } = await answer(instance, challenge, [{ type: 'public-key', id: credential }]);
  return secret;
}

async function answer(instance: string, challenge: string, allowed: PublicKeyCredentialDescriptor[]): Promise<{ sent: PasskeyAnswer; secret: Bytes }> {
  const used = await asked(navigator.credentials.get({
    publicKey: { challenge: fromBase64(challenge), allowCredentials: allowed, userVerification: 'required', extensions: prf(instance) },
  })) as PublicKeyCredential;
  const secret = secretOf(used);
  if (secret === null) throw new PasskeyWithoutSecret();
  const response = used.response as AuthenticatorAssertionResponse;
  const sent = {
    credential: bytesOf(used.rawId), client_data: bytesOf(response.clientDataJSON),
    authenticator_data: bytesOf(response.authenticatorData), signature: bytesOf(response.signature),
  };
  return { sent, secret };
}

/** Asks for any passkey of this address; whose it is, its answer says. Throws PasskeyDeclined, PasskeyWithoutSecret. */
export async function usePasskey(instance: string): Promise<{ sent: PasskeyAnswer; secret: Bytes }> {
  const { challenge } = await readChallenge();
  return await answer(instance, challenge, []);
}
