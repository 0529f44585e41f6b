import { randomUUID } from 'node:crypto';
import type { Commit } from '../event.ts';
import type { EventStore } from '../event-store.ts';

const commit = (stream: string, version: number, more: Partial<Commit> = {}): Commit => ({
  id: randomUUID(),
  stream,
  version,
  at: '2026-01-01T00:00:00.000Z',
  cause: { requestId: 'request', actor: 7 },
  events: [{ type: 'SomethingHappened' }],
  ...more,
});

/** What every event store must do, on the engine at hand. */
export const eventStoreContract = (open: () => EventStore): void => {
  const newStream = (): string => `application-${Math.floor(Math.random() * 1e12)}`;

  it('gives back what was appended: events, cause, sealed part and snapshot', async () => {
    const store = open();
    const stream = newStream();
    const first = commit(stream, 1, { sealed: { digest: 'abc' }, snapshot: 'folded' });
    await store.append(first);
    expect(await store.readAfter(stream, 0)).toEqual([first]);
  });

  it('a stream that does not exist is empty', async () => {
    expect(await open().readNewest(newStream(), 16)).toEqual([]);
    expect(await open().readAfter(newStream(), 0)).toEqual([]);
  });

  it('two appends at one version: exactly one wins', async () => {
    const store = open();
    const stream = newStream();
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => store.append(commit(stream, 1))));
    expect(outcomes.filter((outcome) => outcome === 'appended')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'conflict')).toHaveLength(49);
    expect(await store.readAfter(stream, 0)).toHaveLength(1);
  });

  it('conflicts of one stream do not disturb appends to others in the same batch', async () => {
    const store = open();
    const taken = newStream();
    await store.append(commit(taken, 1));
    const streams = Array.from({ length: 20 }, newStream);
    const outcomes = await Promise.all([
      ...streams.map((stream) => store.append(commit(stream, 1))),
      store.append(commit(taken, 1)),
    ]);
    expect(outcomes).toEqual([...streams.map(() => 'appended'), 'conflict']);
  });

  it('reads the newest commits oldest first, and those after a version', async () => {
    const store = open();
    const stream = newStream();
    for (let version = 1; version <= 5; version += 1) await store.append(commit(stream, version));
    expect((await store.readNewest(stream, 3)).map(({ version }) => version)).toEqual([3, 4, 5]);
    expect((await store.readAfter(stream, 2)).map(({ version }) => version)).toEqual([3, 4, 5]);
  });

  it('knows whether a version is current as of a moment after the call', async () => {
    const store = open();
    const stream = newStream();
    await store.append(commit(stream, 1));
    expect(await store.isCurrent(stream, 1)).toBe(true);
  });
};
