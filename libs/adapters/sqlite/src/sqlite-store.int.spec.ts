import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Registry } from 'prom-client';
import { createLogger, supervise } from '@grantlog/service-kit';
import { type Commit, type Damage, firstBrokenLink } from '@grantlog/event-sourcing';
import { damageContract, documentStoreContract, eventStoreContract, until } from '@grantlog/event-sourcing/testing';
import {
  attemptCounterContract,
  lastUseStoreContract,
  refusalRingContract,
  sessionStoreContract,
} from '@grantlog/short-lived/testing';
import { keyOfStoreIn } from './key-of-store.ts';
import { FolderTaken, ownFolder } from './single-owner.ts';
import { openShortLived } from './sqlite-short-lived.ts';
import { openSqliteStore, type SqliteStore } from './sqlite-store.ts';

const folder = mkdtempSync(join(tmpdir(), 'grantlog-sqlite-'));
const path = join(folder, 'grantlog.sqlite');
let store: SqliteStore;
const attempts = openShortLived(join(folder, 'attempts.sqlite'));
const workers = {
  writer: new URL('./testing/contract-writer.ts', import.meta.url),
  reader: new URL('./testing/contract-reader.ts', import.meta.url),
};

beforeAll(async () => {
  store = await openSqliteStore(path, workers);
});
afterAll(async () => {
  await store.close();
  attempts.close();
  rmSync(folder, { recursive: true });
});

describe('the key id in a SQLite file', () => {
  const fresh = join(folder, 'fresh.sqlite');
  it('is kept, and tells a first start from one that was cut off and from data', async () => {
    expect(keyOfStoreIn(fresh)).toMatchObject({ state: 'none', keyId: undefined });
    await keyOfStoreIn(fresh).keep('one');
    expect(keyOfStoreIn(fresh)).toMatchObject({ state: 'data', keyId: 'one' });
    await keyOfStoreIn(fresh).keep('two');
    expect(keyOfStoreIn(fresh).keyId).toBe('two');
    expect(keyOfStoreIn(join(folder, 'cut-off.sqlite')).state).toBe('none');
    expect(keyOfStoreIn(join(folder, 'cut-off.sqlite')).state).toBe('empty');
  });

  it('names a file that is no database', () => {
    const file = join(folder, 'text.sqlite');
    writeFileSync(file, 'a text, and not a database');
    expect(() => keyOfStoreIn(file)).toThrow(`${file}: file is not a database`);
    expect(() => openShortLived(file)).toThrow(`${file}: file is not a database`);
  });
});

