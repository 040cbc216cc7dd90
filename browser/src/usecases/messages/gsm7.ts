/**
 * What an SMS can carry: the letters of its 7-bit alphabet, what stands in for others, and its length in segments. One letter outside the
 * alphabet cuts an SMS from 160 characters to 70. Source: 3GPP TS 23.038; the same as domain/gsm7.py, by spec/vectors/gsm7.json.
 */
const BASIC = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
);
/** Each behind an escape: two septets. */
const EXTENSION = new Set('\f^{}\\[~]|€');
/** In a single SMS, and in each part of a long one. */
const SEPTETS = [160, 153] as const;
const UCS2_UNITS = [70, 67] as const;

const STAND_INS: Record<string, string> = {
  'œ': 'oe', 'Œ': 'OE', 'ł': 'l', 'Ł': 'L', 'đ': 'd', 'Đ': 'D', 'ı': 'i', '’': "'", '‘': "'", '‚': "'", '‛': "'", '′': "'",
  '“': '"', '”': '"', '„': '"', '″': '"', '«': '"', '»': '"', '‹': "'", '›': "'", '‐': '-', '‑': '-', '‒': '-', '–': '-',
  '—': '-', '−': '-', '•': '-', '·': '.', '×': 'x', '⁄': '/', 'ʼ': "'", '°': 'o', '\t': ' ', '\u00ad': '', '\u200b': '', '\u2060': '', '\ufeff': '',
};

/** How long a text is on its way: septets or UTF-16 units, segments (what is paid), and the units left in the last one. */
export interface Length {
  alphabet: 'gsm7' | 'ucs2';
  units: number;
  segments: number;
  left: number;
}

const carried = (letter: string): boolean => BASIC.has(letter) || EXTENSION.has(letter);

function letterFitted(letter: string): string {
  if (carried(letter)) return letter;
  const known = STAND_INS[letter];
  if (known !== undefined) return known;
  const bare = [...letter.normalize('NFKD')].filter((sign) => !/\p{M}/u.test(sign)).map((sign) => STAND_INS[sign] ?? sign).join('');
  return bare !== '' && [...bare].every(carried) ? bare : letter;
}

/** The text with stand-ins for what leaves the alphabet: ç becomes c, ê e, œ oe, a curly quote a straight one. */
export function fitted(text: string): string {
  return [...text.normalize('NFC')].map(letterFitted).join('');
}

/** The length of a text as it is sent; `fitted` comes first. An empty text is one segment. */
export function smsLength(text: string): Length {
  const letters = [...text];
  if (letters.every(carried)) return packed('gsm7', letters.map((letter) => (EXTENSION.has(letter) ? 2 : 1)), SEPTETS);
  return packed('ucs2', letters.map((letter) => letter.length), UCS2_UNITS);
}

function packed(alphabet: Length['alphabet'], sizes: number[], [single, part]: readonly [number, number]): Length {
  const units = sizes.reduce((sum, size) => sum + size, 0);
  if (units <= single) return { alphabet, units, segments: 1, left: single - units };
  let segments = 1;
  let used = 0;
  for (const size of sizes) {
    // An escape and its letter, or the halves of a surrogate pair, stay in one segment.
    if (used + size > part) {
      segments += 1;
      used = 0;
    }
    used += size;
  }
  return { alphabet, units, segments, left: part - used };
}
