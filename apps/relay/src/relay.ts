import { randomUUID } from 'node:crypto';
import { type JournalWriter, SHARDS } from '@grantlog/adapter-mongo';
import type { Logger } from '@grantlog/service-kit';
import { createNumberCommits } from './number-commits.ts';
import type { PublishJournal } from './publish-journal.ts';

const LEASE_MS = 6000;
const RENEW_MS = 2000;
const IDLE_MS = 50;
/** Between two passes: commits gather, and requests go first. */
const BETWEEN_PASSES_MS = 60;
const PAUSE_AFTER_FAULT_MS = 500;

export type Relay = {
  readonly close: () => Promise<void>;
  readonly state: () => { ok: boolean; shards: number; numbered: number; published: number; publishing: string };
};

/**
 * Numbers commits and publishes the journal, each in a loop of its own: Kafka's absence delays publication only.
 * Several relays share the shards by leases.
 */
export const runRelay = (journal: JournalWriter, publishJournal: PublishJournal, logger: Logger): Relay => {
  const holder = randomUUID();
  const shards = new Set<number>();
  const waiting = new Set<number>();
  const numberCommits = createNumberCommits(journal);
  let numbered = 0;
  let published = 0;
  let publishing = 'starting';
  let stopped = false;
  const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

  const loop = async (name: string, step: () => Promise<number>): Promise<void> => {
    while (!stopped) {
      try {
        const done = await step();
        if (done === 0) await pause(IDLE_MS);
      } catch (error) {
        logger.warn({ err: error, step: name }, 'relay step failed; trying again');
        if (name === 'publish') publishing = error instanceof Error ? error.message : String(error);
        await pause(PAUSE_AFTER_FAULT_MS);
      }
    }
  };

  /** Their journal may have passes that this relay does not know of. */
  const lookAgain = (some: Iterable<number>): void => {
    for (const shard of some) {
      publishJournal.forget(shard);
      waiting.add(shard);
    }
  };

  const lease = async (): Promise<number> => {
    for (let shard = 0; shard < SHARDS; shard += 1) {
      const mine = await journal.lease(shard, holder, LEASE_MS);
      if (mine && !shards.has(shard)) {
        shards.add(shard);
        numberCommits.forget(shard);
        lookAgain([shard]);
      } else if (!mine) shards.delete(shard);
    }
    await publishJournal.keepPlaces();
    await pause(RENEW_MS);
    return 1;
  };

  const number = async (): Promise<number> => {
    const { made, lost } = await numberCommits.pass(shards).catch((error: unknown) => {
      lookAgain(shards);
      throw error;
    });
    for (const pass of made) {
      publishJournal.remember(pass);
      waiting.add(pass.document.shard);
      numbered += pass.commits.length;
    }
    lookAgain(lost);
    if (made.length > 0) await pause(BETWEEN_PASSES_MS);
    return made.length;
  };

  const publish = async (): Promise<number> => {
    const mine = [...waiting].filter((shard) => shards.has(shard));
    waiting.clear();
    try {
      const { passes, more } = await publishJournal.publish(mine);
      more.forEach((shard) => waiting.add(shard));
      publishing = 'up to date or under way';
      published += passes;
      return passes;
    } catch (error) {
      mine.forEach((shard) => waiting.add(shard));
      throw error;
    }
  };

  const loops = Promise.all([loop('lease', lease), loop('number', number), loop('publish', publish)]);
  return {
    close: async () => {
      stopped = true;
      await loops;
      await publishJournal.keepPlaces();
    },
    state: () => ({ ok: shards.size > 0, shards: shards.size, numbered, published, publishing }),
  };
};
