import { readFileSync } from 'node:fs';

export type Row = {
  readonly name: string;
  readonly system: 'grantlog' | 'oidc-provider';
  readonly clients: number;
  readonly operations: number;
  readonly errors: number;
  readonly seconds: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  /** CPU milliseconds per operation, by process. */
  readonly cpu: Readonly<Record<string, number>>;
  readonly [more: string]: unknown;
};

/** Processes whose time is counted, by name. */
export type Pids = Readonly<Record<string, readonly number[]>>;

const TICKS_PER_SECOND = 100;

/** CPU milliseconds a process has used, threads included (Linux). */
const cpuOf = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND;
};

const cpuByName = (pids: Pids): Record<string, number> =>
  Object.fromEntries(
    Object.entries(pids).map(([name, list]) => [name, list.reduce((sum, pid) => sum + cpuOf(pid), 0)]),
  );

export const residentMiB = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;

const percentile = (sorted: readonly number[], share: number): number =>
  Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 100) / 100;

/**
 * Runs one operation in `clients` loops for a time, or until it has nothing left to do.
 * @param operation resolves to whether it went right, or `done` when there is nothing left
 * @param settle waits until what the operations caused in the background is done, so that its CPU is counted too
 */
export const measure = async (
  name: string,
  system: Row['system'],
  { clients, seconds, pids, settle }: { clients: number; seconds: number; pids: Pids; settle?: () => Promise<void> },
  operation: (client: number) => Promise<boolean | 'done'>,
): Promise<Row> => {
  const times: number[] = [];
  let errors = 0;
  const before = cpuByName(pids);
  const began = performance.now();
  const end = began + seconds * 1000;
  const loop = async (client: number): Promise<void> => {
    while (performance.now() < end) {
      const start = performance.now();
      const outcome = await operation(client).catch(() => false as const);
      if (outcome === 'done') return;
      times.push(performance.now() - start);
      if (!outcome) errors += 1;
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, client) => loop(client)));
  const elapsed = (performance.now() - began) / 1000;
  await settle?.();
  const after = cpuByName(pids);
  const sorted = times.sort((a, b) => a - b);
  const cpu = Object.fromEntries(
    Object.keys(pids).map((one) => [
      one,
      Math.round((((after[one] ?? 0) - (before[one] ?? 0)) / Math.max(times.length, 1)) * 1000) / 1000,
    ]),
  );
  return {
    name,
    system,
    clients,
    operations: times.length,
    errors,
    seconds: Math.round(elapsed * 100) / 100,
    p50: percentile(sorted, 0.5),
    p95: percentile(sorted, 0.95),
    p99: percentile(sorted, 0.99),
    cpu,
  };
};
