import { jest } from '@jest/globals';
import { createBatcher } from './batcher.ts';

/** Batches that end when the test says so. */
const batches = (limits: Parameters<typeof createBatcher>[0]) => {
  const sent: { items: readonly string[]; end: () => void }[] = [];
  const { add, waiting } = createBatcher<string>(limits, (items) => new Promise((end) => sent.push({ items, end })));
  return { add, waiting, sent, items: () => sent.map(({ items }) => items.join(' ')) };
};
const turn = (): Promise<void> => jest.advanceTimersByTimeAsync(0);

describe('a batcher', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('sends no more than fit together, the rest with the next batch', async () => {
    const { add, waiting, sent, items } = batches({ atOnce: 1, together: 2 });
    ['a', 'b', 'c'].forEach(add);
    expect(waiting()).toBe(3);
    await turn();
    expect([items(), waiting()]).toEqual([['a b'], 1]);
    sent[0]?.end();
    await turn();
    expect([items(), waiting()]).toEqual([['a b', 'c'], 0]);
  });

  it('without a longest time sends what waits only when a batch has ended', async () => {
    const { add, sent, items } = batches({ atOnce: 1 });
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
  ])('where batches are shared and take %i ms, lingers %i ms for more', async (took, waits) => {
    const { add, sent, items } = batches({ atOnce: 1 });
    for (let batch = 1; batch <= 100; batch += 1) {
      ['a', 'b'].forEach(add);
      await turn();
      while (sent.length < batch) await jest.advanceTimersByTimeAsync(1);
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

  it('does not delay a client that calls one after the other, however slow', async () => {
    const { add, sent } = batches({ atOnce: 2 });
    for (let batch = 0; batch < 100; batch += 1) {
      add('a');
      await turn();
      expect(sent).toHaveLength(batch + 1);
      await jest.advanceTimersByTimeAsync(400);
      sent.at(-1)?.end();
      await turn();
    }
  });

  it('does not delay an item that is alone again, whatever others waited for', async () => {
    const { add, sent, items } = batches({ atOnce: 1, longestMs: 5 });
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
