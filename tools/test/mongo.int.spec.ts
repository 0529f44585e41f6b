import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Commit, Damage, DomainEvent, Filter, ReadModel, RecordedEvent } from '@grantlog/event-sourcing';
import { chainLink, everything, recordedEvents } from '@grantlog/event-sourcing';
import { BACKGROUND_ENGINE_MS } from '@grantlog/contracts';
import { contractModel, contractProjection } from '@grantlog/event-sourcing/contract-model';
import { damageContract, documentStoreContract, eventStoreContract, until } from '@grantlog/event-sourcing/testing';
import {
  attemptCounterContract,
  lastUseStoreContract,
  refusalRingContract,
  sessionStoreContract,
} from '@grantlog/short-lived/testing';
import {
  connectDatabases, createJournalWriter, createMongoAttempts, createMongoDocuments, createMongoEventStore, createMongoJournal, createMongoLastUses, createMongoRefusals, type MongoDocuments,
  createMongoSessions, type Databases, ensureIndexes, ensureShortLived, type JournalWriter, keyOfStoreIn, probeEngine, verifyChain,
} from '@grantlog/adapter-mongo'; // prettier-ignore
import { createApplyEvents, projectJournal } from '@grantlog/projector';
import { listQuery } from '@grantlog/adapter-mongo/testing';
import type { Engine } from '../engines/engine.ts';
import { startMongodb } from '../engines/mongodb.ts';
import { LISTS, singleFilters } from './list-shapes.ts';
import { tellEngine } from './tell-engine.ts';

const folder = mkdtempSync(join(tmpdir(), 'grantlog-mongo-'));
let engine: Engine;
let databases: Databases;
const prefix = `contract${Date.now()}`;

beforeAll(async () => {
  engine = await startMongodb(folder, () => undefined);
  tellEngine('mongodb', engine);
  databases = connectDatabases(engine.address, prefix, BACKGROUND_ENGINE_MS);
  await databases.connect();
  await ensureIndexes(databases);
  for (const name of ['accounts', 'tokens'] as const) await ensureShortLived(databases.use(name));
  await createMongoDocuments(databases.use('read_models')).ensure([contractModel]);
}, 120_000);
afterAll(async () => {
  await databases.close();
  await engine.stop();
  rmSync(folder, { recursive: true, force: true });
});
const store = () => createMongoEventStore(databases.use('tokens'));

