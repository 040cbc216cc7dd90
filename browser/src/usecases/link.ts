import { KEY_BYTES, fromBase64url } from '../seal/bytes';

/** 20 bytes: the first of the genesis event's hash. */
const FINGERPRINT_BYTES = 20;

/** What follows a secret that the desk showed: whoever opens it puts a secret of their own in its place. */
const SHOWN = '.desk';

/** The part of a link after #: the appointment's secret and the practice's fingerprint, each base64url. */
export interface Link {
  cap: string;
  fingerprint: string;
  /** The desk made the secret and showed it. */
  shown?: boolean;
}

/** The link was cut short or mistyped: it opens nothing. */
export class TruncatedLink extends Error {}

/** Both parts at their full length; what a sentence or a mail program left behind them (a full stop, a bracket, %20) is none of it. */
const WHOLE = /^#?([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{27})(?![A-Za-z0-9_-])(\.desk(?![A-Za-z0-9_-]))?/;

/** Reads `#<cap>.<fingerprint>`, `.desk` after it where the desk made it, and nothing behind that. Throws TruncatedLink. */
export function readLink(fragment: string): Link {
  const [, cap, fingerprint, shown] = WHOLE.exec(fragment) ?? [];
  try {
    if (cap === undefined || fingerprint === undefined) throw new TruncatedLink();
    if (fromBase64url(cap).length !== KEY_BYTES || fromBase64url(fingerprint).length !== FINGERPRINT_BYTES) throw new TruncatedLink();
  } catch {
    throw new TruncatedLink();
  }
  return shown === undefined ? { cap, fingerprint } : { cap, fingerprint, shown: true };
}

/** The fragment of a link, an appointment's (a) or a message's (t), whose # became %23 on its way, so that it stood in the path; '' where there is none. */
export function fragmentInPath(path: string): string {
  return /\/[at]%23(.*)$/i.exec(path)?.[1] ?? '';
}

/** The whole address of an appointment's page. */
export function linkAddress(link: Link, language: string): string {
  return `${location.origin}/${language}/a#${link.cap}.${link.fingerprint}${link.shown === true ? SHOWN : ''}`;
}
