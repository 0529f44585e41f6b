import type { JournalEntry } from '@grantlog/event-sourcing';
import type { Life } from '@grantlog/service-kit';
import { publishJournal } from './publish-journal.ts';

const entry = { sequence: 1, commit: { id: 'c', stream: 'application-1', version: 1, at: '2026-01-01T00:00:00.000Z', cause: { requestId: 'r' }, events: [{ type: 'ApplicationChanged' }] } } as JournalEntry; // prettier-ignore

/** What one life of the publisher says of itself, until it ends or is ended after some turns. */
const states = async (publish: () => Promise<void>, head: number | undefined, entries = [entry]) => {
  const said: string[] = [];
  const stopping = new AbortController();
  let turns = 0;
  const life: Life = {
    signal: stopping.signal,
    progress: () => void ((turns += 1) > 3 && stopping.abort()),
    working: (state) => void said.push(state),
  };
  const worker = publishJournal(
    {
      journal: {
        read: (after) =>
          Promise.resolve({ entries: after === 0 ? entries : [], next: after === 0 ? entries.length : after }),
        head: () => Promise.resolve(entries.length),
      },
      publisher: { publish, close: () => Promise.resolve() },
      cursor: { get: () => Promise.resolve(0), keep: () => Promise.resolve() },
      issuer: 'http://issuer',
    },
    { prepare: () => Promise.resolve(), needs: 'shared', head: () => head },
  );
  const ended = await worker.live(life).then(() => 'at the signal', (error: unknown) => String(error)); // prettier-ignore
  return [new Set(said), ended];
};

describe('the publisher says that it works', () => {
  it('only once a page is published', async () =>
    expect(await states(() => Promise.reject(new Error('no broker')), 1)).toEqual([new Set(), 'Error: no broker']));
  it('when there was something to publish', async () =>
    expect(await states(() => Promise.resolve(), 1)).toEqual([new Set(['working']), 'at the signal']));
  it('when there is nothing to publish', async () =>
    expect(await states(() => Promise.reject(new Error('no broker')), 0, [])).toEqual([
      new Set(['working']),
      'at the signal',
    ]));
  it('or that it stands by, while another process publishes', async () =>
    expect(await states(() => Promise.reject(new Error('no broker')), undefined)).toEqual([
      new Set(['standby']),
      'at the signal',
    ]));
});
