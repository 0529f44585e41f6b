import { jest } from '@jest/globals';
import { Registry } from 'prom-client';
import type { Logger } from './logger.ts';
import type { Check } from './management.ts';
import { everyMs, type Life, pause, supervise, type Supervision, type WorkerSpec } from './supervise.ts';

const forEver = (): Promise<void> => new Promise(() => undefined);
/** Works until it is asked to end. */
const work = async ({ signal, progress, working }: Life): Promise<void> => {
  while (!signal.aborted) {
    working('working');
    progress();
    await pause(500, signal);
  }
};
/** Works for a moment, so that its end is a change of state. */
const workOnce = async (life: Life): Promise<void> => {
  life.working('working');
  life.progress();
  await pause(500, life.signal);
};

let running: Supervision | undefined;
const over = (live: WorkerSpec['live'], more: Partial<WorkerSpec> = {}) => {
  const metrics = new Registry();
  const checks = new Map<string, () => Check>();
  const lines: string[] = [];
  const exits: number[] = [];
  const note = (_details: unknown, text: string): void => void lines.push(text);
  running = supervise(
    [{ name: 'one', live, stallAfterMs: 8000, needs: 'self', mend: 'replace', ...more }],
    { error: note, info: note, warn: note, fatal: note } as unknown as Logger,
    { metrics, check: (name, check) => void checks.set(name, check) },
    (code) => void exits.push(code),
  );
  const metric = async (name: string): Promise<number | undefined> =>
    (await metrics.getSingleMetric(name)?.get())?.values[0]?.value;
  return { lines, exits, metric, close: running.close, check: () => checks.get('one')?.() as Check };
};
const after = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);

