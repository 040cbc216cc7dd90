import { KEY_BYTES, fromBase64url } from '../seal/bytes';

/** 20 bytes: the first of the genesis event's hash. */
const FINGERPRINT_BYTES = 20;

/** The part of a link after #: the appointment's secret and the practice's fingerprint, each base64url. */
export interface Link {
  cap: string;
  fingerprint: string;
}

/** The link was cut short or mistyped: it opens nothing. */
export class TruncatedLink extends Error {}

/** Reads `#<cap>.<fingerprint>`. Throws TruncatedLink. */
export function readLink(fragment: string): Link {
  const [cap, fingerprint, ...more] = fragment.replace(/^#/, '').split('.');
  try {
    if (cap === undefined || fingerprint === undefined || more.length > 0) throw new TruncatedLink();
    if (fromBase64url(cap).length !== KEY_BYTES || fromBase64url(fingerprint).length !== FINGERPRINT_BYTES) throw new TruncatedLink();
  } catch {
    throw new TruncatedLink();
  }
  return { cap, fingerprint };
}

/** The whole address of an appointment's page. */
export function linkAddress(link: Link, language: string): string {
  return `${location.origin}/${language}/a#${link.cap}.${link.fingerprint}`;
}
