import { AsyncLocalStorage } from 'node:async_hooks';
import type { EventStore } from '../event-store.ts';
import { createScriptedStore, type ScriptedStore } from './scripted-store.ts';

/** Lets the scheduler decide when an operation happens; outside a run it happens at once. */
export type Step = <T>(operation: () => Promise<T> | T) => Promise<T>;

/** What runs at the same time, and what must hold when all of it is over. */
export type Scenario = {
  /** Each a process of its own: what it has in memory is lost when it dies. */
  readonly actors: readonly (() => Promise<unknown>)[];
  /** Judged at rest. @param dead the actor that was killed, if one was */
  readonly check: (dead: number | undefined) => Promise<void>;
};

type Call = { readonly actor: number; readonly happen: () => void; readonly happenUnheard: () => void };
type Choice = { readonly taken: number; readonly of: number };

const MOST_SCHEDULES = 200_000;

type Options = { readonly mayDie?: boolean; readonly preemptions?: number };

/**
 * Runs a scenario once for every order in which its actors' operations can happen, and, with `mayDie`, once more for
 * every operation at which one of the actors can be killed: before it happens, or after, with the reply lost. Between
 * two operations everything that can run does run, so a schedule is the same each time.
 * @param prepare builds the scenario anew for each schedule; operations in it happen at once
 * @param options.preemptions how often at most an actor that could go on is made to wait for another; races that need
 * more than two are rare (context bounding), and without a bound their number explodes
 * @returns how many schedules there were
 * @throws what `check` or an actor threw, with the schedule that led there; also when there are more than 200,000
 */
export const everyInterleaving = async (
  prepare: (step: Step) => Promise<Scenario> | Scenario,
  { mayDie = false, preemptions = Infinity }: Options = {},
): Promise<number> => {
  let path: readonly Choice[] = [];
  for (let schedules = 1; schedules <= MOST_SCHEDULES; schedules += 1) {
    path = await runOnce(prepare, path.map(({ taken }) => taken), { mayDie, preemptions }); // prettier-ignore
    const next = path.findLastIndex(({ taken, of }) => taken + 1 < of);
    if (next < 0) return schedules;
    path = [...path.slice(0, next), { ...(path[next] as Choice), taken: (path[next] as Choice).taken + 1 }];
  }
  throw new Error(`more than ${MOST_SCHEDULES} schedules`);
};

const runOnce = async (
  prepare: (step: Step) => Promise<Scenario> | Scenario,
  prefix: readonly number[],
  { mayDie, preemptions }: Required<Options>,
): Promise<readonly Choice[]> => {
  const actorOf = new AsyncLocalStorage<number>();
  const pending: Call[] = [];
  let scheduled = false;
  const step: Step = (operation) => {
    if (!scheduled) return Promise.resolve(operation());
    return new Promise((resolve, reject) => {
      const outcome = (): Promise<never> => Promise.resolve(operation()) as Promise<never>;
      pending.push({
        actor: actorOf.getStore() ?? -1,
        happen: () => void outcome().then(resolve, reject),
        happenUnheard: () => void outcome().catch(() => undefined),
      });
    });
  };

  const { actors, check } = await prepare(step);
  const faults: unknown[] = [];
  let running = actors.length;
  let dead: number | undefined;
  scheduled = true;
  actors.forEach((actor, i) => {
    void actorOf
      .run(i, actor)
      .catch((fault: unknown) => faults.push(fault))
      .finally(() => (running -= 1));
  });

  const path: Choice[] = [];
  let last = -1;
  let preempted = 0;
  for (;;) {
    await everythingElse();
    const all = pending.filter(({ actor }) => actor !== dead).sort((a, b) => a.actor - b.actor);
    if (all.length === 0) break;
    const own = all.filter(({ actor }) => actor === last);
    const calls = own.length > 0 && preempted >= preemptions ? own : all;
    const of = mayDie && dead === undefined ? 3 * calls.length : calls.length;
    const taken = Math.min(prefix[path.length] ?? 0, of - 1);
    path.push({ taken, of });
    const call = calls[taken % calls.length] as Call;
    if (own.length > 0 && call.actor !== last) preempted += 1;
    last = call.actor;
    pending.splice(pending.indexOf(call), 1);
    if (taken < calls.length) call.happen();
    else {
      dead = call.actor;
      if (taken >= 2 * calls.length) call.happenUnheard();
    }
  }
  try {
    if (faults.length > 0) throw faults[0];
    if (running > (dead === undefined ? 0 : 1)) throw new Error('an actor waits for something that never comes');
    scheduled = false;
    await check(dead);
  } catch (fault) {
    const schedule = path.map(({ taken }) => taken).join(' ');
    throw new Error(`schedule [${schedule}]${dead === undefined ? '' : `, actor ${dead} killed`}: ${String(fault)}`, {
      cause: fault,
    });
  }
  return path;
};

/** Resolves when nothing is left to run but operations that wait to be scheduled. */
const everythingElse = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

/** A store in memory whose every operation waits for the scheduler. */
export const scheduledStore = (step: Step, store: ScriptedStore = createScriptedStore()): EventStore => ({
  readNewest: (stream, atMost) => step(() => store.readNewest(stream, atMost)),
  readAfter: (stream, after) => step(() => store.readAfter(stream, after)),
  append: (commit) => step(() => store.append(commit)),
  isCurrent: (stream, version) => step(() => store.isCurrent(stream, version)),
});
