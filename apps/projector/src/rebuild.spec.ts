import type { Journal, JournalEntry, RecordedEvent } from '@grantlog/event-sourcing';
import { applyFitting, UnfitEvents } from './apply-events.ts';
import { projectJournal } from './rebuild.ts';

const entry = (sequence: number): JournalEntry => ({
  sequence,
  commit: {
    stream: `item-${sequence}`,
    version: 1,
    id: `c${sequence}`,
    at: '2026-01-01T00:00:00.000Z',
    cause: { requestId: 'r' },
    events: [{ type: 'Made' }],
  },
});

/** A journal that has one more entry whenever it is read. */
const growing = (length: number): Journal => {
  const entries = Array.from({ length }, (_, i) => entry(i + 1));
  return {
    head: () => Promise.resolve(entries.length),
    read: (after) => {
      entries.push(entry(entries.length + 1));
      const page = entries.slice(after, after + 2);
      return Promise.resolve({ entries: page, next: page.at(-1)?.sequence ?? after });
    },
  };
};

describe('building read models from the journal', () => {
  it('ends with what was there when it began, however fast more comes', async () => {
    const applied: string[] = [];
    const apply = (events: readonly { stream: string }[]): Promise<void> =>
      Promise.resolve(void applied.push(...events.map(({ stream }) => stream)));
    expect(await projectJournal(growing(5), apply)).toBe(5);
    expect(applied).toEqual(['item-1', 'item-2', 'item-3', 'item-4', 'item-5']);
    expect(await projectJournal({ ...growing(0), head: () => Promise.resolve(0) }, apply)).toBe(0);
  });

  it('leaves out streams that no read model can show, and goes on', async () => {
    const applied: string[] = [];
    const unfit: string[] = [];
    const apply = (events: readonly { stream: string }[]): Promise<void> => {
      if (events.some(({ stream }) => stream === 'item-2')) throw new UnfitEvents('item-2', 'items', 'why');
      return Promise.resolve(void applied.push(...events.map(({ stream }) => stream)));
    };
    const leaveOut = ({ stream }: UnfitEvents) => (unfit.push(stream), []);
    const events = (some: readonly RecordedEvent[]) => applyFitting(apply, some, () => undefined, leaveOut);
    expect(await projectJournal(growing(3), events)).toBe(3);
    expect([applied, unfit]).toEqual([['item-1', 'item-3'], ['item-2']]);
  });

  it('ends when it is asked to', async () => {
    const nothing = (): Promise<void> => Promise.resolve();
    await expect(projectJournal(growing(3), nothing, () => undefined, AbortSignal.abort())).rejects.toThrow('aborted');
  });

  it('says so when the journal has less than it said', async () => {
    const short: Journal = {
      head: () => Promise.resolve(1),
      read: () => Promise.resolve({ entries: [], next: 0 }),
    };
    await expect(projectJournal(short, () => Promise.resolve())).rejects.toThrow('ends at 0');
  });
});
