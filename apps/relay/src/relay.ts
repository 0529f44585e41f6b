import { randomUUID } from 'node:crypto';
import type { JournalWriter } from '@grantlog/adapter-mongo';
import { type Life, pause, type WorkerSpec } from '@grantlog/service-kit';
import { createNumberCommits } from './number-commits.ts';

const LEASE_MS = 6000;
const RENEW_MS = 2000;
const IDLE_MS = 50;
/** Between two passes: commits gather, and requests go first. */
const BETWEEN_PASSES_MS = 60;
const STALL_AFTER_MS = 8000;

export type Relay = {
  readonly workers: readonly WorkerSpec[];
  /** The newest number of the journal; undefined while another relay has the lease. */
  readonly head: () => number | undefined;
  readonly counts: () => { leader: boolean; numbered: number };
};

/** Numbers commits. Of several relays the one with the lease works, the others stand by; one that stops gives it up. */
export const createRelay = (journal: JournalWriter): Relay => {
  const holder = randomUUID();
  const numberCommits = createNumberCommits(journal);
  let leader = false;
  let numbered = 0;

  /** @param step does a part of the work; resolves to how long to wait for the next one */
  const worker = (
    name: string,
    step: (life: Life) => Promise<number>,
    end: () => Promise<void> = () => Promise.resolve(),
  ): WorkerSpec => ({
    name,
    needs: 'self',
    mend: 'replace',
    stallAfterMs: STALL_AFTER_MS,
    live: async (life) => {
      while (!life.signal.aborted) {
        const pauseMs = await step(life);
        life.working(leader ? 'working' : 'standby');
        life.progress();
        await pause(pauseMs, life.signal);
      }
      await end();
    },
  });

  const lease = async (): Promise<number> => {
    leader = await journal.lease(holder, LEASE_MS);
    // One that lost the lease and did not notice may have numbered since.
    numberCommits.forget();
    return RENEW_MS;
  };
  const number = async ({ progress }: Life): Promise<number> => {
    if (!leader) return IDLE_MS;
    const count = await numberCommits.pass(progress);
    numbered += count;
    return count > 0 ? BETWEEN_PASSES_MS : IDLE_MS;
  };

  return {
    workers: [worker('lease', lease, () => journal.release(holder)), worker('sequencer', number)],
    head: () => (leader ? numberCommits.head() : undefined),
    counts: () => ({ leader, numbered }),
  };
};
