// SPDX-License-Identifier: AGPL-3.0-or-later
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Length, fitted, smsLength } from '../../src/usecases/messages/gsm7';

interface Vector extends Length {
  name: string;
  text: string;
  fitted: string;
}
const vectors = JSON.parse(readFileSync(new URL('../../../spec/vectors/gsm7.json', import.meta.url), 'utf8')) as { texts: Vector[] };

describe('an SMS', () => {
  it.each(vectors.texts)('arrives as the vector says: $name', ({ name: _name, text, fitted: arrives, ...length }) => {
    expect(fitted(text)).toBe(arrives);
    expect(smsLength(fitted(text))).toEqual(length);
  });

  it('fitted twice is as fitted once', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => fitted(fitted(text)) === fitted(text)));
  });
});