describe('the key id in MongoDB', () => {
  it('is that of whoever comes first, and replaced only by who has read it', async () => {
    const starts = await Promise.all([keyOfStoreIn(databases), keyOfStoreIn(databases), keyOfStoreIn(databases)]);
    const kept = await Promise.allSettled(starts.map(({ keep }, i) => keep(`key ${i}`)));
    expect(kept.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const first = kept.findIndex(({ status }) => status === 'fulfilled');
    const [stale, current] = [await keyOfStoreIn(databases), await keyOfStoreIn(databases)];
    expect(current).toMatchObject({ state: 'data', keyId: `key ${first}` });
    await current.keep('the next');
    await expect(stale.keep('too late')).rejects.toThrow('another start');
    expect((await keyOfStoreIn(databases)).keyId).toBe('the next');
  });
});

/** Pages of MongoDB's documentation that promise what a group of tests here leans on. */
const PROMISED = {
  singleDocument: 'https://www.mongodb.com/docs/manual/core/write-operations-atomicity/',
  unorderedInserts: 'https://www.mongodb.com/docs/manual/reference/method/db.collection.insertMany/',
  uniqueId: 'https://www.mongodb.com/docs/manual/core/document/#the-_id-field',
  writeConcern: 'https://www.mongodb.com/docs/manual/reference/write-concern/',
  readConcern: 'https://www.mongodb.com/docs/manual/reference/read-concern-majority/',
  bulkWrite: 'https://www.mongodb.com/docs/manual/reference/method/db.collection.bulkWrite/',
  ttl: 'https://www.mongodb.com/docs/manual/core/index-ttl/',
  sparse: 'https://www.mongodb.com/docs/manual/core/index-sparse/',
  explain: 'https://www.mongodb.com/docs/manual/reference/explain-results/',
  hello: 'https://www.mongodb.com/docs/manual/reference/command/hello/',
} as const;
const promisedBy = (...pages: (keyof typeof PROMISED)[]): string =>
  `(${pages.map((page) => PROMISED[page]).join(' ')})`;

describe(`the MongoDB event store ${promisedBy('singleDocument', 'uniqueId', 'unorderedInserts', 'readConcern')}`, () => {
  eventStoreContract(store);
  it('a version that another instance has gone beyond is not current', async () => {
    const one: Commit = {
      id: 'a',
      stream: 'application-7',
      version: 1,
      at: '2026-01-01T00:00:00.000Z',
      cause: { requestId: 'r' },
      events: [{ type: 'SomethingHappened' }],
    };
    await store().append(one);
    const [mine, theirs] = [store(), store()];
    expect(await mine.isCurrent('application-7', 1)).toBe(true);
    await theirs.append({ ...one, id: 'b', version: 2 });
    expect(await mine.isCurrent('application-7', 1)).toBe(false);
  });
});
describe(`the MongoDB session store ${promisedBy('uniqueId', 'ttl')}`, () =>
  sessionStoreContract(() => createMongoSessions(databases.use('accounts'))));
describe(`the MongoDB attempt counter ${promisedBy('uniqueId', 'singleDocument', 'ttl')}`, () =>
  attemptCounterContract(() => createMongoAttempts(databases.use('accounts'))));
describe(`the MongoDB store of last uses ${promisedBy('uniqueId', 'bulkWrite', 'unorderedInserts', 'ttl')}`, () =>
  lastUseStoreContract(() => createMongoLastUses(databases.use('tokens'))));
describe(`the MongoDB refusal ring ${promisedBy('unorderedInserts', 'ttl')}`, () => {
  const ring = { current: undefined as ReturnType<typeof createMongoRefusals> | undefined };
  refusalRingContract(() => (ring.current ??= createMongoRefusals(databases.use('accounts'))));
});
describe(`the MongoDB document store ${promisedBy('bulkWrite', 'singleDocument', 'uniqueId')}`, () =>
  documentStoreContract(() => {
    const documents = createMongoDocuments(databases.use('read_models'));
    const apply = createApplyEvents([contractProjection], [], documents, store);
    return {
      documents,
      publish: (commits) => apply(commits.flatMap((commit): RecordedEvent[] => recordedEvents(commit))),
      until,
    };
  }));

describe(`the start-up probe ${promisedBy('hello', 'uniqueId')}`, () => {
  it('tells what the engine gives', async () =>
    expect(await probeEngine(databases)).toMatchObject({ state: 'ok', oneWinnerOfEightInserts: true }));
});

describe(`the relay's journal ${promisedBy('uniqueId', 'sparse', 'readConcern')}`, () => {
  const context = 'applications' as const;
  let stream = 0;
  const journal = (): JournalWriter => createJournalWriter(databases);
  const append = async (name: string, version: number): Promise<void> => {
    await createMongoEventStore(databases.use(context)).append({
      id: `${name}-${version}`,
      stream: name,
      version,
      at: '2026-01-01T00:00:00.000Z',
      cause: { requestId: 'r' },
      events: [{ type: 'SomethingHappened' }],
    });
  };
  const newStream = (): string => `application-${Date.now()}${(stream += 1)}`;
  /** What a relay does before it numbers. */
  const look = async () => {
    const head = await journal().head();
    if (head) await journal().clearMarks(head);
    return { head, pending: await journal().pending(500) };
  };
  /** Passes of a relay, until nothing is pending. @returns the commits in their order */
  const numberAll = async (): Promise<string[]> => {
    const ids: string[] = [];
    for (;;) {
      const { head, pending } = await look();
      if (pending.length === 0) return ids;
      const made = await journal().number(head, pending);
      ids.push(...(made?.entries ?? []).map(({ commit }) => commit));
    }
  };
  const of = (name: string, ids: readonly string[]): string[] => ids.filter((id) => id.startsWith(`${name}:`));

  it('F-04 a relay that dies before it takes the marks off numbers nothing twice', async () => {
    const name = newStream();
    await append(name, 1);
    const dying = await look();
    expect(await journal().number(dying.head, dying.pending)).toBeDefined();
    const next = await look();
    expect(next.pending.filter((commit) => commit.stream === name)).toEqual([]);
  });

  it('F-05 of two relays one advances; the other loses the insert', async () => {
    await append(newStream(), 1);
    const [a, b] = [await look(), await look()];
    const outcomes = await Promise.all([journal().number(a.head, a.pending), journal().number(b.head, b.pending)]);
    expect(outcomes.filter((made) => made !== undefined)).toHaveLength(1);
  });

  it("F-05 a zombie that slept over another relay's passes loses the insert", async () => {
    await append(newStream(), 1);
    const zombie = await look();
    await numberAll();
    await append(newStream(), 1);
    expect(await journal().number(zombie.head, zombie.pending)).toBeUndefined();
    expect(await journal().number(zombie.head, (await look()).pending)).toBeUndefined();
  });

  it("of several relays one has the lease: until it gives it up, or does not renew it; nobody's clock matters", async () => {
    const [a, b, c] = [journal(), journal(), journal()];
    const LONG = 60_000;
    const all = () => Promise.all([a.lease('a', LONG), b.lease('b', LONG), c.lease('c', LONG)]);
    const first = (await all()).indexOf(true);
    expect([(await all()).indexOf(true), (await all()).filter(Boolean).length]).toEqual([first, 1]);
    const relays = [a, b, c].map((relay, i) => ({ relay, name: 'abc'.charAt(i) }));
    const holder = relays[first] as (typeof relays)[number];
    const other = relays[(first + 1) % 3] as (typeof relays)[number];
    // Another's release is not its own.
    await other.relay.release(other.name);
    expect(await other.relay.lease(other.name, LONG)).toBe(false);
    await holder.relay.release(holder.name);
    expect(await other.relay.lease(other.name, LONG)).toBe(true);
    expect(await holder.relay.lease(holder.name, LONG)).toBe(false);
    // The holder is gone: one who saw no renewal takes it, one who comes later finds it renewed.
    expect(await Promise.all([holder.relay.lease(holder.name, 0), c.lease('late', 0)])).toContain(true);
    const now = String(
      (
        await databases
          .use('journal')
          .collection('relay')
          .findOne({ _id: 'lease' as never })
      )?.['holder'],
    );
    expect([holder.name, 'late']).toContain(now);
    expect(await other.relay.lease(other.name, LONG)).toBe(false);
    await journal().release(now);
  });

  it('numbers the commits of a stream in version order, chained, without a gap', async () => {
    await numberAll();
    const name = newStream();
    for (let version = 1; version <= 5; version += 1) await append(name, version);
    const { head, pending } = await look();
    const made = await journal().number(head, pending);
    expect(made?.entries.map(({ commit }) => commit)).toEqual([1, 2, 3, 4, 5].map((version) => `${name}:${version}`));
    expect([made?._id, made?.last]).toEqual([(head?.last ?? 0) + 1, (head?.last ?? 0) + 5]);
    let link = head?.entries.at(-1)?.link ?? '';
    for (const [i, commit] of pending.entries()) {
      link = chainLink(link, (head?.last ?? 0) + 1 + i, commit);
      expect(made?.entries[i]?.link).toBe(link);
    }
  });

  describe('with a damaged commit', () => {
    const told: Damage[] = [];
    const onDamage = (damage: Damage): void => void told.push(damage);
    damageContract(() => ({
      events: createMongoEventStore(databases.use(context), onDamage),
      journal: createMongoJournal(databases, onDamage),
      told,
      number: async () => void (await numberAll()),
      spoil: async (stream, version, part, text) =>
        void (await databases.use(context).collection('commits').updateOne({ stream, version }, { $set: { [part]: text } })), // prettier-ignore
    }));

    it('one that is gone is told too', async () => {
      const name = newStream();
      await append(name, 1);
      await numberAll();
      await databases.use(context).collection('commits').deleteOne({ stream: name });
      const reader = createMongoJournal(databases, onDamage);
      const { entries } = await reader.read((await reader.head()) - 1, 10);
      expect(entries.find(({ commit }) => commit.stream === name)?.commit.events).toEqual([
        { type: 'CommitDamaged', part: 'whole commit' },
      ]);
      expect(told).toContainEqual({ stream: name, version: 1, part: 'whole commit' });
    });
  });

  it('is read after a number, up to its head', async () => {
    await append(newStream(), 1);
    await numberAll();
    const reader = createMongoJournal(databases);
    const [first] = (await reader.read(0, 1)).entries;
    expect(first?.sequence).toBe(1);
    const head = await reader.head();
    expect(await reader.read(head - 1, 10)).toMatchObject({ entries: [{ sequence: head }], next: head });
    expect(await reader.read(head, 10)).toEqual({ entries: [], next: head });
  });

  it('has the same entries in pages of any size, and a page reads no more commits than it may have events', async () => {
    const name = newStream();
    for (let version = 1; version <= 250; version += 1) await append(name, version);
    expect(of(name, await numberAll())).toHaveLength(250);

    const counting = connectDatabases(engine.address, prefix, BACKGROUND_ENGINE_MS, { monitorCommands: true });
    await counting.connect();
    let commitsAsked = 0;
    counting.use('tokens').getClient().on('commandStarted', ({ commandName, command }) => {
      if (commandName === 'find' && command['find'] === 'commits') commitsAsked += (command['filter'] as { _id: { $in: string[] } })._id.$in.length;
    }); // prettier-ignore
    const reader = createMongoJournal(counting);
    const read = async (limit: number): Promise<string[]> => {
      const ids: string[] = [];
      for (let after = 0; ;) {
        commitsAsked = 0;
        const page = await reader.read(after, limit);
        expect(commitsAsked).toBeLessThanOrEqual(limit);
        if (page.entries.length === 0) return ids;
        ids.push(...page.entries.map(({ sequence, commit }) => `${sequence}:${commit.stream}:${commit.version}`)); // prettier-ignore
        after = page.next;
      }
    };
    const whole = await read(1000);
    expect(await reader.head()).toBe(whole.length);
    expect(whole.filter((id) => id.includes(`:${name}:`))).toHaveLength(250);
    for (const limit of [7, 120, 600]) expect(await read(limit)).toEqual(whole);
    await counting.close();
  });
});

describe(`documents that two projectors write at once ${promisedBy('uniqueId', 'singleDocument', 'unorderedInserts')}`, () => {
  // SecantusDB carries out one after the other and is never caught here; MongoDB lets both try to insert.
  it('keeps one bulk delete for each subject, the newest, whatever comes again', async () => {
    const documents = createMongoDocuments(databases.use('read_models'));
    const before = (version: number): Filter => ({ field: 'until', lookup: 'lt', value: -version });
    const ended = (subject: string, version: number) =>
      documents.bulkDelete({ model: contractModel, subject, where: before(version), version });
    await Promise.all([ended('owner -1', 2), ended('owner -1', 3), ended('owner -2', 1)]);
    await ended('owner -1', 1);
    expect(await documents.bulkDeletesOf(contractModel, ['owner -1'])).toEqual([before(3)]);
    expect(await documents.bulkDeletesOf(contractModel, ['owner -2', 'owner -3'])).toEqual([before(1)]);
  });

  it('the newer one stays, whichever was first to make the document', async () => {
    const [one, two] = [0, 1].map(() => createMongoDocuments(databases.use('read_models'))) as [MongoDocuments, MongoDocuments]; // prettier-ignore
    const fields = { name: 'x', owner: 1, active: true, tags: [], labels: [], finished: true };
    const firstId = Math.floor(Math.random() * 1e9) * 1000;
    const rounds = 200;
    for (let i = 0; i < rounds; i += 1) {
      const write = (version: number) => {
        const document = { id: firstId + i, version, deleted: false, fields };
        // Two that both saw none, or one of them, or none of them: it must not matter.
        return [{ model: contractModel.name, document, isNew: i % 4 === 0 || i % 4 === version }];
      };
      await Promise.all([one.putIfNewer(write(1)), two.putIfNewer(write(2))]);
    }
    const versions = await one.versions(
      contractModel,
      Array.from({ length: rounds }, (_, i) => firstId + i),
    );
    expect(versions.filter((version) => version !== 2)).toEqual([]);
  });
});

describe(`a read model that is declared anew ${promisedBy('uniqueId', 'bulkWrite')}`, () => {
  it('is built from the journal, beside the one before, and again without a change', async () => {
    const name = `rebuild${Date.now()}`;
    const own = connectDatabases(engine.address, name);
    await own.connect();
    await ensureIndexes(own);
    const events = createMongoEventStore(own.use('applications'));
    const cause = { requestId: 'r' };
    for (let id = 1; id <= 30; id += 1) {
      const made = { type: 'Made', name: `n${id}`, owner: id % 3, active: true, tags: [] };
      const commit = { stream: `item-${id}`, at: '2026-01-01T00:00:00.000Z', cause };
      await events.append({ ...commit, id: `${id}-1`, version: 1, events: [made] });
      if (id % 2 === 0) await events.append({ ...commit, id: `${id}-2`, version: 2, events: [{ type: 'Renamed', name: 'new' } as DomainEvent] }); // prettier-ignore
    }
    const writer = createJournalWriter(own);
    await writer.number(undefined, await writer.pending(1000));

    const build = async (model: ReadModel, databases = own) => {
      const documents = createMongoDocuments(databases.use('read_models'));
      const unbuilt = await documents.ensure([model]);
      const apply = createApplyEvents([{ ...contractProjection, model }], [], documents, () => events);
      const commits = await projectJournal(createMongoJournal(databases), apply);
      await documents.markBuilt(unbuilt);
      const query = { where: everything, orderBy: ['id'], offset: 0, limit: 100, count: true };
      const { documents: found, count } = await documents.find(model, query);
      return {
        unbuilt: unbuilt.map(({ name }) => name),
        commits,
        count,
        names: found.map(({ fields }) => fields['name']),
      };
    };
    const names = Array.from({ length: 30 }, (_, i) => (i % 2 === 0 ? `n${i + 1}` : 'new'));
    expect(await build(contractModel)).toEqual({ unbuilt: ['contract_list'], commits: 45, count: 30, names });
    expect(await build(contractModel)).toEqual({ unbuilt: [], commits: 45, count: 30, names });
    // As the next version, in a process of its own, would declare it.
    const later = connectDatabases(engine.address, name);
    await later.connect();
    const changed = { ...contractModel, indexes: [...contractModel.indexes, ['active']] };
    expect(await build(changed, later)).toEqual({ unbuilt: ['contract_list'], commits: 45, count: 30, names });
    expect(await build(contractModel)).toMatchObject({ unbuilt: [], count: 30 });
    await Promise.all([own.close(), later.close()]);
  });
});

describe(`the indexes of lists ${promisedBy('explain')}`, () => {
  /** Stages of the plan that the engine chose, without running it. */
  const stages = (plan: Record<string, unknown>): string[] => [
    String(plan['stage']),
    ...[plan['inputStage'], ...((plan['inputStages'] as unknown[] | undefined) ?? [])].flatMap((below) =>
      below ? stages(below as Record<string, unknown>) : [],
    ),
  ];
  // MongoDB finds beginnings by an index too, and numbers by the one that every collection has; SecantusDB does not.
  const shapes = Object.values(LISTS).flatMap((list) =>
    singleFilters(list)
      .filter(([shape]) => !shape.endsWith('__startswith') && !shape.startsWith('id__'))
      .map(([shape, where]) => [`${list.model.name}: ${shape}`, list.model, where] as const),
  );

  it('find what each filter asks for, without visiting all that there is', async () => {
    const own = databases.use('read_models');
    await createMongoDocuments(own).ensure(Object.values(LISTS).map(({ model }) => model));
    const scanned: string[] = [];
    for (const [shape, model, where] of shapes) {
      const collection = own.models[model.name]?.collection;
      const explained = await collection?.find(listQuery(model, where)).limit(25).explain('queryPlanner');
      const { queryPlanner } = explained as { queryPlanner: { winningPlan: Record<string, unknown> } };
      if (!stages(queryPlanner.winningPlan).includes('IXSCAN')) scanned.push(shape);
    }
    expect([shapes.length > 150, scanned]).toEqual([true, []]);
  });
});

describe('the chain of the journal', () => {
  it('SV-07 SV-08 G5 names the first commit that somebody changed, deleted or moved, open part or sealed', async () => {
    const own = connectDatabases(engine.address, `chain${Date.now()}`);
    await own.connect();
    await ensureIndexes(own);
    const writer = createJournalWriter(own);
    const stream = 'application-4711';
    for (let version = 1; version <= 6; version += 1)
      await createMongoEventStore(own.use('applications')).append({
        id: `c${version}`,
        stream,
        version,
        at: '2026-01-01T00:00:00.000Z',
        cause: { requestId: 'r' },
        events: [{ type: 'SomethingHappened' }],
        sealed: { digest: `d${version}` },
      });
    await writer.number(undefined, await writer.pending(100));
    expect(await verifyChain(own)).toBeUndefined();
    const { collection } = own.use('applications').models['Commit'] as {
      collection: {
        updateOne: (filter: object, update: object) => Promise<unknown>;
        findOne: (filter: object) => Promise<Record<string, unknown>>;
        deleteOne: (filter: object) => Promise<unknown>;
        insertOne: (document: object) => Promise<unknown>;
      };
    };
    const at = (version: number) => ({ _id: `${stream}:${version}` });
    for (const [version, change] of [
      [3, { open: '{}' }],
      [4, { sealed: '{"digest":"other"}' }],
      [2, { version: 7 }],
    ] as const) {
      const before = await collection.findOne(at(version));
      await collection.updateOne(at(version), { $set: change });
      expect([version, await verifyChain(own)]).toEqual([version, { sequence: version }]);
      await collection.updateOne(at(version), { $set: before });
      expect(await verifyChain(own)).toBeUndefined();
    }
    await collection.deleteOne(at(5));
    expect(await verifyChain(own)).toEqual({ sequence: 5 });
    await own.close();
  });
});

describe('an engine that cannot be reached', () => {
  it('I1 I4 no append and no document counts as written', async () => {
    const away = connectDatabases('mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=200', 'away');
    await away.connect().catch(() => undefined);
    const one: Commit = {
      id: 'a',
      stream: 'application-1',
      version: 1,
      at: '2026-01-01T00:00:00.000Z',
      cause: { requestId: 'r' },
      events: [{ type: 'SomethingHappened' }],
    };
    await expect(createMongoEventStore(away.use('tokens')).append(one)).rejects.toThrow('MongoDB is away');
    await away.close();
  });
});

describe(`an engine that is killed ${promisedBy('writeConcern')}`, () => {
  it('I1 keeps every commit that it acknowledged, and gives each stream back without a gap', async () => {
    const data = mkdtempSync(join(tmpdir(), 'grantlog-mongo-killed-'));
    const victim = await startMongodb(data, () => undefined);
    if (victim.pid === undefined) {
      console.warn('an engine that was given, or runs in a container, is not killed here');
      await victim.stop();
      return;
    }
    const name = `killed${Date.now()}`;
    const before = connectDatabases(victim.address, name);
    await before.connect();
    await ensureIndexes(before);
    const acknowledged: string[] = [];
    let killed = false;
    const writer = async (number: number): Promise<void> => {
      const events = createMongoEventStore(before.use('tokens'));
      for (let version = 1; !killed; version += 1) {
        const stream = `grant-${number}`;
        const outcome = await events
          .append({
            id: `${stream}-${version}`,
            stream,
            version,
            at: '2026-01-01T00:00:00.000Z',
            cause: { requestId: 'r' },
            events: [{ type: 'SomethingHappened' }],
          })
          .catch(() => undefined);
        if (outcome !== 'appended') return;
        acknowledged.push(`${stream}-${version}`);
      }
    };
    const writing = Promise.all(Array.from({ length: 16 }, (_, i) => writer(i + 1)));
    await until(async () => acknowledged.length > 300);
    process.kill(victim.pid, 'SIGKILL');
    killed = true;
    await writing;
    await before.close();
    await victim.stop();

    const again = await startMongodb(data, () => undefined);
    const after = connectDatabases(again.address, name);
    await after.connect();
    const events = createMongoEventStore(after.use('tokens'));
    const kept = (
      await Promise.all(Array.from({ length: 16 }, (_, i) => events.readAfter(`grant-${i + 1}`, 0)))
    ).flat();
    await after.close();
    await again.stop();
    rmSync(data, { recursive: true, force: true });
    const ids = new Set(kept.map(({ id }) => id));
    expect(acknowledged.filter((id) => !ids.has(id))).toEqual([]);
    for (const group of Map.groupBy(kept, ({ stream }) => stream).values())
      expect(group.map(({ version }) => version)).toEqual(group.map((_, i) => i + 1));
  }, 120_000);
});
