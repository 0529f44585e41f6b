import { jest } from '@jest/globals';
import { createGather } from './gather.ts';

/** Rounds that end when the test says so. */
const rounds = (limits: Parameters<typeof createGather>[0]) => {
  const sent: { items: readonly string[]; end: () => void }[] = [];
  const { add, waiting } = createGather<string>(limits, (items) => new Promise((end) => sent.push({ items, end })));
  return { add, waiting, sent, items: () => sent.map(({ items }) => items.join(' ')) };
};
const turn = (): Promise<void> => jest.advanceTimersByTimeAsync(0);

describe('what gathers', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('a round has no more than fit together, the rest goes with the next', async () => {
    const { add, waiting, sent, items } = rounds({ atOnce: 1, together: 2 });
    ['a', 'b', 'c'].forEach(add);
    expect(waiting()).toBe(3);
    await turn();
    expect([items(), waiting()]).toEqual([['a b'], 1]);
    sent[0]?.end();
    await turn();
    expect([items(), waiting()]).toEqual([['a b', 'c'], 0]);
  });

  it('without a longest time what waits goes only when a round has ended', async () => {
    const { add, sent, items } = rounds({ atOnce: 1 });
    add('a');
    await turn();
    add('b');
    await jest.advanceTimersByTimeAsync(60_000);
    expect(items()).toEqual(['a']);
    sent[0]?.end();
    await turn();
    expect(items()).toEqual(['a', 'b']);
  });

  it.each([
    [3, 0],
    [22, 5],
    [400, 10],
  ])('where rounds are shared and take %i ms, one waits %i ms for others', async (took, waits) => {
    const { add, sent, items } = rounds({ atOnce: 1 });
    for (let round = 1; round <= 100; round += 1) {
      ['a', 'b'].forEach(add);
      await turn();
      while (sent.length < round) await jest.advanceTimersByTimeAsync(1);
      await jest.advanceTimersByTimeAsync(took);
      sent.at(-1)?.end();
      await turn();
    }
    add('c');
    await turn();
    if (waits > 0) {
      await jest.advanceTimersByTimeAsync(waits - 1);
      add('d');
      expect(items()).toHaveLength(100);
      await jest.advanceTimersByTimeAsync(1);
    }
    expect(items().at(-1)).toBe(waits > 0 ? 'c d' : 'c');
  });

  it('one client that calls one after the other waits for nothing, however slow', async () => {
    const { add, sent } = rounds({ atOnce: 2 });
    for (let round = 0; round < 100; round += 1) {
      add('a');
      await turn();
      expect(sent).toHaveLength(round + 1);
      await jest.advanceTimersByTimeAsync(400);
      sent.at(-1)?.end();
      await turn();
    }
  });

  it('one that is alone again waits for nothing, whatever others waited for', async () => {
    const { add, sent, items } = rounds({ atOnce: 1, longestMs: 5 });
    add('a');
    await turn();
    add('b');
    sent[0]?.end();
    await turn();
    sent[1]?.end();
    await turn();
    add('c');
    await turn();
    expect(items()).toEqual(['a', 'b', 'c']);
  });
});
