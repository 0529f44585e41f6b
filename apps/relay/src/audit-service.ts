import type { AuditClient } from '@grantlog/contracts';
import { type Journal, type Message, publishedEvents } from '@grantlog/event-sourcing';
import type { RefusalRing } from '@grantlog/short-lived';

import { refusalMessages } from './refusal-messages.ts';

const MOST_EVENTS = 1000;
/** Of the journal or of the ring: a number. */
const CURSOR = /^\d{1,15}$/;

type Ports = {
  readonly journal: Journal;
  readonly refusals: RefusalRing;
  /** The `source` of every published event. */
  readonly issuer: string;
  /** Sends refusals on, where there is Kafka; what fails is lost, and nothing waits for it. */
  readonly publish?: (messages: readonly Message[]) => void;
};

/** Reads the journal and the ring of refusals, and takes refusals in. */
export const createAuditService = ({ journal, refusals, issuer, publish }: Ports): AuditClient => ({
  readEvents: async ({ after, limit }) => {
    if (!CURSOR.test(after)) return { events: [], next: after, badCursor: true };
    const page = await journal.read(Number(after), Math.min(Math.max(limit, 1), MOST_EVENTS));
    const events = page.entries.flatMap((entry) =>
      publishedEvents(issuer, entry).map((event) => JSON.stringify(event)),
    );
    return { events, next: String(page.next), badCursor: false };
  },
  readRefusals: async ({ after, limit }) => {
    if (!CURSOR.test(after)) return { refusals: [], next: after, dropped: 0, badCursor: true };
    const page = await refusals.read(Number(after), Math.min(Math.max(limit, 1), MOST_EVENTS));
    return { refusals: [...page.refusals], next: String(page.next), dropped: page.dropped, badCursor: false };
  },
  recordRefusals: async ({ refusals: records, dropped }) => {
    await refusals.add(records, dropped);
    publish?.(refusalMessages(issuer, records, dropped, new Date().toISOString()));
    return {};
  },
});