describe('a data folder that cannot be used', () => {
  it('is told with the variable that names another', () => {
    const file = join(folder, 'a-file');
    writeFileSync(file, '');
    expect(() => ownFolder(join(file, 'embedded'), '')).toThrow(/^the data folder .*a-file\/embedded cannot be used \(ENOTDIR.*set GRANTLOG_DATA_DIR to a folder/); // prettier-ignore
  });
});

describe('the SQLite event store', () => eventStoreContract(() => store.events));
describe('the short-lived file after a fault', () => {
  it('has no transaction open: what comes after is kept', async () => {
    const unwritable = { reason: 1n } as unknown as Parameters<typeof attempts.refusals.add>[0][number];
    await expect(attempts.refusals.add([unwritable], 0)).rejects.toThrow('BigInt');
    await attempts.lastUses.keep([{ name: 'after the fault', at: '2026-01-01T00:00:00.000Z' }]);
    await attempts.refusals.add([], 1);
    const other = openShortLived(join(folder, 'attempts.sqlite'));
    expect((await other.refusals.read(0, 1)).dropped).toBeGreaterThan(0);
    other.close();
  });
});
describe('the SQLite store of last uses', () => lastUseStoreContract(() => attempts.lastUses));
describe('the SQLite session store', () => sessionStoreContract(() => store.sessions('test')));
describe('the SQLite attempt counter', () => attemptCounterContract(() => attempts.attempts));
describe('the SQLite refusal ring', () => refusalRingContract(() => attempts.refusals));
describe('the SQLite document store', () =>
  documentStoreContract(() => ({
    documents: store.documents,
    publish: async (commits: readonly Commit[]) =>
      void (await Promise.all(commits.map((commit) => store.events.append(commit)))),
    until,
  })));

describe('the SQLite journal', () => {
  it('numbers commits without a gap, whatever conflicts there were, and a page ends at the end of a commit', async () => {
    const page = await store.journal.read(0, 1000);
    expect(page.entries.map(({ sequence }) => sequence)).toEqual(page.entries.map((_, i) => i + 1));
    const [first] = (await store.journal.read(0, 1)).entries;
    expect(first?.sequence).toBe(1);
    expect(await store.journal.head()).toBe(page.entries.at(-1)?.sequence);
  });

  const chain = (database: DatabaseSync) =>
    database
      .prepare('SELECT position, stream, version, open, sealed, link FROM commits ORDER BY position')
      .all()
      .map((row) => ({ ...row, sequence: Number(row['position']) }) as never);

  it('SV-07 its chain names the first commit whose open or sealed part was changed, or that is missing', async () => {
    const copy = join(folder, 'copy.sqlite');
    store.backUp(copy);
    const database = new DatabaseSync(copy);
    expect(firstBrokenLink(chain(database))).toBeUndefined();
    database.exec(`UPDATE commits SET sealed = '{"digest":"other"}' WHERE position = 5`);
    expect(firstBrokenLink(chain(database))).toEqual({ sequence: 5 });
    database.exec(`UPDATE commits SET open = replace(open, 'request', 'another') WHERE position = 3`);
    expect(firstBrokenLink(chain(database))).toEqual({ sequence: 3 });
    database.exec('DELETE FROM commits WHERE position = 2');
    expect(firstBrokenLink(chain(database))).toEqual({ sequence: 2 });
    database.close();
  });

  it('goes on where it was after the file is opened again', async () => {
    const before = (await store.journal.read(0, 1000))?.entries.length ?? 0;
    await store.close();
    store = await openSqliteStore(path, workers);
    await store.events.append({
      id: 'x',
      stream: 'item-1',
      version: 1,
      at: '2026-01-01T00:00:00.000Z',
      cause: { requestId: 'r' },
      events: [{ type: 'Ended' }],
    });
    expect((await store.journal.read(0, 1000))?.entries.at(-1)?.sequence).toBe(before + 1);
  });
});

describe('a damaged commit in SQLite', () => {
  const damagedPath = join(folder, 'damaged.sqlite');
  const told: Damage[] = [];
  let damaged: SqliteStore;
  const openDamaged = async (): Promise<void> => {
    damaged = await openSqliteStore(damagedPath, workers, undefined, (damage) => void told.push(damage));
  };
  beforeAll(openDamaged);
  afterAll(() => damaged.close());

  damageContract(() => ({
    events: damaged.events,
    journal: damaged.journal,
    told,
    number: () => Promise.resolve(),
    spoil: (stream, version, part, text) => {
      const database = new DatabaseSync(damagedPath, { timeout: 5000 });
      database.prepare(`UPDATE commits SET ${part} = ? WHERE stream = ? AND version = ?`).run(text, stream, version);
      database.close();
      return Promise.resolve();
    },
  }));

  it('does not keep the store from being opened, and its read models are built without it', async () => {
    await damaged.close();
    const database = new DatabaseSync(damagedPath, { timeout: 5000 });
    database.exec('DELETE FROM read_models');
    database.close();
    told.length = 0;
    await openDamaged();
    await until(() => Promise.resolve(told.length > 0));
    expect(told[0]).toMatchObject({ version: 1, part: 'open part' });
  });
});

describe('the threads of the SQLite store', () => {
  it('a reader that ended is replaced, and lists answer again', async () => {
    const supervision = supervise(store.workers, createLogger('test', 'silent'), {
      metrics: new Registry(),
      check: () => undefined,
    });
    const reader = () => supervision.states().find(({ name }) => name === 'store-reader');
    await until(() => Promise.resolve(reader()?.state === 'working'));
    const channel = new BroadcastChannel(`${path} reader`);
    channel.postMessage('end');
    await until(() => Promise.resolve(reader()?.cause === 'threw: a thread of the store ended with code 1'));
    await until(() => Promise.resolve(reader()?.state === 'working'));
    expect(await store.journal.read(0, 1)).toMatchObject({ entries: expect.any(Array) });
    channel.close();
    await supervision.close(2000);
    await store.close();
    store = await openSqliteStore(path, workers);
  });
});

describe('the data folder', () => {
  it('has one owner; a second is refused with a message that names the first', () => {
    const mine = join(folder, 'owned');
    const disown = ownFolder(mine, '2026-01-01T00:00:00.000Z');
    expect(() => ownFolder(mine, '2026-01-01T00:00:00.000Z')).toThrow(FolderTaken);
    expect(() => ownFolder(mine, '2026-01-01T00:00:00.000Z')).toThrow(`process ${process.pid}`);
    disown();
    ownFolder(mine, '2026-01-01T00:00:00.000Z')();
  });
});
