// Runs on any Node from 20.19 and needs nothing installed: it installs what the rest needs.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

const fail = (text) => {
  console.error(text);
  process.exit(1);
};

/** Installs the dependencies when they are missing or not those of the lockfile. */
const installDependencies = () => {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const stamp = join(root, 'node_modules/.grantlog-installed');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  console.error('installing dependencies (about a minute the first time) ...');
  const { status, error } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0)
    fail(
      `npm ci failed${error ? `: ${error.message}` : ''}; look at the lines above, check the network, and start again`,
    );
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, lock);
};

const majorOf = (binary) =>
  Number(/^v(\d+)/.exec(spawnSync(binary, ['--version'], { encoding: 'utf8' }).stdout ?? '')?.[1] ?? 0);

/** Node 24: the one that runs, or the one that came with the dependencies. */
const findNode = () => {
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  const bundled = join(root, `node_modules/node-${process.platform}-${process.arch}/bin/node`);
  if (existsSync(bundled) && majorOf(bundled) >= 24) return bundled;
  return fail(
    `Node 24 is needed and none came with the dependencies for ${process.platform}-${process.arch}; install Node 24 and start again (this is ${process.version})`,
  );
};

/** Everything that is missing: dependencies, Node 24, the build. @returns the path of Node 24 */
export const prepare = async () => {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) fail(`Node 20.19 or later is needed; this is ${process.version}`);
  installDependencies();
  const { build } = await import('../build.mjs');
  await build();
  return findNode();
};

/** The environment of what is started: Node 24 first on the path. */
export const environmentFor = (node) => ({
  ...process.env,
  PATH: `${dirname(node)}:${join(root, 'node_modules/.bin')}:${process.env.PATH ?? ''}`,
});

/**
 * Runs a program in the foreground under Node 24, hands signals on and ends with its exit code. The program notices by
 * its channel when this process is killed.
 */
export const runToTheEnd = (node, args, env = environmentFor(node)) => {
  const child = spawn(node, args, { cwd: root, env, stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => child.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal));
  child.on('error', (error) => fail(`cannot run ${node}: ${error.message}`));
  child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
};