describe('the supervision of background workers', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(async () => {
    const closed = running?.close(10);
    await after(10);
    await closed;
    jest.useRealTimers();
  });

  const faults: readonly [string, WorkerSpec['live'], string][] = [
    ['throws', () => { throw new Error('no broker'); }, 'threw: no broker'],
    ['rejects', () => Promise.reject(new Error('no broker')), 'threw: no broker'],
    ['resolves', () => Promise.resolve(), 'ended: it ended by itself'],
    ['hangs', ({ signal }) => pause(3_600_000, signal), 'hung: no progress for 8 s'],
    ['hangs, and goes on when it is asked to end', forEver, 'hung: no progress for 8 s'],
  ]; // prettier-ignore
  it.each(faults)('a life that %s is seen in readiness within 10 s, logged once, counted, and mended', async (_how, fail, cause) => {
    let lives = 0;
    let broken = true;
    const worker = over(async (life) => {
      lives += 1;
      if (lives === 1) await workOnce(life);
      await (broken ? fail(life) : work(life));
    });
    await after(10_500);
    expect(worker.check()).toMatchObject({ state: 'failed', cause, since: expect.stringMatching(/Z$/) });
    expect([worker.lines, await worker.metric('grantlog_worker_up')]).toEqual([['worker down'], 0]);
    broken = false;
    await after(15_000);
    expect(worker.check()).toMatchObject({ state: 'ok', worker: 'working' });
    expect([worker.lines, await worker.metric('grantlog_worker_up')]).toEqual([['worker down', 'worker back'], 1]);
    expect(await worker.metric('grantlog_worker_restarts_total')).toBeGreaterThan(0);
    expect(await worker.metric('grantlog_worker_last_progress_timestamp_seconds')).toBeGreaterThan(Date.now() / 1000 - 2);
    expect(worker.exits).toEqual([]);
  }); // prettier-ignore

  it.each(faults)('a life that %s does not hold up the end of the process', async (_how, fail) => {
    const { close } = over((life) => (life.signal.aborted ? forEver() : fail(life)));
    await after(10_000);
    let closed = false;
    void close(2000).then(() => (closed = true));
    await after(2000);
    expect(closed).toBe(true);
  });

  it('ends a life that works by its signal, at once and without a line in the log', async () => {
    const { close, lines } = over(work);
    await after(1000);
    let closed = false;
    void close(2000).then(() => (closed = true));
    await after(1);
    expect([closed, lines]).toEqual([true, []]);
  });

  it('pauses longer between lives that fail, and not longer than six seconds', async () => {
    const births: number[] = [];
    over(() => Promise.reject(new Error(`at ${births.push(Date.now())}`)));
    await after(60_000);
    const pauses = births.slice(1).map((birth, i) => birth - (births[i] as number));
    expect(pauses[0]).toBeLessThanOrEqual(300);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(6000);
    expect(births.length).toBeLessThan(25);
  });

  it('starts the next life without delay again when one worked for a minute', async () => {
    let lives = 0;
    const { check } = over(async (life) => {
      lives += 1;
      if (lives < 8) throw new Error('not yet');
      if (lives === 8) await Promise.race([work(life), pause(70_000, life.signal)]);
      else await work(life);
    });
    await after(30_000);
    expect(lives).toBe(8);
    while (check().state === 'ok') await after(100);
    await after(400);
    expect(check().state).toBe('ok');
  });

  it('logs a worker that works for moments only once a minute', async () => {
    const { lines } = over(workOnce);
    await after(59_000);
    expect(lines.filter((line) => line === 'worker down')).toHaveLength(1);
    await after(10_000);
    expect(lines.filter((line) => line === 'worker down')).toHaveLength(2);
  });

  it('ends the process after three lives that could not be ended', async () => {
    const { exits } = over(forEver);
    await after(30_000);
    expect(exits).toEqual([]);
    await after(20_000);
    expect(exits[0]).toBe(1);
  });

  it('ends no process that is asked to end while a third life is waited for', async () => {
    const { exits, check, close } = over(forEver);
    await after(34_500);
    expect([check()['worker'], exits]).toEqual(['hung', []]);
    void close(2000);
    await after(2000);
    expect(exits).toEqual([]);
  });

  it('counts no life as left behind that ends when it is asked to', async () => {
    const { exits } = over(({ signal }) => pause(3_600_000, signal));
    await after(300_000);
    expect(exits).toEqual([]);
  });

  it('a worker that nothing may replace ends the process when it dies, or is silent for 30 s, not before', async () => {
    const dead = over(workOnce, { mend: 'exit' });
    await after(1000);
    expect(dead.exits).toEqual([1]);
    const slow = over(async (life) => {
      await workOnce(life);
      await pause(20_000, life.signal);
      await work(life);
    }, { mend: 'exit' }); // prettier-ignore
    await after(15_000);
    expect(slow.check().state).toBe('failed');
    await after(15_000);
    expect([slow.check().state, slow.exits]).toEqual(['ok', []]);
    const silent = over((life) => workOnce(life).then(forEver), { mend: 'exit' });
    await after(29_000);
    expect(silent.exits).toEqual([]);
    await after(3000);
    expect(silent.exits[0]).toBe(1);
  });

  it('what another instance does is a standby, and ready', async () => {
    const { check } = over(async ({ working, signal }) => {
      working('standby');
      await pause(3000, signal);
    });
    await after(1000);
    expect(check()).toMatchObject({ state: 'ok', worker: 'standby' });
  });

  it('what all instances share makes this one not ready before its first success, and degraded after', async () => {
    let broken = true;
    const { check } = over((life) => (broken ? Promise.reject(new Error('away')) : work(life)), { needs: 'shared' });
    await after(1000);
    expect(check().state).toBe('failed');
    broken = false;
    await after(5000);
    expect(check().state).toBe('ok');
    const never = over(() => Promise.reject(new Error('away')), { needs: 'shared' });
    await after(31_000);
    expect(never.check().state).toBe('degraded');
  });

  it('does the same again and again; a run that takes too long is one that hangs', async () => {
    let runs = 0;
    const { live, stallAfterMs } = everyMs('one', 5000, () => (++runs === 3 ? forEver() : undefined), 2000);
    const { check } = over(live, { stallAfterMs, needs: 'none' });
    await after(11_000);
    expect([runs, check().state]).toEqual([3, 'ok']);
    while (check().state === 'ok') await after(100);
    expect(check()).toMatchObject({ state: 'degraded', cause: 'hung: no progress for 7 s' });
    await after(5000);
    expect([runs > 3, check().state]).toEqual([true, 'ok']);
  });
});
