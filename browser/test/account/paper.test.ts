import { describe, expect, it } from 'vitest';
import { NotThatPaper, PAPERS, readPaper, sameGroup, writePaper } from '../../src/usecases/account/paper';
import { weaknessOf } from '../../src/usecases/account/strength';
import { drawPhrase, fourWords } from '../../src/usecases/words4';

/** Also in tests/unit/test_paper.py. */
const VECTORS = {
  recovery: '0410-610r 50r3-gg2h 8a1c-60te 3gf2-2k22',
  root: '0410-610y 50r3-gg2p 8a1c-60th 3gf2-08h4 44rm-2mb8 1e60-s38q dhr7-8y31 wgbs-wdvn',
} as const;
const secretOf = (kind: keyof typeof VECTORS) => Uint8Array.from({ length: PAPERS[kind].bytes }, (_, at) => at + 1);

function wrongGroup(kind: keyof typeof VECTORS, typed: string): number | null | undefined {
  try {
    readPaper(kind, typed);
  } catch (error) {
    if (error instanceof NotThatPaper) return error.group;
  }
  return undefined;
}

describe('paper', () => {
  for (const kind of ['recovery', 'root'] as const) {
    it(`writes and reads a ${kind} as Python does`, () => {
      expect(writePaper(kind, secretOf(kind)).join(' ')).toBe(VECTORS[kind]);
      expect(readPaper(kind, VECTORS[kind].toUpperCase().replace(/0/g, 'O').replace(/1/g, 'l'))).toEqual(secretOf(kind));
    });
  }
  it('says which group is wrong, and which paper is short', () => {
    expect(wrongGroup('recovery', VECTORS.recovery.replace('8a1c', '8a2c'))).toBe(2);
    expect(wrongGroup('recovery', '50r3-gg2h 0410-610r 8a1c-60te 3gf2-2k22')).toBe(0);
    expect(wrongGroup('recovery', VECTORS.recovery.slice(0, 33))).toBe(3);
    expect(wrongGroup('recovery', VECTORS.recovery.slice(0, 29))).toBe(null);
    expect(wrongGroup('root', VECTORS.recovery)).toBe(0);
  });
  it('takes a group typed back in any dress', () => {
    expect(sameGroup('k7w0-42hd', ' K7WO 42HD ')).toBe(true);
    expect(sameGroup('k7w0-42hd', 'k7w0-42he')).toBe(false);
  });
});

describe('passwords', () => {
  const judged: [string, string | null][] = [
    ['Tilleul-2027', null], ['tilleul-2027', 'short'], ['Tilleul2027Lavoir', null], ['Tilleul2027', 'short'],
    ['soleil sur le lavoir', 'short'], ['trois tilleuls verts devant un vieux lavoir gris', null],
    ['la la la la la la la la', 'repeats'], ['Aa1-Aa1-Aa1-Aa1-', 'repeats'], ['Ines.bento-2027', 'name'],
  ];
  for (const [password, weakness] of judged) {
    it(`finds ${password} ${weakness ?? 'good'}`, () => expect(weaknessOf(password, 'ines.bento')).toBe(weakness));
  }
  it('draws one that is good', async () => expect(weaknessOf(await drawPhrase('fr'), 'ines.bento')).toBe(null));
});

describe('four words', () => {
  it('are the first 44 bits, in each language', async () => {
    expect(await fourWords(new Uint8Array(20), 'en')).toEqual(['abandon', 'abandon', 'abandon', 'abandon']);
    expect(await fourWords(new Uint8Array(20).fill(255), 'en')).toEqual(['zoo', 'zoo', 'zoo', 'zoo']);
    const words = await fourWords(Uint8Array.from({ length: 20 }, (_, at) => at * 13), 'fr');
    expect(words).toHaveLength(4);
    expect(words.map((word) => word.normalize('NFC'))).toEqual(words);
  });
});
