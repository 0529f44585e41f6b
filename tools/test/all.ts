import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { CASE_IDS, PENDING } from './catalogue.ts';

type Outcome = 'passed' | 'failed' | 'skipped' | 'pending';
type JestReport = {
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly title: string;
      readonly duration?: number | null;
      readonly failureMessages?: readonly string[] | null;
    }[];
  }[];
};

const folder = 'test-results';
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const totals = { passed: 0, failed: 0, skipped: 0 };
const cases: Record<string, Record<string, Outcome>> = {};
/** What failed and why, told once more at the end: the place where somebody looks first. */
const failures: string[] = [];
const LINES_OF_A_FAILURE = 20;
/** Every test with its duration in ms. */
const durations: { readonly name: string; readonly ms: number }[] = [];
const SLOWEST_SHOWN = 10;
/** Each part of the run with its duration in ms. */
const parts: { readonly name: string; readonly ms: number }[] = [];
const timed = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
  console.log(`\n== ${name}`);
  const began = performance.now();
  const result = await work();
  parts.push({ name, ms: performance.now() - began });
  return result;
};
const inSeconds = ({ name, ms }: { readonly name: string; readonly ms: number }): string =>
  `${(ms / 1000).toFixed(1).padStart(7)}  ${name}`;
/** The contract tests of MongoDB's and Kafka's adapters. */
const NEED_ENGINES = 'tools/test/(?:mongo|kafka)\\.int';
const JEST = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];

const count = (outcome: Outcome): void => {
  if (outcome !== 'pending') totals[outcome] += 1;
};

const run = (program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<number> =>
  new Promise((resolve) => {
    spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ...env } }).on(
      'exit',
      (code) => resolve(code ?? 1),
    );
  });

/** A check that is no test case of its own: it counts as one. */
const check = async (
  name: string,
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<void> => {
  const code = await timed(name, () => run(program, args, env));
  count(code === 0 ? 'passed' : 'failed');
  if (code !== 0) failures.push(name);
};

const ID = /\b(?:RU|AZ|PK|CD|CA|RT|TK|IN|UI|LG|AP|CO|LK|SV|F)-\d{2}\b/g;

const jest = async (
  name: string,
  args: readonly string[],
  profile: 'embedded' | 'distributed',
  env: NodeJS.ProcessEnv = {},
): Promise<void> => {
  const file = join(folder, `${name.replace(/\W+/g, '-')}.json`);
  const options = [...JEST, ...args, '--forceExit', '--json', `--outputFile=${file}`, '--verbose'];
  const code = await timed(name, () => run(process.execPath, options, { E2E_PROFILE: profile, ...env }));
  if (!existsSync(file)) {
    count('failed');
    failures.push(`${name}: ended with ${code} and no report`);
    return;
  }
  const { testResults } = JSON.parse(readFileSync(file, 'utf8')) as JestReport;
  const results = testResults.flatMap(({ assertionResults }) => assertionResults);
  for (const { status, title, fullName, duration, failureMessages } of results) {
    durations.push({ name: `${name}: ${fullName}`, ms: duration ?? 0 });
    const outcome: Outcome = status === 'passed' || status === 'failed' ? status : 'skipped';
    count(outcome);
    if (outcome === 'failed') failures.push(`${name}: ${fullName}\n${shortened(failureMessages ?? [])}`);
    for (const [id] of title.matchAll(ID)) {
      const row = (cases[id] ??= {});
      row[profile] = row[profile] === 'failed' ? 'failed' : outcome;
    }
  }
  // A file that could not run, or a hook that failed, has no test of its own to fail.
  if (code !== 0 && results.every(({ status }) => status !== 'failed')) {
    count('failed');
    failures.push(`${name}\n${shortened(testResults.map(({ message }) => message))}`);
  }
};

const shortened = (messages: readonly string[]): string =>
  stripVTControlCharacters(messages.join('\n'))
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.includes('node_modules'))
    .slice(0, LINES_OF_A_FAILURE)
    .map((line) => `    ${line}`)
    .join('\n');

const has = (program: string, ...args: string[]): boolean => spawnSync(program, args, { stdio: 'ignore' }).status === 0;
const canHaveEngines =
  has('docker', 'info') ||
  ((process.env['GRANTLOG_KAFKA_BROKERS'] !== undefined || (has('java', '-version') && has('mvn', '--version'))) &&
    (process.env['GRANTLOG_MONGODB_URI'] !== undefined ||
      process.env['MONGOD_BINARY'] !== undefined ||
      has('mongod', '--version') ||
      has('python3', '--version')));

await check('types', process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json']);
await check('lint, module boundaries included', 'node_modules/.bin/nx', ['run', 'grantlog:lint:code'], {
  NX_DAEMON: 'false',
  NX_NO_CLOUD: 'true',
});
await check('proto lint', 'node_modules/.bin/buf', ['lint', 'proto']);
await check('proto breaking', 'node_modules/.bin/buf', ['breaking', 'proto', '--against', 'proto/released.binpb']);
await jest('unit', ['--selectProjects', 'unit', '--testTimeout', '30000'], 'embedded');
await jest(
  'adapters embedded',
  ['--selectProjects', 'int', '--testPathIgnorePatterns', NEED_ENGINES, '--testTimeout', '60000'],
  'embedded',
);
await jest('e2e embedded', ['--selectProjects', 'e2e', '--testTimeout', '60000'], 'embedded');
if (canHaveEngines || process.env['CI'] === 'true') {
  await jest(
    'adapters distributed',
    ['--selectProjects', 'int', '--testPathPatterns', NEED_ENGINES, '--testTimeout', '60000'],
    'distributed',
  );
  await jest('e2e distributed', ['--selectProjects', 'e2e', '--testTimeout', '60000'], 'distributed');
} else {
  console.log('\nskipped: the distributed profile (needs Docker, or Java 17+ with Maven and Python 3.10+)');
  totals.skipped += 1;
}

const sqlite = process.versions['sqlite'] ?? '';
const engineOf = (name: string): Record<string, string> => {
  const file = join(folder, `engine-${name}.json`);
  return existsSync(file) ? { [name]: JSON.parse(readFileSync(file, 'utf8')) as string } : {};
};
const engines = { sqlite, ...engineOf('mongodb'), ...engineOf('kafka') };
for (const id of Object.keys(PENDING)) cases[id] = { embedded: 'pending', distributed: 'pending' };
console.log('\n== the catalogue of attacks: embedded, distributed');
for (const id of CASE_IDS) {
  const { embedded = '-', distributed = '-' } = cases[id] ?? {};
  console.log(`${id}  ${embedded.padEnd(8)} ${distributed.padEnd(12)} ${PENDING[id] ?? ''}`.trimEnd());
}
writeFileSync(
  join(folder, 'summary.json'),
  `${JSON.stringify({ ...totals, cases: Object.fromEntries(Object.entries(cases).sort()), engines }, null, 2)}\n`,
);
const slowest = durations.toSorted((a, b) => b.ms - a.ms).slice(0, SLOWEST_SHOWN);
console.log(`\n== the parts, in seconds\n${parts.map(inSeconds).join('\n')}`);
console.log(`\n== the ${SLOWEST_SHOWN} slowest tests, in seconds\n${slowest.map(inSeconds).join('\n')}`);
if (failures.length > 0) console.log(`\n== what failed\n${failures.join('\n')}`);
console.log(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exit(totals.failed > 0 ? 1 : 0);
