import { until } from '@grantlog/event-sourcing/testing';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { BroadcastChannel } from 'node:worker_threads';
import { type Commit, firstBrokenLink } from '@grantlog/event-sourcing';
import { contractModel } from '@grantlog/event-sourcing/contract-model';
import type { DiskFault } from './disk-fault.ts';
import { openShortLived } from './sqlite-short-lived.ts';
import { openSqliteStore, type SqliteStore } from './sqlite-store.ts';
import type { DiskOrder } from './testing/limited-writer.ts';

const folder = mkdtempSync(join(tmpdir(), 'grantlog-full-disk-'));
const path = join(folder, 'grantlog.sqlite');
const told: (DiskFault['cause'] | undefined)[] = [];
let store: SqliteStore;
let channel: BroadcastChannel;

const order = (what: DiskOrder): Promise<void> =>
  new Promise((resolve) => {
    channel.onmessage = () => resolve();
    channel.postMessage(what);
  });

beforeAll(async () => {
  const workers = {
    writer: new URL('./testing/limited-writer.ts', import.meta.url),
    reader: new URL('./testing/contract-reader.ts', import.meta.url),
  };
  store = await openSqliteStore(path, workers, (fault) => told.push(fault?.cause));
  channel = new BroadcastChannel(path);
});
afterAll(async () => {
  channel.close();
  await store.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => void (told.length = 0));

let items = 0;
const made = (): Commit => {
  items += 1;
  return {
    id: `commit-${items}`,
    stream: `item-${items}`,
    version: 1,
    at: '2026-01-01T00:00:00.000Z',
    cause: { requestId: 'request' },
    events: [{ type: 'Made', name: 'x'.repeat(2000), owner: 1, active: true, tags: [] } as Commit['events'][number]],
  };
};
/** Appends until the disk takes no more. @returns what was acknowledged */
const fill = async (): Promise<Commit[]> => {
  const acknowledged: Commit[] = [];
  for (;;) {
    const commit = made();
    const outcome = await store.events.append(commit).catch((error: Error) => error);
    if (outcome !== 'appended') {
      expect(outcome).toMatchObject({ name: 'StoreUnavailable' });
      return acknowledged;
    }
    acknowledged.push(commit);
  }
};
const listed = async (): Promise<number> => {
  const { count } = await store.documents.find(contractModel, { where: { all: [] }, orderBy: [], offset: 0, limit: 1, count: true }); // prettier-ignore
  return count ?? 0;
};
const positions = async (): Promise<number[]> =>
  (await store.journal.read(0, 10_000)).entries.map(({ sequence }) => sequence);

describe('a store whose disk is full', () => {
  it('SV-18 refuses writes, answers reads, loses nothing that was acknowledged, and writes again when there is room', async () => {
    await order({ pages: 400 });
    const acknowledged = await fill();
    await until(() => store.disk()?.cause === 'full');
    await expect(
      store.sessions('browser').create('key', 'x'.repeat(10_000), '2099-01-01T00:00:00.000Z'),
    ).rejects.toThrow('full');
    for (const commit of acknowledged) expect(await store.events.readAfter(commit.stream, 0)).toEqual([commit]);
    expect(await positions()).toHaveLength(acknowledged.length);

    await order({ pages: 1_000_000 });
    await until(() => store.disk() === undefined);
    expect(told).toEqual(['full', undefined]);
    const after = made();
    expect(await store.events.append(after)).toBe('appended');
    const all = [...acknowledged, after];
    expect(await positions()).toEqual(all.map((_, i) => i + 1));
    await until(async () => (await listed()) === all.length);
  });

  it.each([
    ['fails', 'StoreUnavailable'],
    ['lands and fails', 'appended'],
  ] as const)('a COMMIT that %s has a known outcome: the head is read', async (commit, expected) => {
    const before = (await positions()).length;
    await order({ commit });
    const one = made();
    const outcome = await store.events.append(one).catch((error: Error) => error.name);
    expect(outcome).toBe(expected);
    expect((await store.events.readAfter(one.stream, 0)).length).toBe(expected === 'appended' ? 1 : 0);
    await order({ commit: 'works' });
    await until(() => store.disk() === undefined);
    expect(told).toEqual(['failing', undefined]);
    expect(await store.events.append(made())).toBe('appended');
    const now = await positions();
    expect(now).toEqual(now.map((_, i) => i + 1));
    expect(now).toHaveLength(before + (expected === 'appended' ? 2 : 1));
    await until(async () => (await listed()) === now.length);
  });

  it('keeps its chain whole over all of that', () => {
    const copy = join(folder, 'copy.sqlite');
    store.backUp(copy);
    const database = new DatabaseSync(copy);
    const rows = database.prepare('SELECT position AS sequence, stream, version, open, sealed, link FROM commits ORDER BY position').all(); // prettier-ignore
    database.close();
    expect(firstBrokenLink(rows as never)).toBeUndefined();
  });
});

describe('counts of tries on a full disk', () => {
  it('go on in memory: a limit holds, and what was counted before counts', async () => {
    const file = join(folder, 'attempts.sqlite');
    const database = new DatabaseSync(file, { timeout: 5000 });
    const { attempts, close } = openShortLived(file, database);
    const later = new Date(Date.now() + 3_600_000);
    await attempts.count('account', 'w', later);
    database.exec('PRAGMA max_page_count=1');
    const { page_count: pages } = database.prepare('PRAGMA page_count').get() as { page_count: number };
    const rows = (): number => Number(database.prepare('SELECT count(*) AS n FROM attempts').get()?.['n']);
    let others = 0;
    for (let before = -1; rows() > before; others += 1) {
      before = rows();
      await attempts.count(`${others} ${'x'.repeat(500)}`, 'w', later);
    }
    expect(database.prepare('PRAGMA page_count').get()).toEqual({ page_count: pages });
    const last = `${others - 1} ${'x'.repeat(500)}`;
    expect(await attempts.peek(last, 'w')).toBe(1);
    expect(await attempts.count(last, 'w', later)).toBe(2);
    await attempts.uncount(last, 'w');
    expect(await attempts.peek(last, 'w')).toBe(1);
    await attempts.forget(last, 'w');
    expect(await attempts.peek(last, 'w')).toBe(0);
    expect(await attempts.count('account', 'w', later)).toBe(2);
    close();
  });
});
