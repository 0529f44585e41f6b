import { createSecretKey } from 'node:crypto';
import { accept, type Decider, refuse } from './decider.ts';
import { createStreams } from './handle-command.ts';
import { createSnapshotCodec } from './snapshot.ts';
import { createScriptedStore } from './testing/scripted-store.ts';

type Counted = { type: 'Counted'; by: number };
/** Counts up to a limit; the state is the sum. */
const counter: Decider<number, { by: number; limit?: number }, Counted> = {
  initialState: 0,
  decide: ({ by, limit = Infinity }, sum) =>
    sum + by > limit ? refuse('invalid', 'too many') : accept([{ type: 'Counted', by }]),
  evolve: (sum, { by }) => sum + by,
};
const context = { cause: { requestId: 'request' }, at: '2026-01-01T00:00:00.000Z' };

const instance = (
  store = createScriptedStore(),
  more: { snapshotEvery?: number; keepsAbsent?: boolean; report?: () => void } = {},
) => {
  let ids = 0;
  const name = Math.random();
  const snapshots = createSnapshotCodec('counter1', createSecretKey(Buffer.alloc(32, 7)), more.report);
  return {
    store,
    streams: createStreams({
      store,
      decider: counter,
      newId: () => `${name}-${(ids += 1)}`,
      snapshots,
      snapshotEvery: more.snapshotEvery ?? 16,
      keepsAbsent: more.keepsAbsent ?? false,
    }),
  };
};

describe('handling a command', () => {
  it('decides again on what another instance appended meanwhile', async () => {
    const one = instance();
    const other = instance(one.store);
    await one.streams.handle('s-1', { by: 1 }, context);
    await other.streams.handle('s-1', { by: 5 }, context);
    const handled = await one.streams.handle('s-1', { by: 1 }, context);
    expect([handled.state, handled.version]).toEqual([7, 3]);
  });

  it('refuses on the state as it is now, not as it was cached', async () => {
    const one = instance();
    const other = instance(one.store);
    await one.streams.handle('s-1', { by: 5 }, context);
    await other.streams.handle('s-1', { by: -5 }, context);
    expect((await one.streams.handle('s-1', { by: 1, limit: 5 }, context)).refusal).toBeUndefined();
  });

  it('two instances, fifty commands each at once: every one counts once', async () => {
    const one = instance();
    const other = instance(one.store);
    await Promise.all(
      Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? one : other).streams.handle('s-1', { by: 1 }, context)),
    );
    expect((await one.streams.load('s-1')).state).toBe(100);
    expect(one.store.commits.size).toBe(100);
  });

  it('F-15 an append that timed out but landed is a success, counted once', async () => {
    const { store, streams } = instance();
    store.script.push(() => 'lose the reply');
    expect(await streams.handle('s-1', { by: 3 }, context)).toMatchObject({ state: 3, version: 1, recorded: true });
    expect((await streams.handle('s-1', { by: 1 }, context)).state).toBe(4);
  });

  it('F-15 an append whose outcome is unknown is a fault, and the next command sees what there is', async () => {
    const { store, streams } = instance();
    store.script.push(() => 'fault');
    await expect(streams.handle('s-1', { by: 3 }, context)).rejects.toThrow('away');
    expect((await streams.handle('s-1', { by: 1 }, context)).state).toBe(1);
  });

  it('a stream that did not exist is read once where its absence is kept, and seen as soon as another instance makes it', async () => {
    const { store } = instance();
    const other = instance(store);
    let reads = 0;
    const counted = { ...store, readNewest: (stream: string, atMost: number) => ((reads += 1), store.readNewest(stream, atMost)) }; // prettier-ignore
    const { streams } = instance(counted, { keepsAbsent: true });
    for (let i = 0; i < 3; i += 1) expect(await streams.load('s-1')).toEqual({ state: 0, version: 0 });
    expect(reads).toBe(1);
    await other.streams.handle('s-1', { by: 5 }, context);
    expect(await streams.load('s-1')).toEqual({ state: 5, version: 1 });
    // Decided on what is there, not on the absence that was kept.
    expect(await streams.load('s-2')).toEqual({ state: 0, version: 0 });
    await other.streams.handle('s-2', { by: 5 }, context);
    expect((await streams.handle('s-2', { by: 1, limit: 5 }, context)).refusal).toMatchObject({ error: 'invalid' });
    expect((await streams.handle('s-2', { by: 1 }, context)).state).toBe(6);
  });

  it('a stream of any length is read from its newest snapshot', async () => {
    const { store, streams } = instance(undefined, { snapshotEvery: 4 });
    for (let i = 0; i < 11; i += 1) await streams.handle('s-1', { by: 1 }, context);
    const fresh = instance(store, { snapshotEvery: 4 });
    const whole: number[] = [];
    const watched = {
      ...store,
      readAfter: (stream: string, after: number) => (whole.push(after), store.readAfter(stream, after)),
    };
    expect((await instance(watched, { snapshotEvery: 4 }).streams.load('s-1')).state).toBe(11);
    expect((await fresh.streams.load('s-1')).state).toBe(11);
    expect(whole).toEqual([]);
  });

  it('SV-07 a snapshot that was edited is folded anew, and reported', async () => {
    const { store, streams } = instance(undefined, { snapshotEvery: 4 });
    for (let i = 0; i < 4; i += 1) await streams.handle('s-1', { by: 1 }, context);
    const last = store.commits.get('s-1:4');
    if (last) store.commits.set('s-1:4', { ...last, snapshot: (last.snapshot ?? '').replace(/4$/, '9') });
    let reports = 0;
    const fresh = instance(store, { snapshotEvery: 4, report: () => (reports += 1) });
    expect((await fresh.streams.load('s-1')).state).toBe(4);
    expect(reports).toBe(1);
  });
});
