import type { AuditClient } from '@grantlog/contracts';
import { type Journal, publishedEvents } from '@grantlog/event-sourcing';
import type { RefusalRing } from '@grantlog/short-lived';

const MOST_EVENTS = 1000;

/** Reads the journal and the ring of refusals. @param issuer the `source` of every published event */
export const createAuditService = ({
  journal,
  refusals,
  issuer,
}: {
  journal: Journal;
  refusals: RefusalRing;
  issuer: string;
}): AuditClient => ({
  readEvents: async ({ after, limit }) => {
    const page = await journal.read(after, Math.min(Math.max(limit, 1), MOST_EVENTS));
    if (!page) return { events: [], next: after, badCursor: true };
    const events = page.entries.flatMap((entry) =>
      publishedEvents(issuer, entry).map((event) => JSON.stringify(event)),
    );
    return { events, next: page.next, badCursor: false };
  },
  readRefusals: async ({ after, limit }) => {
    if (!/^\d{1,15}$/.test(after)) return { refusals: [], next: after, dropped: 0, badCursor: true };
    const page = await refusals.read(Number(after), Math.min(Math.max(limit, 1), MOST_EVENTS));
    return { refusals: [...page.refusals], next: String(page.next), dropped: page.dropped, badCursor: false };
  },
  recordRefusals: async ({ refusals: records, dropped }) => {
    await refusals.add(records, dropped);
    return {};
  },
});
