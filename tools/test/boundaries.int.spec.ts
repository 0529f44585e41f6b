import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** Lints one file that breaks a rule on purpose; it exists for that moment only. */
const lint = (file: string, text: string): string => {
  const path = join(root, file);
  writeFileSync(path, text);
  try {
    const env = { ...process.env, NX_DAEMON: 'false', NX_NO_CLOUD: 'true', NODE_OPTIONS: '' };
    return spawnSync('node_modules/.bin/eslint', [file], { cwd: root, encoding: 'utf8', env }).stdout;
  } finally {
    rmSync(path);
  }
};

describe('the boundaries between folders', () => {
  it(
    'a decider cannot reach an adapter',
    () =>
      expect(lint('libs/grants/domain/src/planted.ts', "import '@grantlog/adapter-mongo';\n")).toContain(
        'enforce-module-boundaries',
      ),
    60_000,
  );
  it(
    'the gateway cannot reach a decider',
    () =>
      expect(lint('apps/gateway/src/planted.ts', "import '@grantlog/grants-domain';\n")).toContain(
        'enforce-module-boundaries',
      ),
    60_000,
  );
  it(
    'an app cannot reach another app',
    () =>
      expect(lint('apps/tokens/src/planted.ts', "import '@grantlog/applications';\n")).toContain(
        'enforce-module-boundaries',
      ),
    60_000,
  );
  it(
    'only an adapter imports its driver',
    () => expect(lint('apps/tokens/src/planted.ts', "import 'mongoose';\n")).toContain('no-restricted-imports'),
    60_000,
  );
  it(
    'a decider asks no clock',
    () =>
      expect(lint('libs/grants/domain/src/planted.ts', 'export const now = () => Date.now();\n')).toContain(
        'no-restricted-syntax',
      ),
    60_000,
  );
});

describe('comparisons of secrets', () => {
  it('LG-08 are in constant time: the plain ones do not pass', () => {
    for (const text of [
      'export const a = (x: { secretDigest: string }, digest: string): boolean => x.secretDigest === digest;\n',
      'export const b = (mac: string, given: string): boolean => given !== mac;\n',
      'export const c = (csrfToken: string, given: string): boolean => csrfToken === given;\n',
    ])
      for (const file of ['apps/gateway/src/planted.ts', 'libs/grants/domain/src/planted.ts'])
        expect(lint(file, text)).toContain('in constant time');
    expect(
      lint('apps/gateway/src/planted.ts', "export const d = (digest: string): boolean => digest === '';\n"),
    ).not.toContain('constant time');
  }, 120_000);
});
