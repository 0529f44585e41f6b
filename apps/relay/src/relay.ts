import { randomUUID } from 'node:crypto';
import { type JournalWriter, SHARDS } from '@grantlog/adapter-mongo';
import { type Life, pause, type WorkerSpec } from '@grantlog/service-kit';
import { createNumberCommits } from './number-commits.ts';
import type { PublishJournal } from './publish-journal.ts';

const LEASE_MS = 6000;
const RENEW_MS = 2000;
const IDLE_MS = 50;
/** Between two passes: commits gather, and requests go first. */
const BETWEEN_PASSES_MS = 60;
const STALL_AFTER_MS = 8000;

export type Relay = {
  readonly workers: readonly WorkerSpec[];
  /** Keeps the places; after the workers have ended. */
  readonly close: () => Promise<void>;
  readonly counts: () => { shards: number; numbered: number; published: number };
};

/**
 * Numbers commits and publishes the journal, each by a worker of its own: Kafka's absence delays publication only.
 * Several relays share the shards by leases.
 */
export const createRelay = (journal: JournalWriter, publishJournal: PublishJournal): Relay => {
  const holder = randomUUID();
  const shards = new Set<number>();
  const waiting = new Set<number>();
  const numberCommits = createNumberCommits(journal);
  let numbered = 0;
  let published = 0;

  /** @param step does a part of the work; resolves to how long to wait for the next one */
  const worker = (name: string, needs: WorkerSpec['needs'], step: (life: Life) => Promise<number>): WorkerSpec => ({
    name,
    needs,
    mend: 'replace',
    stallAfterMs: STALL_AFTER_MS,
    live: async (life) => {
      while (!life.signal.aborted) {
        const pauseMs = await step(life);
        life.working(shards.size > 0 ? 'working' : 'standby');
        life.progress();
        if (pauseMs > 0) await pause(pauseMs, life.signal);
      }
    },
  });

  /** Their journal may have passes that this relay does not know of. */
  const lookAgain = (some: Iterable<number>): void => {
    for (const shard of some) {
      publishJournal.forget(shard);
      waiting.add(shard);
    }
  };

  const lease = async ({ progress }: Life): Promise<number> => {
    for (let shard = 0; shard < SHARDS; shard += 1) {
      const mine = await journal.lease(shard, holder, LEASE_MS);
      if (mine && !shards.has(shard)) {
        shards.add(shard);
        numberCommits.forget(shard);
        lookAgain([shard]);
      } else if (!mine) shards.delete(shard);
      progress();
    }
    await publishJournal.keepPlaces();
    return RENEW_MS;
  };

  const number = async ({ progress }: Life): Promise<number> => {
    const { made, lost } = await numberCommits.pass(shards, progress).catch((error: unknown) => {
      lookAgain(shards);
      throw error;
    });
    for (const pass of made) {
      publishJournal.remember(pass);
      waiting.add(pass.document.shard);
      numbered += pass.commits.length;
    }
    lookAgain(lost);
    return made.length > 0 ? BETWEEN_PASSES_MS : IDLE_MS;
  };

  const publish = async ({ progress }: Life): Promise<number> => {
    const mine = [...waiting].filter((shard) => shards.has(shard));
    waiting.clear();
    try {
      const { passes, more } = await publishJournal.publish(mine, progress);
      more.forEach((shard) => waiting.add(shard));
      published += passes;
      return passes > 0 ? 0 : IDLE_MS;
    } catch (error) {
      mine.forEach((shard) => waiting.add(shard));
      throw error;
    }
  };

  return {
    workers: [
      worker('lease', 'self', lease),
      worker('sequencer', 'self', number),
      worker('publisher', 'shared', publish),
    ],
    close: () => publishJournal.keepPlaces(),
    counts: () => ({ shards: shards.size, numbered, published }),
  };
};
