import { type Journal, type JournalEntry, type RecordedEvent, recordedEvents } from '@grantlog/event-sourcing';

const EVENTS_PER_PAGE = 500;

/**
 * Projects the journal as far as it goes now; what comes after comes as events. Documents are written only if they are
 * newer, so it may run beside those, again after a crash, and in several projectors at once.
 * @param told hears how many commits were read so far
 * @param signal ends it, with an error, at the next page
 * @returns how many commits there were
 */
export const projectJournal = async (
  journal: Journal,
  applyEvents: (events: readonly RecordedEvent[]) => Promise<void>,
  told: (commits: number) => void = () => undefined,
  signal?: AbortSignal,
): Promise<number> => {
  const heads = await journal.heads();
  const isUpToNow = ({ shard, sequence }: JournalEntry): boolean => sequence <= (heads[shard] ?? 0);
  const total = heads.reduce((sum, head) => sum + head, 0);
  let commits = 0;
  for (let after = '0'; commits < total;) {
    signal?.throwIfAborted();
    const page = await journal.read(after, EVENTS_PER_PAGE);
    if (!page || page.entries.length === 0) throw new Error(`the journal ends at ${after}, before its own heads`);
    const entries = page.entries.filter(isUpToNow);
    await applyEvents(entries.flatMap(({ commit, shard, sequence }) => recordedEvents(commit, { shard, sequence })));
    commits += entries.length;
    after = page.next;
    told(commits);
  }
  return commits;
};
