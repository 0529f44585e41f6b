import { Counter, Gauge } from 'prom-client';
import type { Logger } from './logger.ts';
import type { Check, Management } from './management.ts';

/** One attempt of a worker to do its work. It is never used again after its end. */
export type Life = {
  /** Aborted when the process stops, and when this life was given up as hung. */
  readonly signal: AbortSignal;
  /** Says that a step was done, or that there was nothing to do. Costs an assignment. */
  readonly progress: () => void;
  /** Says that the work succeeds now, or that another instance has it. */
  readonly working: (state: 'working' | 'standby') => void;
};

export type WorkerSpec = {
  /** Label of its metrics and name of its check. */
  readonly name: string;
  /** A whole life: builds its own clients, ends them, and resolves only after `signal`. Anything else is its death. */
  readonly live: (life: Life) => Promise<void>;
  /** Without progress for so long it is hung. */
  readonly stallAfterMs: number;
  /**
   * What a fault says in readiness. `self`: this instance cannot do what its peers can, so it is not ready. `shared`: all
   * of them lack it; not ready until it worked once or 30 s have passed, degraded after that. `none`: degraded.
   */
  readonly needs: 'self' | 'shared' | 'none';
  /** By a new life; or by the end of the process, where nothing in memory may outlive the worker. */
  readonly mend: 'replace' | 'exit';
};

export type WorkerState = {
  readonly name: string;
  readonly state: 'starting' | 'working' | 'standby' | 'waiting' | 'hung' | 'stopped';
  /** Since when it works, or does not; ISO 8601. */
  readonly since: string;
  readonly cause?: string;
};

export type Supervision = {
  readonly states: () => readonly WorkerState[];
  /** Ends every life. What does not end in time is left behind, and logged. */
  readonly close: (withinMs: number) => Promise<void>;
};

type Fault = { readonly cause: 'ended' | 'threw' | 'hung'; readonly error: Error };

const LOOKED_AT_EVERY_MS = 1000;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5000;
/** After so long a life its successor starts without delay again. */
const GOOD_LIFE_MS = 60_000;
/** What a hung life has to end by itself. */
const LET_GO_AFTER_MS = 3000;
/** A worker that nothing may replace is waited for longer: a slow disk is no reason to end the process. */
const EXIT_AFTER_MS = 30_000;
const MOST_ABANDONED = 3;
const ABANDONED_COUNT_FOR_MS = 600_000;
const FIRST_SUCCESS_WITHIN_MS = 30_000;
const LOGGED_AGAIN_AFTER_MS = 60_000;

/**
 * Keeps background workers alive: a life that ends, throws or hangs is followed by a new one after a growing pause. Each
 * worker is a check in readiness, has metrics, and logs one line when it goes down and one when it is back.
 * @param exit ends the process, for its supervisor to start a clean one: after three lives that could not be ended
 */
