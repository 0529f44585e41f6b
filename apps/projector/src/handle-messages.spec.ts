import {
  type Commit,
  type DocumentWriter,
  equals,
  type EventStore,
  type Projection,
  publishedEvents,
  type ReceivedMessage,
  type StoredDocument,
} from '@grantlog/event-sourcing';
import { createApplyEvents, shownBy } from './apply-events.ts';
import { createHandleMessages } from './handle-messages.ts';

const grant: Projection = {
  model: { name: 'grant_list', fields: { scope: 'text', size: 'integer' }, indexes: [] },
  category: 'grant',
  project: (_fields, { event }) => ({ scope: (event as unknown as { scope: string }).scope.trim(), size: 1 }),
  bulkDeletes: {
    of: ({ stream }) => (stream === 'revocations' ? { subject: 'all', where: equals('size', 2) } : undefined),
    subjectsOf: () => ['all'],
  },
  marks: 'revocations',
};
const ending = (version: number): Commit => ({ ...commit(0), stream: 'revocations', version, id: `e${version}` });
const commit = (number: number): Commit => ({
  stream: `grant-${number}`,
  version: 1,
  id: `c${number}`,
  at: '2026-01-01T00:00:00.000Z',
  cause: { requestId: 'r' },
  events: [{ type: 'Granted', scope: `scope ${number}` } as never],
});
const message = (number: number, value?: unknown): ReceivedMessage => {
  const [event] = publishedEvents('http://issuer', { sequence: number, commit: commit(number) });
  const text = typeof value === 'string' ? value : JSON.stringify({ ...event, ...(value as object) });
  return { topic: 'grantlog.grants', partition: 3, offset: String(number), key: `grant-${number}`, value: text, genuine: true }; // prettier-ignore
};

/** @param stored undefined: the store is away */
const over = (stored: readonly Commit[] | undefined) => {
  const unfit: string[] = [];
  /** What was done: bulk deletes, steps, and after which version a stream was read. */
  const done: string[] = [];
  const kept = new Map<number, StoredDocument>();
  const reports: string[] = [];
  const documents: DocumentWriter = {
    get: (_model, ids) => Promise.resolve(new Map([...kept].filter(([id]) => ids.includes(id)))),
    putIfNewer: (writes) => Promise.resolve(writes.forEach(({ document }) => kept.set(document.id, document))),
    bulkDelete: () => Promise.resolve(void done.push('bulk delete')),
    markDeleted: () => Promise.resolve(),
    bulkDeletesOf: () => Promise.resolve([]),
  };
  const readAfter: EventStore['readAfter'] = (stream, after) => {
    done.push(`read ${stream} after ${after}`);
    return stored
      ? Promise.resolve(stored.filter((one) => one.stream === stream && one.version > after))
      : Promise.reject(new Error('away'));
  };
  const storeOf = (): EventStore => ({ readAfter }) as EventStore;
  const handle = createHandleMessages(
    createApplyEvents([grant], [], documents, storeOf),
    storeOf,
    shownBy([grant], documents),
    ({ topic, partition, offset }, problem) => void reports.push(`${topic} ${partition} ${offset} ${problem}`),
    ({ stream }) => void unfit.push(stream),
  );
  return { handle, reports, unfit, done, shown: () => Object.fromEntries([...kept].map(([id, { fields }]) => [id, fields['scope']])) };
}; // prettier-ignore

describe('a message that cannot be used', () => {
  const unusable: readonly [string, ReceivedMessage, string][] = [
    ['is not JSON', message(2, 'grant'), 'shape'],
    ['is JSON, and no event', message(2, 'null'), 'shape'],
    ['lacks its data', message(2, { data: undefined }), 'shape'],
    ['has a version of another type', message(2, { streamversion: '1' }), 'shape'],
    ['has no cause', message(2, { data: { event: 'Granted', scope: 'x' } }), 'shape'],
    ['is about another stream than its key', message(2, { subject: 'grant-1' }), 'shape'],
    ['has data of another type', message(2, { data: { event: 'Granted', cause: { requestId: 'r' }, scope: 7 } }), 'data'],
    ['lacks what its event must have', message(2, { data: { event: 'Granted', cause: { requestId: 'r' } } }), 'data'],
    ['has a wrong MAC', { ...message(2, { data: { event: 'Granted', cause: { requestId: 'r' }, scope: 'forged' } }), genuine: false }, 'origin'],
  ]; // prettier-ignore
  it.each(unusable)('because it %s is reported with its place, and its stream comes from the store; the others go on', async (_why, bad, problem) => {
    const { handle, reports, shown } = over([commit(1), commit(2), commit(3)]);
    await handle([message(1), bad, message(3)]);
    expect(reports).toEqual([`grantlog.grants 3 2 ${problem}`]);
    expect(shown()).toEqual({ 1: 'scope 1', 2: 'scope 2', 3: 'scope 3' });
  }); // prettier-ignore

  it('names no stream of its topic: nothing is read or shown for it', async () => {
    const { handle, reports, shown } = over([commit(1)]);
    await handle([
      { ...message(1, 'x'), topic: 'grantlog.accounts' },
      { ...message(1, 'x'), key: 'constructor-1' },
    ]);
    expect([reports.length, shown()]).toEqual([2, {}]);
  });

  it('a stream whose commits no read model can show holds up no other', async () => {
    const damaged = { ...commit(2), events: [{ type: 'Granted' }] };
    const { handle, reports, unfit, shown } = over([commit(1), damaged]);
    await handle([message(2, 'x'), message(1)]);
    expect([reports, unfit, shown()]).toEqual([['grantlog.grants 3 2 shape'], ['grant-2'], { 1: 'scope 1' }]);
  });

  it('makes the projector read only what the documents lack of its stream', async () => {
    const endings = Array.from({ length: 2000 }, (_, i) => ending(i + 1));
    const { handle, done, shown } = over([commit(1), ...endings]);
    const bad: ReceivedMessage = { ...message(1, 'x'), key: 'revocations' };
    await handle([bad]);
    done.length = 0;
    await handle([bad, message(1)]);
    expect([done, shown()[1]]).toEqual([['read revocations after 2000'], 'scope 1']);
  });

  it('every bulk delete is a step: neither supervisor nor broker takes a long one for dead', async () => {
    const { handle, done } = over([ending(1), ending(2)]);
    await handle([{ ...message(1, 'x'), key: 'revocations' }], () => void done.push('step'));
    expect(done.slice(-4)).toEqual(['bulk delete', 'step', 'bulk delete', 'step']);
  });

  it('a store that is away is no fault of the message: the batch comes again', async () => {
    const { handle, reports } = over(undefined);
    const [event] = publishedEvents('http://issuer', { sequence: 2, commit: { ...commit(1), version: 2 } });
    await expect(handle([{ ...message(1), value: JSON.stringify(event) }])).rejects.toThrow('away');
    expect(reports).toEqual([]);
  });
});
