import { jest } from '@jest/globals';
import { DamagedAnswer } from '@grantlog/contracts';
import { coalesced } from './coalesce.ts';

type Request = { tokens: string[] };
type Answers = { introspections: string[]; at: number };

/** A method that is answered when the test says so. */
const service = () => {
  const requests: { tokens: string[]; answer: () => void; fail: (fault: Error) => void }[] = [];
  const call = coalesced('introspect', (request) => {
    const { tokens } = request as Request;
    return new Promise((resolve, reject) =>
      requests.push({
        tokens,
        answer: () => resolve({ introspections: tokens.map((token) => `of ${token}`), at: requests.length }),
        fail: reject,
      }),
    );
  }) as (request: Request) => Promise<Answers>;
  return { requests, call, sent: () => requests.map(({ tokens }) => tokens.join(' ')) };
};
const turn = (): Promise<void> => jest.advanceTimersByTimeAsync(0);

describe('calls that travel together', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('those of one turn are one request; each gets its own items, and what belongs to no item', async () => {
    const { call, requests, sent } = service();
    const answers = [call({ tokens: ['a', 'b'] }), call({ tokens: [] }), call({ tokens: ['c'] })];
    await turn();
    expect(sent()).toEqual(['a b c']);
    requests[0]?.answer();
    expect(await Promise.all(answers)).toEqual([
      { introspections: ['of a', 'of b'], at: 1 },
      { introspections: [], at: 1 },
      { introspections: ['of c'], at: 1 },
    ]);
  });

  it('one of them asks for what is damaged: each is asked again alone, and the others are answered', async () => {
    const { call, requests, sent } = service();
    const answers = Promise.allSettled([call({ tokens: ['good'] }), call({ tokens: ['damaged'] })]);
    await turn();
    requests[0]?.fail(new DamagedAnswer('DATA_LOSS'));
    await turn();
    expect(sent()).toEqual(['good damaged', 'good', 'damaged']);
    requests[1]?.answer();
    requests[2]?.fail(new DamagedAnswer('DATA_LOSS'));
    expect((await answers).map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(requests).toHaveLength(3);
  });

  it('a fault of the request is the fault of each of its calls, and of no other', async () => {
    const { call, requests } = service();
    const first = Promise.allSettled([call({ tokens: ['a'] }), call({ tokens: ['b'] })]);
    await turn();
    const second = call({ tokens: ['c'] });
    await turn();
    requests[0]?.fail(new Error('away'));
    requests[1]?.answer();
    expect((await first).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect((await second).introspections).toEqual(['of c']);
  });

  it('while two requests are under way others gather, and go when one is answered', async () => {
    const { call, requests, sent } = service();
    for (const token of ['a', 'b', 'c', 'd']) {
      void call({ tokens: [token] });
      await turn();
    }
    expect(sent()).toEqual(['a', 'b']);
    requests[1]?.answer();
    await turn();
    expect(sent()).toEqual(['a', 'b', 'c d']);
  });

  it('a service that hangs holds up the others for 5 ms', async () => {
    const { call, sent } = service();
    for (const token of ['a', 'b', 'c', 'd']) {
      void call({ tokens: [token] });
      await turn();
    }
    await jest.advanceTimersByTimeAsync(4);
    expect(sent()).toEqual(['a', 'b']);
    await jest.advanceTimersByTimeAsync(1);
    expect(sent()).toEqual(['a', 'b', 'c d']);
  });

  it('a request has at most 64 items, and a call is never split', async () => {
    const { call, requests } = service();
    for (let i = 0; i < 5; i += 1) void call({ tokens: Array.from({ length: 30 }, (_, k) => `${i}-${k}`) });
    await turn();
    expect(requests.map(({ tokens }) => tokens.length)).toEqual([60, 60, 30]);
  });

  it('a method without a list goes as it is', () => {
    const call = (): Promise<unknown> => Promise.resolve({});
    expect(coalesced('createUser', call)).toBe(call);
  });
});