export const supervise = (
  specs: readonly WorkerSpec[],
  logger: Logger,
  { metrics, check }: Pick<Management, 'metrics' | 'check'>,
  exit: (code: number) => void = (code) => void setImmediate(() => process.exit(code)),
): Supervision => {
  const registers = [metrics];
  const up = new Gauge({ name: 'grantlog_worker_up', help: 'Whether a background worker works', labelNames: ['worker'], registers }); // prettier-ignore
  const restarts = new Counter({ name: 'grantlog_worker_restarts_total', help: 'Lives of a background worker that failed, by cause', labelNames: ['worker', 'cause'], registers }); // prettier-ignore
  const lastProgress = new Gauge({ name: 'grantlog_worker_last_progress_timestamp_seconds', help: 'When a background worker last made progress', labelNames: ['worker'], registers }); // prettier-ignore
  const stopping = new AbortController();
  /** When lives were given up that still have not ended. */
  const abandoned = new Set<{ readonly at: number }>();

  const start = ({ name, live, stallAfterMs, needs, mend }: WorkerSpec) => {
    const startedAt = Date.now();
    let state: WorkerState['state'] = 'starting';
    let since = startedAt;
    let everWorked = false;
    let fault: Fault | undefined;
    let faults = 0;
    let pauseMs = FIRST_PAUSE_MS;
    let logged: { kind: string; at: number } | undefined;
    let loggedThisTime = false;
    let look: () => void = () => undefined;

    const isUp = (): boolean => state === 'working' || state === 'standby';
    const goDown = (next: 'waiting' | 'hung', because: Fault): void => {
      const now = Date.now();
      if (isUp() && now - since >= GOOD_LIFE_MS) pauseMs = FIRST_PAUSE_MS;
      if (isUp() || !fault) {
        since = now;
        faults = 0;
        loggedThisTime = false;
      }
      state = next;
      fault = because;
      faults += 1;
      up.set({ worker: name }, 0);
      const kind = `${because.cause} ${because.error.name}`;
      if (loggedThisTime && kind === logged?.kind) return;
      if (logged && now - logged.at < LOGGED_AGAIN_AFTER_MS) return;
      logged = { kind, at: now };
      loggedThisTime = true;
      logger.error({ worker: name, cause: because.cause, err: because.error, faults }, 'worker down');
    };
    const goUp = (next: 'working' | 'standby'): void => {
      const wasUp = isUp();
      state = next;
      if (wasUp) return;
      const now = Date.now();
      if (fault && loggedThisTime) logger.info({ worker: name, downMs: now - since, faults }, 'worker back');
      since = now;
      everWorked = true;
      fault = undefined;
      up.set({ worker: name }, 1);
    };

    const abandon = (lived: Promise<unknown>): void => {
      const one = { at: Date.now() };
      abandoned.add(one);
      void lived.then(() => abandoned.delete(one));
      if ([...abandoned].filter(({ at }) => one.at - at < ABANDONED_COUNT_FOR_MS).length < MOST_ABANDONED) return;
      logger.fatal({ worker: name }, 'too many lives of workers could not be ended; the process ends');
      exit(1);
    };

    /** Resolves when the life failed, or, after a stop, when it ended. */
    const oneLife = async (): Promise<void> => {
      const end = new AbortController();
      const given = Promise.withResolvers<'hung' | 'stopped'>();
      const stop = (): void => given.resolve('stopped');
      stopping.signal.addEventListener('abort', stop);
      let moved = true;
      let silentMs = 0;
      const silence = (): Fault => ({ cause: 'hung', error: new Error(`no progress for ${silentMs / 1000} s`) });
      // Counted in looks, not by the clock: after the process itself stood still, no worker is taken for hung.
      look = () => {
        silentMs = moved ? 0 : silentMs + LOOKED_AT_EVERY_MS;
        if (moved) lastProgress.set({ worker: name }, Date.now() / 1000);
        if (moved && state === 'hung') goUp('working');
        moved = false;
        if (silentMs < stallAfterMs) return;
        if (mend === 'replace') given.resolve('hung');
        else if (silentMs >= EXIT_AFTER_MS) exit(1);
        else if (state !== 'hung') goDown('hung', silence());
      };
      const progress = (): void => {
        moved = true;
      };
      const working = (next: 'working' | 'standby'): void => {
        if (!end.signal.aborted) goUp(next);
      };
      const lived = settled(() => live({ signal: end.signal, progress, working }));
      const outcome = await Promise.race([lived, given.promise]);
      look = () => undefined;
      end.abort();
      if (outcome === 'stopped') await lived;
      else if (outcome !== 'hung') goDown('waiting', outcome);
      else {
        goDown('hung', silence());
        const ended = await Promise.race([lived, pause(LET_GO_AFTER_MS, stopping.signal)]);
        // A stop waits for it as long as for every other.
        if (stopping.signal.aborted) await lived;
        else if (!ended) abandon(lived);
      }
      stopping.signal.removeEventListener('abort', stop);
    };

    const keepAlive = async (): Promise<void> => {
      while (!stopping.signal.aborted) {
        await oneLife();
        if (stopping.signal.aborted) break;
        state = 'waiting';
        restarts.inc({ worker: name, cause: fault?.cause ?? 'ended' });
        if (mend === 'exit') exit(1);
        await pause(pauseMs * (0.8 + 0.4 * Math.random()), stopping.signal);
        pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
        state = 'starting';
      }
      state = 'stopped';
    };

    const severity = (): Check['state'] => {
      if (isUp()) return 'ok';
      if (needs === 'none') return fault ? 'degraded' : 'ok';
      if (needs === 'self') return 'failed';
      return everWorked || Date.now() - startedAt > FIRST_SUCCESS_WITHIN_MS ? 'degraded' : 'failed';
    };
    const current = (): WorkerState => ({
      name,
      state,
      since: new Date(since).toISOString(),
      ...(fault && { cause: `${fault.cause}: ${fault.error.message}` }),
    });
    up.set({ worker: name }, 0);
    check(name, () => {
      const { state: worker, since, cause } = current();
      return { state: severity(), worker, since, ...(cause !== undefined && { cause }) };
    });
    return { current, look: () => look(), done: keepAlive() };
  };

  const workers = specs.map(start);
  const looking = setInterval(() => workers.forEach(({ look }) => look()), LOOKED_AT_EVERY_MS);
  return {
    states: () => workers.map(({ current }) => current()),
    close: async (withinMs) => {
      stopping.abort();
      clearInterval(looking);
      const enough = new AbortController();
      await Promise.race([Promise.all(workers.map(({ done }) => done)), pause(withinMs, enough.signal)]);
      enough.abort();
      const left = workers.map(({ current }) => current()).filter(({ state }) => state !== 'stopped');
      if (left.length > 0) logger.warn({ workers: left.map(({ name }) => name) }, 'workers did not end in time');
    },
  };
};

/**
 * A worker that does the same again and again.
 * @param ms between the end of a run and the next one
 * @param limitMs what a run may take
 */
export const everyMs = (
  name: string,
  ms: number,
  work: (life: Life) => Promise<void> | void,
  limitMs: number,
  needs: WorkerSpec['needs'] = 'none',
): WorkerSpec => ({
  name,
  needs,
  mend: 'replace',
  stallAfterMs: ms + limitMs,
  live: async (life) => {
    while (!life.signal.aborted) {
      await work(life);
      life.working('working');
      life.progress();
      await pause(ms, life.signal);
    }
  },
});

/** Resolves after a time, or at once when the signal is aborted. */
export const pause = (ms: number, signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve(undefined);
    };
    const timer = setTimeout(done, ms);
    if (signal.aborted) done();
    else signal.addEventListener('abort', done, { once: true });
  });

const PROBED_EVERY_MS = 2000;
/** How long one run of a worker that repeats may take. */
export const RUN_WITHIN_MS = 8000;

/** Asks what every instance needs again and again, so that readiness says whether it is there. */
export const probing = (name: string, ask: () => Promise<unknown>, limitMs = RUN_WITHIN_MS): WorkerSpec =>
  everyMs(name, PROBED_EVERY_MS, async () => void (await ask()), limitMs, 'shared');

/** @returns how a life ended, which is a fault unless it was asked to end */
const settled = async (live: () => Promise<void>): Promise<Fault> => {
  try {
    await live();
    return { cause: 'ended', error: new Error('it ended by itself') };
  } catch (error) {
    return { cause: 'threw', error: error instanceof Error ? error : new Error(String(error)) };
  }
};
