// SPDX-License-Identifier: AGPL-3.0-or-later
/** Every change of the ways in bears the signature of the account's own key: a session alone changes nothing (spec/rdv1.md, section 3). */
import { type Bytes, base64, fromBase64, idFromUuid } from '../../seal/bytes';
import type { SigningKey } from '../../seal/primitives';
import { waysMessage, type WayPut } from '../../seal/ways';
import { Refused } from '../../wire/problem';
import type { Id } from '../../wire/types';
import { putUnlocks, readWays, type NewWay, type WaysAsked } from './routes';

const NOTHING: Bytes = new Uint8Array(0);

function putOf(way: NewWay): WayPut {
  const { client_data: said, attestation } = way.passkey ?? {};
  return {
    method: way.method, credential: fromBase64(way.credential), version: way.version, box: fromBase64(way.bytes),
    clientData: said === undefined ? NOTHING : fromBase64(said), attestation: attestation === undefined ? NOTHING : fromBase64(attestation),
    label: way.label ?? '',
  };
}

/** Sends a change that was decided on version `seen`; answers the version after it. Throws Refused (stale_ways, two_ways_needed). */
export async function putSigned(instance: string, account: Id, sign: SigningKey, seen: number, change: WaysAsked): Promise<number> {
  const { put = [], drop = [], password, remember = [], forget = [] } = change;
  const message = waysMessage(instance, idFromUuid(account), seen, {
    put: put.map(putOf),
    drop: drop.map(({ method, credential }) => ({ method, credential: fromBase64(credential) })),
    password: password === undefined ? null : { find: fromBase64(password.find), auth: fromBase64(password.auth) },
    remember: remember.map(({ device, public_key: point, label }) => ({ device: idFromUuid(device), publicKey: fromBase64(point), label })),
    forget: forget.map(idFromUuid),
  });
  const { version } = await putUnlocks({ seen, key: base64(sign.publicKey), sig: base64(await sign.sign(message)), ...change });
  return version;
}

/** A change of the machines that are known, by the member at an open desk. What changed meanwhile elsewhere is no reason to give up. */
export function changesMachines(instance: string, sign: SigningKey): (change: Pick<WaysAsked, 'remember' | 'forget'>) => Promise<void> {
  return async (change) => {
    for (let again = false; ; again = true) {
      const { account, version } = await readWays();
      try {
        await putSigned(instance, account, sign, version, change);
        return;
      } catch (error) {
        if (again || !(error instanceof Refused) || !error.is('stale_ways')) throw error;
      }
    }
  };
}
