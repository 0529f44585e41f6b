import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const read = (name: string): string => readFileSync(join(root, name), 'utf8');
type Locked = {
  version?: string;
  resolved?: string;
  integrity?: string;
  dev?: boolean;
  hasInstallScript?: boolean;
  link?: boolean;
};
const locked = (JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> }).packages;
const manifest = JSON.parse(read('package.json')) as Record<string, Record<string, string>>;

describe('what is installed', () => {
  it('SV-10 every dependency is pinned to one version, and the lockfile has it', () => {
    for (const kind of ['dependencies', 'devDependencies', 'optionalDependencies'])
      for (const [name, version] of Object.entries(manifest[kind] ?? {})) {
        expect([name, version]).toEqual([name, expect.stringMatching(/^\d+\.\d+\.\d+$/)]);
        expect([name, locked[`node_modules/${name}`]?.version]).toEqual([name, version]);
      }
  });

  it('SV-10 no install script runs, here or in an image', () => {
    expect(read('.npmrc')).toMatch(/^ignore-scripts\s*=\s*true$/m);
    for (const line of read('deploy/Dockerfile')
      .split('\n')
      .filter((text) => /npm (ci|install|prune)/.test(text)))
      expect(line).toContain('--ignore-scripts');
    // Of the production set only these have a script at all: one prints a message about its versions, the other makes
    // a faster copy of a binary that works without.
    const scripted = Object.entries(locked)
      .filter(([, { dev, hasInstallScript }]) => hasInstallScript && !dev)
      .map(([name]) => name.replace(/^node_modules\//, ''));
    expect(scripted.filter((name) => !['protobufjs', 'esbuild'].includes(name))).toEqual([]);
  });

  it('SV-10 nothing comes from anywhere but the registry', () => {
    const strange = Object.entries(locked).filter(
      ([name, { resolved, link }]) =>
        name.startsWith('node_modules/') &&
        !link &&
        resolved !== undefined &&
        !/^https:\/\/[^/]*\/.*\.tgz$/.test(resolved),
    );
    expect(strange.map(([name]) => name)).toEqual([]);
  });
});
