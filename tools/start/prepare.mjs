// Runs on any Node from 20.19 and needs nothing installed: it installs what the rest needs.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

const fail = (text) => {
  console.error(text);
  process.exit(1);
};

/** The terminal sends a signal to the whole group, npm sends it once more: both are one wish. */
const SAME_WISH_MS = 2000;
const PARENT_WATCHED_EVERY_MS = 250;

/** What runs in the foreground, and the signal that it was sent. */
let child;
let stopping;

/** Hands a signal on once. A later one means "now". */
const stop = (signal) => {
  if (stopping !== undefined) {
    if (performance.now() - stopping.at < SAME_WISH_MS) return;
    child?.kill('SIGKILL');
    process.exit(1);
  }
  stopping = { signal, at: performance.now() };
  if (child === undefined) process.exit(0);
  child.kill(signal);
};

/** Stops on signals, on the end of the terminal and, under npm, on npm's own end. */
const stopWhenAsked = () => {
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => stop(signal));
  process.on('SIGHUP', () => stop('SIGTERM'));
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    stop('SIGTERM');
  }, PARENT_WATCHED_EVERY_MS);
  watch.unref();
};

/** @returns its exit code; 0 when it ended by the signal that it was sent */
const inForeground = (program, args, options) =>
  new Promise((resolve) => {
    child = spawn(program, args, { cwd: root, ...options });
    child.on('error', (error) => fail(`cannot run ${program}: ${error.message}`));
    child.on('exit', (code, signal) => {
      child = undefined;
      resolve(code ?? (signal === stopping?.signal ? 0 : 1));
    });
  });

/**
 * What npm installed last is in node_modules, whoever called it: a lockfile that npm writes there when it is done.
 * @param everything development dependencies too
 */
const isInstalled = (everything) => {
  const packagesOf = (file) => Object.entries(JSON.parse(readFileSync(join(root, file), 'utf8')).packages);
  if (!existsSync(join(root, 'node_modules/.package-lock.json'))) return false;
  const installed = new Map(packagesOf('node_modules/.package-lock.json'));
  return packagesOf('package-lock.json')
    .filter(
      ([path, { optional, dev, devOptional }]) =>
        path.includes('node_modules/') && !optional && (everything || !(dev || devOptional)),
    )
    .every(
      ([path, { version, link }]) => installed.get(path)?.version === version && installed.get(path)?.link === link,
    );
};

/** One step of the preparation. @returns its exit code; a stop meanwhile ends this process */
const step = async (program, args, options) => {
  const code = await inForeground(program, args, options);
  if (stopping) process.exit(0);
  return code;
};

/** Asked first, because `npm ci` without a network tries for minutes. */
const canReachRegistry = async () =>
  (await step('npm', ['view', 'esbuild', 'version', '--prefer-online', '--fetch-retries=0', '--fetch-timeout=10000'], { stdio: 'ignore' })) === 0; // prettier-ignore

const installDependencies = async (everything) => {
  if (isInstalled(everything)) return;
  console.error(`installing ${everything ? 'all' : 'the'} dependencies (about a minute the first time) ...`);
  const online = await canReachRegistry();
  if (!online) console.error("npm's registry cannot be reached; trying with what npm has in its cache ...");
  const code = await step(
    'npm',
    ['ci', online ? '--prefer-offline' : '--offline', ...(everything ? [] : ['--omit=dev']), '--no-audit', '--no-fund', '--loglevel=error'],
    { stdio: ['ignore', 2, 2] },
  ); // prettier-ignore
  if (code !== 0)
    fail(
      online
        ? 'The dependencies could not be installed; npm says why above. Mend that, then start again.'
        : "The dependencies could not be installed: they come from npm's registry, and this machine does not reach it. See that `npm ping` works (behind a proxy: `npm config set proxy <url>`), then start again.",
    );
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

/**
 * Everything that is missing: dependencies, Node 24, the build.
 * @param everything also what only tests and development need
 * @returns the path of Node 24
 */
export const prepare = async (everything) => {
  await installDependencies(everything);
  console.error('building ...');
  // In a process group of its own: Ctrl-C would end esbuild before this process hears of it.
  const options = { stdio: ['ignore', 2, 2], detached: true };
  if ((await step(process.execPath, ['tools/build.mjs'], options)) !== 0)
    fail('The bundles could not be built; esbuild says why above.');
  return findNode();
};

/** The environment of what is started: Node 24 first on the path. */
export const environmentFor = (node) => ({
  ...process.env,
  PATH: `${dirname(node)}:${join(root, 'node_modules/.bin')}:${process.env.PATH ?? ''}`,
});

/**
 * Prepares what is missing, runs a program in the foreground under Node 24, hands signals on and ends with its exit code.
 * The program notices by its channel when this process is killed.
 */
export const run = async (args, { everything = false } = {}) => {
  stopWhenAsked();
  const node = await prepare(everything);
  const env = environmentFor(node);
  process.exit(await inForeground(node, args, { env, stdio: ['inherit', 'inherit', 'inherit', 'ipc'] }));
};
