type Call = (request: unknown) => Promise<unknown>;
type Message = Readonly<Record<string, unknown>>;

/** Methods that take a list, by the name of the request's list and the response's. */
const LISTS: Readonly<Record<string, readonly [request: string, response: string]>> = {
  authenticateClients: ['clients', 'clients'],
  getApplications: ['keys', 'applications'],
  issueTokens: ['requests', 'outcomes'],
  introspect: ['tokens', 'introspections'],
  revokeTokens: ['tokens', 'revoked'],
  getUsers: ['keys', 'users'],
  getOrganizations: ['ids', 'organizations'],
  getBrowserSessions: ['sessionDigests', 'sessions'],
};
const MOST_TOGETHER = 64;
/** While so many requests of a method are under way, calls gather until one is answered, but not for longer than this. */
const MOST_UNDER_WAY = 2;
const GATHERED_FOR_MS = 5;

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
  let waiting: Waiting[] = [];
  let underWay = 0;
  let scheduled: NodeJS.Immediate | NodeJS.Timeout | undefined;

  const sendAll = (): void => {
    const all = waiting;
    waiting = [];
    scheduled = undefined;
    let group: Waiting[] = [];
    let size = 0;
    for (const one of all) {
      if (size > 0 && size + one.items.length > MOST_TOGETHER) {
        sendGroup(group);
        [group, size] = [[], 0];
      }
      group.push(one);
      size += one.items.length;
    }
    if (group.length > 0) sendGroup(group);
  };

  const answered = (): void => {
    underWay -= 1;
    if (waiting.length === 0 || underWay >= MOST_UNDER_WAY) return;
    clearTimeout(scheduled as NodeJS.Timeout);
    sendAll();
  };

  const sendGroup = (group: readonly Waiting[]): void => {
    underWay += 1;
    const answer = call({ [requestList]: group.flatMap(({ items }) => items) });
    answer.then(answered, answered);
    answer.then(
      (response) => {
        const { [responseList]: answers, ...rest } = response as Message;
        let at = 0;
        for (const { items, resolve } of group) {
          resolve({ ...rest, [responseList]: (answers as unknown[]).slice(at, at + items.length) });
          at += items.length;
        }
      },
      (fault: unknown) => group.forEach(({ reject }) => reject(fault)),
    );
  };

  return (request) =>
    new Promise((resolve, reject) => {
      waiting.push({ items: (request as Message)[requestList] as unknown[], resolve, reject });
      scheduled ??= underWay < MOST_UNDER_WAY ? setImmediate(sendAll) : setTimeout(sendAll, GATHERED_FOR_MS);
    });
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
