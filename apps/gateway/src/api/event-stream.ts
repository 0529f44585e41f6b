import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { audit } from '@grantlog/contracts';

const POLL_MS = 100;
const HEARTBEAT_MS = 15_000;
const JUDGED_EVERY_MS = 10_000;
const TAKEN_WITHIN_MS = 30_000;

/** Tells the reader to come again in a second. @see WHATWG HTML, server-sent events */
export const RECONNECT = 'retry: 1000\n\n';

type Source = {
  /** The events of the next commits behind a cursor. */
  readonly read: (after: string) => Promise<audit.ReadEventsResponse>;
  /** Throws where the right to the stream is over. */
  readonly judge: () => Promise<void>;
  readonly stopping: AbortSignal;
};

/**
 * Sends events as they come, all of a page in one delivery: its last event carries the cursor, so that `Last-Event-ID`
 * never resumes inside a commit. The right is judged before each delivery and every 10 s.
 * @param takenWithinMs a reader that takes nothing for longer is dropped; until then nothing more is read for it
 */
export const streamEvents = async (
  response: ServerResponse,
  start: string,
  { read, judge, stopping }: Source,
  takenWithinMs = TAKEN_WITHIN_MS,
): Promise<void> => {
  let after = start;
  let sentAt = performance.now();
  let judgedAt = sentAt;
  const send = async (text: string): Promise<void> => {
    sentAt = performance.now();
    if (!response.write(text)) await taken(response, stopping, takenWithinMs);
  };
  while (!response.destroyed && !stopping.aborted) {
    const page = await read(after);
    if (page.events.length > 0 || performance.now() - judgedAt > JUDGED_EVERY_MS) {
      await judge();
      judgedAt = performance.now();
    }
    if (page.events.length > 0) {
      await send(framesOf(page));
      after = page.next;
    } else {
      if (performance.now() - sentAt > HEARTBEAT_MS) await send(': still here\n\n');
      await pause(POLL_MS);
    }
  }
  response.end(RECONNECT);
};

const framesOf = ({ events, next }: audit.ReadEventsResponse): string =>
  events.map((event, i) => `${i === events.length - 1 ? `id: ${next}\n` : ''}data: ${event}\n\n`).join('');

/** Waits until what was written is taken; drops a reader that takes nothing. */
const taken = async (response: ServerResponse, stopping: AbortSignal, withinMs: number): Promise<void> => {
  const over = new AbortController();
  const end = (): void => over.abort();
  const timer = setTimeout(end, withinMs);
  response.once('close', end);
  try {
    await once(response, 'drain', { signal: AbortSignal.any([over.signal, stopping]) });
  } catch {
    response.destroy();
  } finally {
    clearTimeout(timer);
    response.off('close', end);
  }
};
