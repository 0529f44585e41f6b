import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Row } from './measure.ts';

type Options = {
  /** Another checkout, with its node_modules. */
  readonly against: string;
  readonly pairs: number;
  /** Options of one measurement, as the benchmark takes them. */
  readonly options: readonly string[];
};

const HERE = resolve(import.meta.dirname, '../..');
const cpuOf = ({ cpu }: Row): number => Object.values(cpu).reduce((sum, ms) => sum + ms, 0);

const run = (folder: string, args: readonly string[]): void => {
  const { status } = spawnSync(process.execPath, args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error(`${args.join(' ')} in ${folder} ended with ${status}`);
};

/** Of sorted numbers. */
const quantile = (sorted: readonly number[], share: number): number => {
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)] ?? NaN;
  return below + ((sorted[Math.ceil(at)] ?? NaN) - below) * (at - Math.floor(at));
};
const spreadOf = (numbers: readonly number[]): { median: number; from: number; to: number } => {
  const sorted = [...numbers].sort((a, b) => a - b);
  return { median: quantile(sorted, 0.5), from: quantile(sorted, 0.25), to: quantile(sorted, 0.75) };
};

/**
 * Measures this checkout and another one alternately, first one then the other and the other way round, by this one's
 * driver. Prints for each operation the median CPU of both and the median of the pairs' ratios, with its quartiles: what
 * the machine does meanwhile meets both of a pair.
 * @throws when an operation failed in either
 */
export const comparePairs = ({ against, pairs, options }: Options): void => {
  const results = mkdtempSync(join(tmpdir(), 'grantlog-pairs-'));
  const folders = [HERE, resolve(against)] as const;
  for (const folder of folders) run(folder, ['tools/build.mjs']);
  const measured = new Map<string, [number[], number[]]>();
  for (let pair = 0; pair < pairs; pair += 1) {
    for (const which of pair % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
      const json = join(results, `${pair}-${which}.json`);
      const bench = ['--disable-warning=ExperimentalWarning', join(HERE, 'tools/bench/bench.ts')];
      run(folders[which], [...bench, ...options, '--peer', 'none', '--json', json]);
      const { rows } = JSON.parse(readFileSync(json, 'utf8')) as { rows: Row[] };
      for (const row of rows) {
        if (row.errors > 0) throw new Error(`${row.name} had ${row.errors} errors in ${folders[which]}`);
        const name = `${row.name.padEnd(20)} ${String(row.clients).padStart(3)} clients`;
        const both = measured.get(name) ?? [[], []];
        measured.set(name, both);
        both[which].push(cpuOf(row));
      }
    }
    console.log(`pair ${pair + 1} of ${pairs}`);
  }
  rmSync(results, { recursive: true });
  console.log(`CPU ms an operation, medians of ${pairs} pairs: this checkout, ${resolve(against)}, ratio [quartiles]`);
  for (const [name, [mine, theirs]] of measured) {
    if (mine.length !== pairs || theirs.length !== pairs) throw new Error(`${name.trim()} is not in every run of both`);
    const { median, from, to } = spreadOf(mine.map((cpu, i) => cpu / (theirs[i] as number)));
    const [a, b] = [mine, theirs].map((list) => spreadOf(list).median.toFixed(3));
    console.log(`${name}  ${a}  ${b}  ${median.toFixed(3)} [${from.toFixed(3)} to ${to.toFixed(3)}]`);
  }
};
