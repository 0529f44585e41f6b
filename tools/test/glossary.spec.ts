import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

const terms = readFileSync(join(ROOT, 'docs/glossary.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| word ') && !line.startsWith('| ---'))
  .flatMap((line) => (line.split('|')[1] as string).split(',').map((term) => term.trim()));

const sources = ['apps', 'libs', 'tools/e2e', 'tools/start'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.ts$/.test(path) && !/node_modules|generated|\.(spec|e2e)\.ts$|testing\//.test(path))
    .map((path) => join(ROOT, folder, path)),
);

/** Without comments and sentences: identifiers and values of one word. */
const identifiersOf = (source: string): string =>
  source.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$|'(?:[^'\n]*[^'\w\n][^'\n]*)'/gm, ' ').replaceAll('_', '');

describe('the glossary', () => {
  const code = sources
    .map((path) => `${path}\n${identifiersOf(readFileSync(path, 'utf8'))}`)
    .join('\n')
    .toLowerCase();

  it.each(terms)('has no term that code does not use: %s', (term) =>
    expect(code.includes(term.replaceAll(/[ -]/g, '').toLowerCase())).toBe(true),
  );
});
