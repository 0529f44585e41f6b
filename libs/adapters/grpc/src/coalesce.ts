import { DamagedAnswer } from '@grantlog/contracts';
import { createBatcher } from '@grantlog/service-kit';

type Call = (request: unknown) => Promise<unknown>;
type Message = Readonly<Record<string, unknown>>;

/** Methods that take a list, by the name of the request's list and the response's. */
const LISTS: Readonly<Record<string, readonly [request: string, response: string]>> = {
  authenticateClients: ['clients', 'clients'],
  getApplications: ['keys', 'applications'],
  beginAuthorizations: ['requests', 'outcomes'],
  issueTokens: ['requests', 'outcomes'],
  introspect: ['tokens', 'introspections'],
  revokeTokens: ['tokens', 'revoked'],
  getUsers: ['keys', 'users'],
  getOrganizations: ['ids', 'organizations'],
  getBrowserSessions: ['sessionDigests', 'sessions'],
};
const MOST_TOGETHER = 64;
const REQUESTS_AT_ONCE = 2;
const LONGEST_WAIT_MS = 5;

type Waiting = {
  readonly items: readonly unknown[];
  readonly resolve: (answer: unknown) => void;
  readonly reject: (fault: unknown) => void;
};

/**
 * Calls of one method that wait at the same moment travel as one; each gets its own items back and what belongs to no
 * item. A call alone waits for nothing; under load it waits for the answer to an earlier request, which is what makes
 * requests few, and at most 5 ms, so that a service that hangs holds up nothing else. Nothing is kept: a call is answered
 * by a request sent after it was made.
 */
export const coalesced = (name: string, call: Call): Call => {
  if (name === 'getSettings') return shared(call);
  const lists = LISTS[name];
  if (!lists) return call;
  const [requestList, responseList] = lists;

  const sendGroup = (group: readonly Waiting[]): Promise<void> =>
    call({ [requestList]: group.flatMap(({ items }) => items) }).then(
      (response) => {
        const { [responseList]: answers, ...rest } = response as Message;
        let at = 0;
        for (const { items, resolve } of group) {
          resolve({ ...rest, [responseList]: (answers as unknown[]).slice(at, at + items.length) });
          at += items.length;
        }
      },
      async (fault: unknown) => {
        // One of them asked for what is damaged: the others are answered without it.
        if (fault instanceof DamagedAnswer && group.length > 1) await Promise.all(group.map((one) => sendGroup([one])));
        else group.forEach(({ reject }) => reject(fault));
      },
    );

  const { add } = createBatcher<Waiting>({ atOnce: REQUESTS_AT_ONCE, longestMs: LONGEST_WAIT_MS }, async (all) => {
    await Promise.all(groupsOf(all).map(sendGroup));
  });
  return (request) =>
    new Promise((resolve, reject) => add({ items: (request as Message)[requestList] as unknown[], resolve, reject }));
};

/** At most 64 items a request; no call is split. */
const groupsOf = (all: readonly Waiting[]): readonly (readonly Waiting[])[] => {
  const groups: Waiting[][] = [];
  let size = MOST_TOGETHER;
  for (const one of all) {
    if (groups.length === 0 || (size > 0 && size + one.items.length > MOST_TOGETHER)) {
      groups.push([]);
      size = 0;
    }
    groups.at(-1)?.push(one);
    size += one.items.length;
  }
  return groups;
};

/** Calls without arguments that wait in the same turn share one. */
const shared = (call: Call): Call => {
  let next: Promise<unknown> | undefined;
  return (request) =>
    (next ??= new Promise((resolve, reject) => {
      setImmediate(() => {
        next = undefined;
        call(request).then(resolve, reject);
      });
    }));
};
