// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * The tabs of one browser share one session: whoever signed in last is whom the server hears. A desk says who opened
 * it to the browser's other tabs; told of somebody else, it may act in nobody's name any more. Nothing leaves the browser.
 */
import { base64 } from '../../seal/bytes';
import type { OpenDesk } from './unlock';

const CHANNEL = 'serment.desk';

interface Opened {
  account: string;
  name: string;
}

function isOpened(value: unknown): value is Opened {
  const { account, name } = (value ?? {}) as Partial<Opened>;
  return typeof account === 'string' && typeof name === 'string';
}

/** Tells the other tabs, and calls `another` with the name of somebody else who opens a desk in one of them; answers what ends it. */
export function watchTabs({ user, house, practice }: OpenDesk, another: (name: string) => void): () => void {
  const mine: Opened = { account: base64(user.sign.publicKey), name: house.members.find(({ member }) => member === practice.member)?.name ?? '' };
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (isOpened(data) && data.account !== mine.account) another(data.name);
  };
  channel.postMessage(mine);
  return () => channel.close();
}
