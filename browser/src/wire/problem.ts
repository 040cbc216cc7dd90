/** `type` of a problem answer is this and the error's name (RFC 9457). */
const ERROR_URN = 'urn:serment:error:';

/** The server refused: `name` is the error's name, `fields` what it told beside. Nothing was changed. */
export class Refused extends Error {
  constructor(
    override readonly name: string,
    readonly status: number,
    readonly fields: Record<string, unknown>,
  ) {
    super(`The server refused: ${name}.`);
  }

  /** Whether this is the error of that name. */
  is(name: string): boolean {
    return this.name === name;
  }

  /** Free starts offered instead (RFC 3339, UTC), when the error names some. */
  get alternatives(): string[] {
    const list = this.fields['alternatives'];
    return Array.isArray(list) ? list.filter((start): start is string => typeof start === 'string') : [];
  }
}

/** Whether the session ended, or who asks is no member any more: an open desk closes. */
export const isOver = (error: unknown): boolean => error instanceof Refused && (error.is('signed_out') || error.is('no_such_practice'));

/** No answer came: the network or the server is away. Whether the request arrived is unknown; the same bytes may be sent again. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

/** The server answered that it cannot just now (5xx, or 429 without work to do). Nothing was changed; later it may work. */
export class NotNow extends Error {
  override readonly name = 'NotNow';

  constructor(
    readonly status: number,
    /** Seconds to wait, when the server said so. */
    readonly retryAfterSeconds: number | null,
  ) {
    super(`The server cannot answer now (${status}).`);
  }
}

/** The error of an answer that is not 2xx. */
export async function errorOf(answer: Response): Promise<Refused | NotNow> {
  const wait = Number(answer.headers.get('retry-after') ?? NaN);
  const seconds = Number.isFinite(wait) ? wait : null;
  let fields: Record<string, unknown> = {};
  try {
    const body: unknown = await answer.json();
    if (typeof body === 'object' && body !== null) fields = body as Record<string, unknown>;
  } catch {
    // A proxy's page instead of a problem: its text helps nobody.
  }
  const type = typeof fields['type'] === 'string' ? fields['type'] : '';
  const name = type.startsWith(ERROR_URN) ? type.slice(ERROR_URN.length) : '';
  if (answer.status >= 500 || (answer.status === 429 && name === '')) return new NotNow(answer.status, seconds);
  return new Refused(name === '' ? `http_${answer.status}` : name, answer.status, fields);
}
