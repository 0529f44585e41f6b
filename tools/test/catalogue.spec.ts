import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CASE_IDS, PENDING } from './catalogue.ts';

const root = join(import.meta.dirname, '../..');
const specs = ['apps', 'libs', 'tools'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.spec.ts') && !name.includes('node_modules'))
    .map((name) => readFileSync(join(root, folder, name), 'utf8')),
);
const titles = specs.flatMap((text) =>
  [...text.matchAll(/\bit(?:\.each\([\s\S]*?\))?\(\s*(['"`])([\s\S]*?)\1/g)].map(([, , title]) => title ?? ''),
);

describe('the catalogue of attacks', () => {
  it('every id has a test that is named after it', () =>
    expect(CASE_IDS.filter((id) => !titles.some((title) => title.includes(id)))).toEqual([]));

  it('no test names an id that is not in it', () => {
    const named = new Set(
      titles.flatMap((title) =>
        [...title.matchAll(/\b(?:RU|AZ|PK|CD|CA|RT|TK|IN|UI|LG|AP|CO|LK|SV)-\d{2}\b/g)].map(([id]) => id),
      ),
    );
    expect([...named].filter((id) => !CASE_IDS.includes(id))).toEqual([]);
  });

  it('no test is switched off; what needs a program that is not there says so by itNeeds', () =>
    expect(
      specs.filter((text) =>
        /\b(?:it|describe|test)\.(?:skip|only|todo)\b|\bxit\(|\bxdescribe\(/.test(text.replace(/\/.*\//g, '')),
      ),
    ).toHaveLength(0));

  it('what is pending is in the catalogue', () =>
    expect(Object.keys(PENDING).filter((id) => !CASE_IDS.includes(id))).toEqual([]));
});
