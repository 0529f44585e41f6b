// Bundles every app, or those that are named, into dist/<app>/: our own code only, dependencies stay packages. Types are
// not checked here.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const named = process.argv.slice(2);
const ENTRIES = [
  ...['gateway', 'applications', 'accounts', 'tokens', 'relay', 'projector', 'standalone'].map((app) => [app, 'main']),
  ...['store-writer', 'store-reader', 'operator'].map((name) => ['standalone', name]),
  ['cli', 'main'],
].filter(([app]) => named.length === 0 || named.includes(app));

const isSame = (file, contents) => {
  try {
    return readFileSync(file).equals(contents);
  } catch {
    return false;
  }
};

// Whole files replace whole files, so that a start beside a build never reads half of one.
const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: ENTRIES.map(([app, name]) => ({ in: `apps/${app}/src/${name}.ts`, out: `${app}/${name}` })),
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  external: Object.keys(dependencies),
  write: false,
  logLevel: 'warning',
});
for (const { path, contents } of outputFiles) {
  if (isSame(path, contents)) continue;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.${process.pid}`, contents);
  renameSync(`${path}.${process.pid}`, path);
}
