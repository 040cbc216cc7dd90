import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Plugin } from 'vite';

type Table = Record<string, string>;
const LANGUAGES = ['fr', 'en'] as const;

/** What a French sentence must not hold, with its cure. U+202F before ; ? ! and U+00A0 before : and inside « ». */
const FRENCH_FAULTS: [RegExp, string][] = [
  [/[^\u202f;?!…][;?!]/u, 'a narrow no-break space (U+202F) goes before ; ? !'],
  [/[^\u00a0\d]:/u, 'a no-break space (U+00A0) goes before a colon'],
  [/«[^\u00a0]|[^\u00a0]»/u, 'a no-break space (U+00A0) goes inside « »'],
  [/'/u, 'the apostrophe is ’'],
  [/\.\.\./u, 'the ellipsis is …'],
  [/\b[Oo]ups\b/u, 'never « oups »'],
];

function sources(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return name === 'words' || name === 'seal' ? [] : sources(path);
    return /\.(ts|svelte)$/.test(name) ? [path] : [];
  });
}

function placeholders(sentence: string): string {
  return [...sentence.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort().join(',');
}

/** Everything wrong with the words under `src`, one sentence a fault; empty when all is well. */
export function faultsOfWords(src: string): string[] {
  const faults: string[] = [];
  const read = (language: string, file: string): Table =>
    JSON.parse(readFileSync(join(src, 'words', language, file), 'utf8')) as Table;
  const files = readdirSync(join(src, 'words', 'fr')).filter((name) => name.endsWith('.json'));
  const all = new Map<string, string>();
  for (const file of files) {
    const [fr, en] = LANGUAGES.map((language) => read(language, file)) as [Table, Table];
    for (const key of new Set([...Object.keys(fr), ...Object.keys(en)])) {
      const where = `words/*/${file} "${key}"`;
      if (all.has(key)) faults.push(`${where}: also in ${all.get(key)}`);
      all.set(key, file);
      if (fr[key] === undefined) faults.push(`${where}: no French`);
      else if (en[key] === undefined) faults.push(`${where}: no English`);
      else {
        if (placeholders(fr[key]) !== placeholders(en[key])) faults.push(`${where}: the two languages name different {values}`);
        const bare = fr[key].replace(/\{\w+\}/g, 'x').replace(/https?:\/\/\S+/g, '');
        for (const [fault, cure] of FRENCH_FAULTS) if (fault.test(bare)) faults.push(`${where}: ${cure}: ${fr[key]}`);
        if (/[^\d]'|!/.test(en[key])) faults.push(`${where}: ’ for an apostrophe and no exclamation mark: ${en[key]}`);
      }
    }
  }
  const quoted = new Set<string>();
  for (const path of sources(src)) {
    const text = readFileSync(path, 'utf8');
    for (const match of text.matchAll(/(['"`])([a-z][\w.-]*)\1/g)) quoted.add(match[2]!);
    for (const match of text.matchAll(/\b(tn?)\(\s*(['"])([^'"]+)\2/g)) {
      const asked = match[1] === 'tn' ? [`${match[3]}.one`, `${match[3]}.other`] : [match[3]!];
      for (const key of asked) if (!all.has(key)) faults.push(`${relative(src, path)}: no words for "${key}"`);
    }
  }
  for (const [key, file] of all) {
    if (!quoted.has(key) && !quoted.has(key.replace(/\.(one|other)$/, ''))) faults.push(`words/*/${file} "${key}": nothing says it`);
  }
  return faults;
}

/** Fails the build when a sentence is missing in a language, said by nobody, or set against French typography. */
export function checkedWords(src: string): Plugin {
  return {
    name: 'checked-words',
    apply: 'build',
    buildStart() {
      const faults = faultsOfWords(src);
      if (faults.length > 0) throw new Error(`Words:\n${faults.join('\n')}`);
    },
  };
}
