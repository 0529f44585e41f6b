import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const SETUP_MS = 60_000;

const run = (program: string, ...args: string[]): string =>
  spawnSync(join('node_modules/.bin', program), args, { cwd: root, encoding: 'utf8', env: { ...process.env, NX_DAEMON: 'false', NX_NO_CLOUD: 'true', NODE_OPTIONS: '' } }).stdout; // prettier-ignore
const nx = (...args: string[]): string => run('nx', ...args);

type Lint = { readonly filePath: string; readonly messages: readonly { readonly message: string }[] };

/** Lints files that break a rule on purpose; they exist for that moment only. @returns the messages of each file */
const lint = (planted: Readonly<Record<string, string>>): Readonly<Record<string, string>> => {
  const files = Object.keys(planted);
  for (const [file, text] of Object.entries(planted)) writeFileSync(join(root, file), `${text}\n`);
  try {
    // The boundary rule reads the cached project graph; without one it passes everything.
    nx('show', 'projects');
    const results = JSON.parse(run('eslint', '--format', 'json', ...files)) as Lint[];
    return Object.fromEntries(
      files.map((file) => {
        const found = results.find(({ filePath }) => filePath === join(root, file));
        return [file, found?.messages.map(({ message }) => message).join('\n') ?? 'not linted'];
      }),
    );
  } finally {
    files.forEach((file) => rmSync(join(root, file)));
  }
};

const DECIDERS = 'libs/grants/domain/src';
const SECRETS = [
  'export const a = (x: { secretDigest: string }, digest: string): boolean => x.secretDigest === digest;',
  'export const b = (mac: string, given: string): boolean => given !== mac;',
  'export const c = (csrfToken: string, given: string): boolean => csrfToken === given;',
];

/** What is planted where, and what lint must say of it. */
type Rule = readonly [rule: string, file: string, text: string, message: string];
const RULES: readonly Rule[] = [
  [
    'an app cannot reach another app',
    'apps/tokens/src/planted-app.ts',
    "import '@grantlog/applications';",
    'Imports of apps are forbidden',
  ],
  ['only an adapter imports its driver', 'apps/tokens/src/planted-driver.ts', "import 'mongoose';", 'Only the adapter'],
  [
    'a decider asks no clock',
    `${DECIDERS}/planted-clock.ts`,
    'export const now = () => Date.now();',
    'Time comes in with',
  ],
];
const COMPARES: readonly Rule[] = SECRETS.flatMap((text, i) =>
  ['apps/gateway/src', DECIDERS].map(
    (folder) =>
      [
        `${String(i + 1)} in ${folder}`,
        `${folder}/planted-secret-${String(i + 1)}.ts`,
        text,
        'in constant time',
      ] as const,
  ),
);
const LITERAL = 'apps/gateway/src/planted-literal.ts';

describe('a file that breaks a rule', () => {
  let messages: Readonly<Record<string, string>>;
  beforeAll(() => {
    messages = lint({
      ...Object.fromEntries([...RULES, ...COMPARES].map(([, file, text]) => [file, text])),
      [LITERAL]: "export const d = (digest: string): boolean => digest === '';",
    });
  }, SETUP_MS);

  it.each(RULES)('%s', (_rule, file, _text, message) => expect(messages[file]).toContain(message));

  it.each(COMPARES)('LG-08 secrets are compared in constant time: %s', (_rule, file, _text, message) =>
    expect(messages[file]).toContain(message),
  );

  it('a secret may be compared with a literal', () => expect(messages[LITERAL]).toBe(''));
});

describe('an import that the architecture does not have', () => {
  it.each([
    ['a decider cannot reach an adapter', DECIDERS, '@grantlog/adapter-mongo', 'tagged with "type:domain"'],
    [
      'a library cannot reach the tools',
      'libs/service-kit/src',
      '../../../tools/engines/engine.ts',
      'relative or absolute',
    ],
    ['the tools reach an app only as one that runs', 'tools/test', '@grantlog/tokens', 'Imports of apps are forbidden'],
    [
      'the gateway cannot reach a decider',
      'apps/gateway/src',
      '@grantlog/grants-domain',
      'tagged with "scope:gateway"',
    ],
  ])(
    '%s',
    (_rule, folder, library, message) => {
      const file = join(folder, 'planted.ts');
      expect(lint({ [file]: `import '${library}';` })[file]).toContain(message);
    },
    SETUP_MS,
  );

  it('every project is in ARCHITECTURE.md and has the same targets, whose commands are said once', () => {
    const projects = JSON.parse(nx('graph', '--file=stdout')) as {
      graph: { nodes: Record<string, { type: string; data: { root: string; targets: Record<string, { options?: { command?: string } }> } }> };
    }; // prettier-ignore
    const { targetDefaults } = JSON.parse(readFileSync(join(root, 'nx.json'), 'utf8')) as {
      targetDefaults: Record<string, { command?: string }>;
    };
    const { grantlog, ...others } = projects.graph.nodes;
    const described = [...readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8').matchAll(/^\| `([\w-]+)` +\| `([\w/-]+)` *\|/gm)].map(([, name, folder]) => `${name} ${folder}`); // prettier-ignore
    expect(described.toSorted()).toEqual(Object.entries(others).map(([name, { data }]) => `${name} ${data.root}`).toSorted()); // prettier-ignore
    expect(Object.keys(grantlog?.data.targets ?? {})).toEqual(['lint:code']);
    expect(Object.keys(others).length).toBeGreaterThan(20);
    for (const [name, { type, data }] of Object.entries(others)) {
      const commandOf = (target: string): string | undefined =>
        targetDefaults[target]?.command?.replace('{projectRoot}', data.root).replace('{projectName}', name);
      const commands = Object.entries(data.targets).map(([target, { options }]) => [target, options?.command]);
      const wanted = ['test', 'lint', 'typecheck', ...(type === 'app' && name !== 'tools' ? ['build'] : [])];
      expect([name, commands]).toEqual([name, wanted.map((target) => [target, commandOf(target)])]);
    }
  });

  it(
    'two libraries cannot import each other',
    () => {
      const circle = {
        'libs/event-sourcing/src/planted.ts': "import '@grantlog/short-lived';",
        'libs/short-lived/src/planted.ts': "import '@grantlog/event-sourcing';",
      };
      for (const [file, message] of Object.entries(lint(circle)))
        expect(`${dirname(file)}: ${message}`).toContain('Circular dependency between');
    },
    SETUP_MS,
  );
});
