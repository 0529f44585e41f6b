import { permits } from '@grantlog/access';
import { isUnavailable } from '@grantlog/contracts';
import type { Gateway } from '../gateway.ts';
import { ApiError, forbidden } from '../http/api-error.ts';
import { refuseUnknown } from '../http/known-names.ts';
import { parseQuery } from '../http/parse-query.ts';
import type { Call, Methods } from './endpoint.ts';
import { RECONNECT, streamEvents } from './event-stream.ts';

const MOST_EVENTS = 1000;
const LONGEST_CURSOR = 15;

/** How a page of events is asked for. */
export const CURSOR_PARAMETERS = {
  after: { type: 'string', maxLength: LONGEST_CURSOR },
  limit: { type: 'integer', minimum: 1, maximum: MOST_EVENTS },
} as const;

const window = ({ request, caller }: Call): { after: string; limit: number } => {
  if (!permits(caller.actor, 'read', 'installation')) throw forbidden();
  const form = parseQuery(request);
  refuseUnknown(form.names, Object.keys(CURSOR_PARAMETERS), 'parameter');
  const limit = form.get('limit') ?? '100';
  if (!/^\d{1,9}$/.test(limit) || Number(limit) < 1 || Number(limit) > MOST_EVENTS)
    throw new ApiError(400, { limit: [`Ensure this value is from 1 to ${MOST_EVENTS}.`] });
  const lastId = request.headers['last-event-id'];
  const after = (typeof lastId === 'string' && lastId) || form.get('after') || '0';
  if (after.length > LONGEST_CURSOR) throw badCursor();
  return { after, limit: Number(limit) };
};

const badCursor = (): ApiError =>
  new ApiError(400, { after: [`Not a cursor of this journal: a number of at most ${LONGEST_CURSOR} digits.`] });

/** Commits of one delivery of a stream. */
const AT_ONCE = 100;

const MOST_STREAMS_OF_ACCOUNT = 4;
const MOST_STREAMS = 64;

/** `GET /api/v2/events/`: the journal by cursor, or as server-sent events that go on as they come. */
export const events = (gateway: Gateway): Methods => {
  const open = new Map<number, number>();
  return {
    GET: async (call) => {
      const { after, limit } = window(call);
      const { request } = call;
      const page = await gateway.audit.readEvents({ after, limit });
      if (page.badCursor) throw badCursor();
      if (request.method === 'GET' && request.headers.accept?.includes('text/event-stream')) {
        await counted(open, call.caller.user.id, () => gateway.admission.waiting(() => stream(gateway, call, after)));
        return {};
      }
      return { body: { results: page.events.map((event) => JSON.parse(event) as unknown), next: page.next } };
    },
  };
};

/** Does it as one of the streams of an account. @throws ApiError 429 or 503 that says which limit is reached */
const counted = async (open: Map<number, number>, user: number, work: () => Promise<void>): Promise<void> => {
  const own = open.get(user) ?? 0;
  if (own >= MOST_STREAMS_OF_ACCOUNT)
    throw new ApiError(
      429,
      { detail: `This account has ${own} event streams open, which is the most it may have. Close one first.` },
      { 'retry-after': '10' },
    );
  if ([...open.values()].reduce((sum, count) => sum + count, 0) >= MOST_STREAMS)
    throw new ApiError(
      503,
      { detail: `All ${MOST_STREAMS} event streams of this instance are in use. Try again later.` },
      { 'retry-after': '10' },
    );
  open.set(user, own + 1);
  try {
    await work();
  } finally {
    const left = (open.get(user) ?? 1) - 1;
    if (left > 0) open.set(user, left);
    else open.delete(user);
  }
};

const stream = async (gateway: Gateway, call: Call, after: string): Promise<void> => {
  const { request, response } = call;
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  try {
    await streamEvents(response, after, {
      read: (cursor) => gateway.audit.readEvents({ after: cursor, limit: AT_ONCE }),
      // As for a request that came now: the proof still holds, and the role is still enough.
      judge: async () => void window({ ...call, caller: await gateway.authenticate(request, response) }),
      stopping: gateway.stopping,
    });
  } catch (error) {
    // The next request is told why.
    if (error instanceof ApiError || isUnavailable(error)) response.end(RECONNECT);
    else throw error;
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
