import { type Journal, type RecordedEvent, recordedEvents } from '@grantlog/event-sourcing';

const EVENTS_PER_PAGE = 500;

/**
 * Projects the whole journal. Documents are written only if they are newer, so it may run beside the events that come
 * in, again after a crash, and in several projectors at once.
 * @param told hears how many commits were read so far
 * @returns how many commits there were
 */
export const projectJournal = async (
  journal: Journal,
  applyEvents: (events: readonly RecordedEvent[]) => Promise<void>,
  told: (commits: number) => void = () => undefined,
): Promise<number> => {
  let commits = 0;
  for (let after = '0'; ;) {
    const page = await journal.read(after, EVENTS_PER_PAGE);
    if (!page) throw new Error(`the journal does not know its own cursor ${after}`);
    if (page.entries.length === 0) return commits;
    await applyEvents(
      page.entries.flatMap(({ commit, shard, sequence }) => recordedEvents(commit, { shard, sequence })),
    );
    commits += page.entries.length;
    after = page.next;
    told(commits);
  }
};
