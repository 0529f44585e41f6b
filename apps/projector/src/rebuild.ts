import { type Journal, type RecordedEvent, recordedEvents } from '@grantlog/event-sourcing';

const EVENTS_PER_PAGE = 500;

/**
 * Projects the journal as far as it goes now; what comes after comes as events. Documents are written only if they are
 * newer, so it may run beside those, again after a crash, and in several projectors at once.
 * @param onProgress called with how many commits were read so far
 * @param signal ends it, with an error, at the next page
 * @returns how many commits there were
 */
export const projectJournal = async (
  journal: Journal,
  applyEvents: (events: readonly RecordedEvent[]) => Promise<void>,
  onProgress: (commits: number) => void = () => undefined,
  signal?: AbortSignal,
): Promise<number> => {
  const head = await journal.head();
  for (let after = 0; after < head;) {
    signal?.throwIfAborted();
    const { entries, next } = await journal.read(after, EVENTS_PER_PAGE);
    if (entries.length === 0) throw new Error(`the journal ends at ${after}, before its head ${head}`);
    const upToNow = entries.filter(({ sequence }) => sequence <= head);
    await applyEvents(upToNow.flatMap(({ commit, sequence }) => recordedEvents(commit, sequence)));
    after = next;
    onProgress(Math.min(after, head));
  }
  return head;
};
