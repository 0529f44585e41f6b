import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'acorn';

const root = join(import.meta.dirname, '../..');
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
const commands = [
  ...new Set(Object.values(scripts).flatMap((script) => /^(?:exec )?node (\S+\.mjs)/.exec(script)?.[1] ?? [])),
];

describe('a Node that is too old', () => {
  it.each(['tools/start/embedded.mjs', 'tools/start/distributed.mjs', 'tools/test/run.mjs', 'tools/bench/run.mjs', 'apps/cli/bin/grantlog.mjs'])(
    'can read %s, which looks at the version before it loads anything else',
    (file) => {
      expect(commands).toContain(file);
      const text = readFileSync(join(root, file), 'utf8');
      const { body } = parse(text, { ecmaVersion: 2020, sourceType: 'module', allowHashBang: true });
      const imports = body.flatMap((node) => (node.type === 'ImportDeclaration' ? [String(node.source.value)] : []));
      expect(imports).toEqual([expect.stringMatching(/\/node-version\.mjs$/)]);
    },
  ); // prettier-ignore

  it('is told which one is needed', () => {
    const check = join(root, 'tools/start/node-version.mjs');
    parse(readFileSync(check, 'utf8'), { ecmaVersion: 2019, sourceType: 'module' });
    const pretend = `Object.defineProperty(process, 'version', { value: 'v12.22.12' }); Object.defineProperty(process, 'versions', { value: { node: '12.22.12' } }); await import(${JSON.stringify(check)})`;
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', pretend], {
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([1, expect.stringMatching(/^Node 20\.19 or later is needed; this is v12\.22\.12\..*\n$/)]); // prettier-ignore
  });
});

describe('a Node that is old enough', () => {
  const shown = ['README.md', 'CONTRIBUTING.md'].flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = '']) =>
      [...block.matchAll(/(?<=^|\s)npm (?:run )?([\w:]+)/gm)].map(([, name = '']) => name),
    ),
  );

  // The tests and services need Node 24: a script that is run by the caller's Node has to find it first.
  it.each([...new Set(shown)].filter((name) => name !== 'ci'))('is enough for what the documents show: npm run %s', (name) => {
    const [, file = ''] = /^exec node (\S+\.mjs)/.exec(scripts[name] ?? '') ?? [];
    expect(readFileSync(join(root, file), 'utf8')).toMatch(/import\('[./\w-]*prepare\.mjs'\)/);
  }); // prettier-ignore
});
