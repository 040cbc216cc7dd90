import { serverNow } from '../wire/request';

/** The present by the server's clock, in milliseconds since 1970: a device's own may be wrong. */
export { serverNow };

/** The same in seconds. */
export function now(): number {
  return Math.floor(serverNow() / 1000);
}

/** Whether a visit has begun: from then on it is neither moved nor cancelled from here. `start` is RFC 3339. */
export function hasBegun(start: string): boolean {
  return Date.parse(start) <= serverNow();
}

/** Whether a visit's time is over. `start` is RFC 3339. */
export function isOver(start: string, minutes: number): boolean {
  return Date.parse(start) + minutes * 60_000 <= serverNow();
}
