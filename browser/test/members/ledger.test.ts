// SPDX-License-Identifier: AGPL-3.0-or-later
import { afterEach, describe, expect, it, vi } from 'vitest';
import { byDay, csv, FILE_ROWS_MAX, readAllLines, type Line, type Wanted } from '../../src/usecases/members/ledger';

const WANTED: Wanted = { from: '2027-03-01', to: '2027-03-02', who: 'everybody', member: null, record: null };
const line = (nth: number, records: number): Line => ({
  line: `line-${nth}`, at: `2027-03-01T09:00:${String(nth).padStart(2, '0')}Z`, member: null, purpose: 'link', parts: ['id'],
  records: Array.from({ length: records }, (_, each) => `${nth}-${each}`),
});

/** A server that has these lines, two to an answer. */
function serve(lines: Line[]): { asked: unknown[] } {
  const asked: unknown[] = [];
  vi.stubGlobal('fetch', (_address: string, { body }: { body: string }) => {
    const { after, ...rest } = JSON.parse(body) as { after: { line: string } | null };
    asked.push(rest);
    const from = after === null ? 0 : lines.findIndex((one) => one.line === after.line) + 1;
    const some = lines.slice(from, from + 2);
    const last = some.at(-1);
    const more = last !== undefined && from + 2 < lines.length ? { at: last.at, line: last.line } : null;
    const answer = { timezone: 'Europe/Paris', lines: some, places: some.map(({ records: [record] }) => ({ record, agenda: 'bento', start: '2027-03-02T08:00:00Z' })), after: more };
    return Promise.resolve(new Response(JSON.stringify(answer), { status: 200, headers: { 'Content-Type': 'application/json' } }));
  });
  return { asked };
}

afterEach(() => { vi.unstubAllGlobals(); });

describe('who read what', () => {
  it('asks on until every line of the period is there, each once', async () => {
    serve([1, 2, 3, 4, 5].map((nth) => line(nth, 1)));
    const all = await readAllLines('practice', WANTED);
    expect(all?.lines.map((one) => one.line)).toEqual(['line-1', 'line-2', 'line-3', 'line-4', 'line-5']);
    expect([...(all?.places.keys() ?? [])]).toEqual(['1-0', '2-0', '3-0', '4-0', '5-0']);
  });

  it('makes no file that leaves out what does not fit', async () => {
    serve([1, 2, 3, 4, 5].map((nth) => line(nth, FILE_ROWS_MAX / 2)));
    expect(await readAllLines('practice', WANTED)).toBeNull();
  });

  it('begins a day where the practice’s clock does', () => {
    const paris = (at: string) => new Date(Date.parse(at) + 3_600_000).toISOString().slice(0, 10);
    const lines = ['2027-03-02T09:00:00Z', '2027-03-01T23:30:00Z', '2027-03-01T22:30:00Z'].map((at, nth) => ({ ...line(nth, 1), at }));
    expect(byDay(lines, paris).map(({ day, lines: some }) => [day, some.length])).toEqual([['2027-03-02', 2], ['2027-03-01', 1]]);
  });

  it('writes a table that a spreadsheet opens as text, whatever somebody is called', () => {
    const rows = [['who', 'whose'], ['Sam; "desk"', '=HYPERLINK("x")'], ['+33', 'two\nlines']];
    expect(csv(rows, 'fr')).toBe('\ufeffwho;whose\r\n"Sam; ""desk""";"\'=HYPERLINK(""x"")"\r\n\'+33;"two\nlines"\r\n');
    expect(csv([['a', 'b']], 'en')).toBe('\ufeffa,b\r\n');
  });
});
