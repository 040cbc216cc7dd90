import { NoAnswer, errorOf } from './problem';

/** How far the server's clock is ahead of this device's, in milliseconds, by the last answer's Date. */
let aheadMilliseconds = 0;

/** The server's present, in milliseconds since 1970: holds end by its clock, and a device's may be wrong. */
export function serverNow(): number {
  return Date.now() + aheadMilliseconds;
}

/** After this long without an answer a request is given up as NoAnswer. */
export const ANSWER_SECONDS_MAX = 20;

export interface Ask {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  body?: unknown;
  headers?: Record<string, string>;
  /** Staff routes carry the session cookie; everything else carries none. */
  cookie?: boolean;
  /** Goes on when the page is closed meanwhile. */
  keepalive?: boolean;
  signal?: AbortSignal;
}

/**
 * One request, one JSON answer (null for 204). Never repeats by itself: whoever asked decides, with the same bytes.
 * Throws Refused, NotNow or NoAnswer.
 */
export async function request<Answer>(path: string, ask: Ask = {}): Promise<Answer> {
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), ANSWER_SECONDS_MAX * 1000);
  ask.signal?.addEventListener('abort', () => giveUp.abort());
  const headers: Record<string, string> = { Accept: 'application/json', ...ask.headers };
  const init: RequestInit = {
    method: ask.method ?? 'GET',
    headers,
    credentials: ask.cookie ? 'same-origin' : 'omit',
    referrerPolicy: 'no-referrer',
    redirect: 'error',
    keepalive: ask.keepalive ?? false,
    signal: giveUp.signal,
  };
  if (ask.body !== undefined) {
    headers['Content-Type'] = 'application/json';
    init.body = JSON.stringify(ask.body);
  }
  if (ask.cookie && init.method !== 'GET') headers['Serment-Request'] = '1';
  try {
    const answer = await fetch(path, init);
    const told = Date.parse(answer.headers.get('date') ?? '');
    // Answers to GET may come from a cache, with the date they were made.
    if (Number.isFinite(told) && init.method === 'POST') aheadMilliseconds = told - Date.now();
    if (!answer.ok) throw await errorOf(answer);
    return (answer.status === 204 ? null : await answer.json()) as Answer;
  } catch (error) {
    if (error instanceof TypeError || error instanceof SyntaxError || (error instanceof DOMException && error.name === 'AbortError')) {
      throw new NoAnswer('No answer came.');
    }
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** `/path?name=value`, values left out when undefined. */
export function address(path: string, query: Record<string, string | number | undefined>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
  const text = search.toString();
  return text === '' ? path : `${path}?${text}`;
}
