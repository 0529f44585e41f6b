import type { Gateway } from '../gateway.ts';
import { ApiError, forbidden } from '../http/api-error.ts';
import { parseFlatForm, queryText } from '../http/flat-form.ts';
import type { Call, Methods } from './endpoint.ts';

const MOST_EVENTS = 1000;
const POLL_MS = 100;
const HEARTBEAT_MS = 15_000;

const window = ({ request, caller }: Call): { after: string; limit: number } => {
  if (!caller.actor.superuser && !caller.actor.systemAuditor) throw forbidden();
  const form = parseFlatForm(queryText(request.url));
  const limit = form?.get('limit') ?? '100';
  if (!/^\d{1,9}$/.test(limit) || Number(limit) < 1)
    throw new ApiError(400, { limit: [`Ensure this value is from 1 to ${MOST_EVENTS}.`] });
  const lastId = request.headers['last-event-id'];
  return {
    after: (typeof lastId === 'string' && lastId) || form?.get('after') || '0',
    limit: Math.min(Number(limit), MOST_EVENTS),
  };
};

const badCursor = (): ApiError => new ApiError(400, { after: ['Not a cursor of this journal.'] });

/** `GET /api/v2/events/`: the journal by cursor, or as server-sent events that go on as they come. */
export const events = (gateway: Gateway): Methods => ({
  GET: async (call) => {
    const { after, limit } = window(call);
    if (call.request.headers.accept?.includes('text/event-stream')) {
      await stream(gateway, call, after);
      return {};
    }
    const page = await gateway.audit.readEvents({ after, limit });
    if (page.badCursor) throw badCursor();
    return { body: { results: page.events.map((event) => JSON.parse(event) as unknown), next: page.next } };
  },
});

/** The last event of a commit carries the cursor, so that `Last-Event-ID` never resumes inside one. */
const stream = async (gateway: Gateway, { response }: Call, start: string): Promise<void> => {
  let after = start;
  let quietSince = Date.now();
  const first = await gateway.audit.readEvents({ after, limit: 1 });
  if (first.badCursor) throw badCursor();
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  while (!response.destroyed) {
    // One commit at a time, so that each has its own cursor.
    const page = await gateway.audit.readEvents({ after, limit: 1 });
    if (page.events.length > 0) {
      const frames = page.events.map(
        (event, i) => `${i === page.events.length - 1 ? `id: ${page.next}\n` : ''}data: ${event}\n\n`,
      );
      response.write(frames.join(''));
      after = page.next;
      quietSince = Date.now();
      continue;
    }
    if (Date.now() - quietSince > HEARTBEAT_MS) {
      response.write(': still here\n\n');
      quietSince = Date.now();
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
};

/** `GET /api/v2/refusals/`: what was refused lately, from a bounded ring. */
export const refusals = (gateway: Gateway): Methods => ({
  GET: async (call) => {
    const page = await gateway.audit.readRefusals(window(call));
    if (page.badCursor) throw badCursor();
    const results = page.refusals.map(({ requestId, clientId, ...rest }) => ({
      ...rest,
      request_id: requestId,
      client_id: clientId,
    }));
    return { body: { results, next: page.next, dropped: page.dropped } };
  },
});
