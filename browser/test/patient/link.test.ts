// SPDX-License-Identifier: AGPL-3.0-or-later
import { describe, expect, it } from 'vitest';
import { TruncatedLink, fragmentInPath, readLink } from '../../src/usecases/link';

const CAP = 'A'.repeat(43);
const FINGERPRINT = 'B'.repeat(26) + 'A';

describe('a link', () => {
  it.each(['', '.', ',', ';', '>', ')', '%20', ' »', '.)'])('is read whole with "%s" behind it', (behind) => {
    expect(readLink(`#${CAP}.${FINGERPRINT}${behind}`)).toEqual({ cap: CAP, fingerprint: FINGERPRINT });
  });

  it.each([`#${CAP}`, `#${CAP}.${FINGERPRINT.slice(1)}`, `#${CAP}A.${FINGERPRINT}`, `#${CAP}.${FINGERPRINT}A`, `#${CAP}.${FINGERPRINT}-`, '#', ''])(
    'of another length is cut short: %s', (fragment) => {
      expect(() => readLink(fragment)).toThrow(TruncatedLink);
    });

  it('is found in a path whose # became %23, and nowhere else', () => {
    expect(fragmentInPath('/fr/a%23abc.def')).toBe('abc.def');
    expect(fragmentInPath('/a%23abc')).toBe('abc');
    expect(fragmentInPath('/fr/t%23abc')).toBe('abc');
    expect(fragmentInPath('/fr/a')).toBe('');
    expect(fragmentInPath('/fr/b%23abc')).toBe('');
  });
});
