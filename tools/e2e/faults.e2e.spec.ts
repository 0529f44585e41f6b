import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { connectDatabases } from '@grantlog/adapter-mongo';
import type { PublishedEvent } from '@grantlog/event-sourcing';
import {
  admin,
  adminBrowser,
  allEvents,
  type Answer,
  basic,
  type Client,
  codeFor,
  inactiveOf,
  isActive,
  post,
  postAs,
  redeem,
  register,
  tokensFor,
} from './clients.ts';
import { consume } from '../test/consume.ts';
import { itMounts } from './needs.ts';
import { PROFILE, RELEASE, startSystem, type System, until } from './system.ts';

const STARTS = RELEASE ? 20 : 3;
const BUSY_START_MS = 150_000;

let system: System;
let machine: Client;
const first = (): string => system.gateways[0] as string;
const last = (): string => system.gateways.at(-1) as string;
const issue = (base = first()): Promise<Answer> => postAs(machine, base, 'token', { grant_type: 'client_credentials' });

beforeAll(async () => {
  system = await startSystem();
  machine = await register(system, { authorization_grant_type: 'client-credentials', redirect_uris: '' });
}, 200_000);
afterAll(async () => {
  await system.stop();
}, 60_000);

/** Asks again until it works, as an honest client does; gives every acknowledged token. */
const keepIssuing =
  (base: string, tokens: string[], stopped: () => boolean, faults: Answer[]) => async (): Promise<void> => {
    while (!stopped()) {
      const answer = await issue(base).catch(() => undefined);
      if (answer?.status === 200) tokens.push(answer.json['access_token'] as string);
      else {
        if (answer) faults.push(answer);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  };

/** Writes over the open part of a stream's first commit, in the engine itself. */
const spoil = async (stream: string): Promise<void> => {
  if (PROFILE === 'embedded') {
    const database = new DatabaseSync(join(system.dataFolder, 'embedded/grantlog.sqlite'), { timeout: 5000 });
    database.prepare(`UPDATE commits SET open = '{"id":"to' WHERE stream = ? AND version = 1`).run(stream);
    return database.close();
  }
  const databases = connectDatabases(system.engines()['mongodb']?.address ?? '');
  await databases.connect();
  await databases
    .use('tokens')
    .collection('commits')
    .updateOne({ stream, version: 1 }, { $set: { open: '{"id":"to' } });
  await databases.close();
};

describe(`a damaged commit (${PROFILE})`, () => {
  it('SV-19 is told where it is: events go on after it, its token is 503, others are answered', async () => {
    const [damaged, good] = [await issue(), await issue()];
    const token = (answer: Answer): string => answer.json['access_token'] as string;
    const position = Buffer.from(damaged.headers.get('grantlog-position') ?? '', 'base64url').toString();
    const stream = position.split(':')[0] as string;
    const all = () => allEvents(system);
    await until(async () => (await all()).some(({ subject }) => subject === stream));
    const before = await all();
    await spoil(stream);
    const told = (await all()).filter(({ subject }) => subject === stream);
    expect(told).toMatchObject([
      { type: 'grantlog.grant.commit-damaged.v1', streamversion: 1, data: { part: 'open part' }, journalsequence: before.find(({ subject }) => subject === stream)?.journalsequence },
    ]); // prettier-ignore
    const readers = system.processes().filter(({ app }) => app === 'standalone' || app === 'relay');
    await until(async () => {
      const texts = await Promise.all(
        readers.map(async ({ managementPort }) => {
          const response = await fetch(`http://127.0.0.1:${managementPort}/health/ready`);
          return response.status === 200 ? await response.text() : '';
        }),
      );
      return texts.some((text) => text.includes(`damaged commits: ${stream}:1`));
    });
    // What is in memory was read before; a process that starts reads it from the store.
    if (PROFILE === 'embedded') await system.restart();
    const introspection = await postAs(machine, first(), 'introspect', { token: token(damaged) });
    if (PROFILE === 'embedded') expect(introspection.status).toBe(503);
    expect(await isActive(machine, first(), token(good))).toBe(true);
    expect((await issue()).status).toBe(200);
    expect((await admin(system)('GET', 'tokens/')).status).toBe(200);
    expect((await admin(system)('GET', 'activity_stream/')).status).toBe(200);
    await all();
  }, 120_000);
});

if (PROFILE === 'distributed') {
  describe('faults (distributed)', () => {
    it('F-10 tokens keep flowing while Kafka is stopped, and the backlog arrives in order after', async () => {
      const kafka = system.engines()['kafka'];
      const seen: PublishedEvent[] = [];
      const close = await consume(
        (kafka?.address ?? '').split(','),
        `reader-${Date.now()}`,
        ['grantlog.grants'],
        (messages) =>
          Promise.resolve(void seen.push(...messages.map(({ value }) => JSON.parse(value) as PublishedEvent))),
      );
      process.kill(kafka?.pid as number, 'SIGSTOP');
      const answers = await Promise.all(
        Array.from({ length: 40 }, (_, i) => issue(system.gateways[i % system.gateways.length])),
      );
      const one = await adminBrowser(system);
      const client = await register(system);
      const { refresh } = await tokensFor(system, one, client);
      for (let i = 0, token = refresh; i < 3; i += 1)
        token = (await postAs(client, last(), 'token', { grant_type: 'refresh_token', refresh_token: token })).json[
          'refresh_token'
        ] as string;
      process.kill(kafka?.pid as number, 'SIGCONT');
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      const count = (): number =>
        new Set(seen.filter(({ type }) => type === 'grantlog.grant.access-token-issued.v1').map(({ id }) => id)).size;
      await until(() => count() >= 44, 90_000);
      await close();
      const versions = new Map<string, number>();
      for (const { subject, streamversion } of seen) {
        const before = versions.get(subject) ?? 0;
        // Repeats are allowed, gaps and steps back into the unknown are not.
        expect(streamversion).toBeLessThanOrEqual(before + 1);
        versions.set(subject, Math.max(before, streamversion));
      }
      await until(
        async () => Number((await admin(system)('GET', `tokens/?application=${machine.id}`)).json['count']) >= 40,
        60_000,
      );
    }, 240_000);

    it('SV-17 with Kafka stopped a list that waits for a write answers after two seconds and says that it is stale', async () => {
      const kafka = system.engines()['kafka']?.pid as number;
      process.kill(kafka, 'SIGSTOP');
      try {
        const token = await issue();
        const position = token.headers.get('grantlog-position') as string;
        const answers = await Promise.all(
          Array.from({ length: 6 }, (_, i) =>
            admin(system, i % system.gateways.length)('GET', 'tokens/?page_size=1', undefined, {
              'grantlog-position': position,
            }),
          ),
        );
        expect(answers.map(({ status, headers }) => [status, headers.get('grantlog-stale')])).toEqual(
          answers.map(() => [200, 'true']),
        );
      } finally {
        process.kill(kafka, 'SIGCONT');
      }
    }, 120_000);

    it('SV-20 a redemption that was not answered in time says that the code may be spent; starting over works', async () => {
      const one = await adminBrowser(system);
      const client = await register(system);
      const code = await codeFor(one, client);
      const pids = system.processes().flatMap(({ app, pid }) => (app === 'tokens' ? [pid] : []));
      let answer: Answer;
      pids.forEach((pid) => process.kill(pid, 'SIGSTOP'));
      try {
        answer = await redeem(client, first(), code);
      } finally {
        pids.forEach((pid) => process.kill(pid, 'SIGCONT'));
      }
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, null]);
      expect(answer.json).toEqual({
        error: 'temporarily_unavailable',
        error_description: expect.stringContaining('may be spent') as string,
      });
      await until(async () => (await issue()).status === 200);
      const again = await codeFor(one, client);
      expect((await redeem(client, last(), again)).status).toBe(200);
    }, 120_000);

    it('F-13 with MongoDB stopped the answer is 503 with Retry-After, never a wrong no, and it recovers', async () => {
      const token = (await issue()).json['access_token'] as string;
      const mongodb = system.engines()['mongodb']?.pid as number;
      process.kill(mongodb, 'SIGSTOP');
      try {
        const answers = await Promise.all([
          issue(),
          postAs(machine, last(), 'introspect', { token }),
          post(first(), 'revoke_token', { token }, { authorization: basic(machine.clientId, machine.clientSecret) }),
        ]);
        for (const { status, headers, json } of answers)
          expect([status, /^[1-3]$/.test(headers.get('retry-after') ?? ''), json['error']]).toEqual([
            503,
            true,
            'temporarily_unavailable',
          ]);
      } finally {
        process.kill(mongodb, 'SIGCONT');
      }
      await until(async () => (await issue()).status === 200);
      expect(await isActive(machine, last(), token)).toBe(true);
    }, 120_000);

    it('starts an engine that was killed again, at its address and with its data: everything answers and projects again', async () => {
      for (const name of ['mongodb', 'kafka']) {
        const killed = system.engines()[name];
        process.kill(killed?.pid as number, 'SIGKILL');
        await until(() => system.engines()[name]?.pid !== killed?.pid, 90_000);
        expect(system.engines()[name]?.address).toBe(killed?.address);
        await until(async () => (await issue().catch(() => undefined))?.status === 200, 60_000);
      }
      let name = '';
      const registered = (): Promise<boolean> => {
        name = `after the engines ${Date.now()}`;
        return register(system, { name }).then(() => true, () => false); // prettier-ignore
      };
      await until(registered, 60_000);
      const listed = () => admin(system)('GET', `applications/?name=${encodeURIComponent(name)}`);
      await until(async () => (await listed()).json['count'] === 1, 60_000);
    }, 300_000);

    it(
      `SV-12 ${STARTS} of ${STARTS} starts project while every processor is busy`,
      async () => {
        const busy = Array.from({ length: availableParallelism() }, () =>
          spawn(process.execPath, [
            '-e',
            `const end = Date.now() + ${STARTS * BUSY_START_MS}; while (Date.now() < end);`,
          ]),
        );
        try {
          for (let i = 0; i < STARTS; i += 1) {
            const started = await startSystem({}, { instances: 1 });
            try {
              const name = `start ${i}`;
              await register(started, { name });
              const listed = () => admin(started)('GET', `applications/?name=${encodeURIComponent(name)}`);
              await until(async () => (await listed()).json['count'] === 1);
            } finally {
              await started.stop();
            }
          }
        } finally {
          busy.forEach((one) => one.kill('SIGKILL'));
        }
      },
      STARTS * BUSY_START_MS,
    );

    it('F-01 F-02 F-03 kill -9 of any one process loses nothing that was acknowledged, and the supervisor mends it', async () => {
      const tokens: string[] = [];
      const faults: Answer[] = [];
      let stopped = false;
      const loops = system.gateways.map((gateway) => keepIssuing(gateway, tokens, () => stopped, faults)());
      for (const app of ['tokens', 'applications', 'accounts', 'gateway', 'relay', 'projector']) {
        const victim = system.processes().find((one) => one.app === app);
        process.kill(victim?.pid as number, 'SIGKILL');
        await until(() =>
          system
            .processes()
            .some(
              ({ app: name, instance, pid }) => name === app && instance === victim?.instance && pid !== victim.pid,
            ),
        );
        await until(
          async () =>
            (await fetch(`http://127.0.0.1:${victim?.managementPort}/health/ready`).catch(() => undefined))?.ok ===
            true,
        );
      }
      stopped = true;
      await Promise.all(loops);
      expect(tokens.length).toBeGreaterThan(0);
      expect(faults.filter(({ status }) => status !== 503)).toEqual([]);
      expect(await inactiveOf(system, machine, tokens)).toEqual([]);
    }, 240_000);
  });
} else {
  describe('faults (embedded)', () => {
    it('F-02 ten kills -9 under load: every acknowledged token is good after, every revoked one dead', async () => {
      const kept: string[] = [];
      const ended: string[] = [];
      for (let round = 0; round < 10; round += 1) {
        let stopped = false;
        const tokens: string[] = [];
        const loops = Array.from({ length: 8 }, () => keepIssuing(first(), tokens, () => stopped, [])());
        await until(() => tokens.length > 50);
        const gone = tokens.shift() as string;
        if ((await postAs(machine, first(), 'revoke_token', { token: gone })).status === 200) ended.push(gone);
        await Promise.all([system.crash(), Promise.resolve().then(() => (stopped = true))]);
        await Promise.all(loops);
        kept.push(...tokens);
      }
      expect(await inactiveOf(system, machine, kept)).toEqual([]);
      for (const token of ended) expect(await isActive(machine, first(), token)).toBe(false);
    }, 120_000);

    itMounts(
      'SV-18 on a full disk writes are answered 503 with Retry-After, introspection and lists go on, and it recovers by itself',
      async () => {
        const disk = mkdtempSync(join(tmpdir(), 'grantlog-small-disk-'));
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', disk]);
        const small = await startSystem({ GRANTLOG_DATA_DIR: disk });
        try {
          const base = small.gateways[0] as string;
          const client = await register(small, { authorization_grant_type: 'client-credentials', redirect_uris: '' });
          const issueOne = (): Promise<Answer> => postAs(client, base, 'token', { grant_type: 'client_credentials' });
          const kept: string[] = [];
          const fill = async (): Promise<Answer> => {
            for (;;) {
              const answer = await issueOne();
              if (answer.status !== 200) return answer;
              kept.push(answer.json['access_token'] as string);
            }
          };
          const ready = async (): Promise<{ status: number; text: string }> => {
            const response = await fetch(`http://127.0.0.1:${small.processes()[0]?.managementPort}/health/ready`);
            return { status: response.status, text: await response.text() };
          };
          const readsGoOn = async (): Promise<void> => {
            expect(await isActive(client, base, kept[0] as string)).toBe(true);
            expect((await admin(small)('GET', 'tokens/?page_size=1')).status).toBe(200);
            expect(await ready()).toEqual({ status: 200, text: expect.stringContaining('disk full') });
          };
          kept.push((await issueOne()).json['access_token'] as string);
          for (let round = 0; round < 2; round += 1) {
            const filler = join(disk, 'filler');
            // Ends by itself, when there is no room.
            spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=64k']);
            const refused = await fill();
            expect([refused.status, /^[1-3]$/.test(refused.headers.get('retry-after') ?? '')]).toEqual([503, true]);
            await until(async () => (await ready()).text.includes('disk full'));
            await readsGoOn();
            const pid = small.processes()[0]?.pid;
            expect((await fill()).status).toBe(503);
            expect(() => process.kill(pid as number, 0)).not.toThrow();
            rmSync(filler);
            await until(async () => (await issueOne()).status === 200);
            await until(async () => !(await ready()).text.includes('disk full'));
          }
          expect(await inactiveOf(small, client, kept)).toEqual([]);
          await until(async () => Number((await admin(small)('GET', `tokens/?application=${client.id}`)).json['count']) >= kept.length); // prettier-ignore
          expect(small.log()).not.toContain('fault outside any request');
          const said = () => small.log().match(/the disk takes no writes/g) ?? [];
          await until(() => said().length >= 2);
          expect(said()).toHaveLength(2);
        } finally {
          await small.stop();
          execFileSync('umount', [disk]);
          rmSync(disk, { recursive: true, force: true });
        }
      },
      120_000,
    );

    it('a second process on the same data folder is refused with a message that names the owner', async () => {
      const owner = system.processes()[0]?.pid as number;
      const second = spawnSync(process.execPath, ['apps/standalone/src/main.ts'], {
        encoding: 'utf8',
        env: {
          ...process.env,
          NODE_OPTIONS: '',
          GRANTLOG_DATA_DIR: system.dataFolder,
          GRANTLOG_PORT: '65001',
          GRANTLOG_MANAGEMENT_PORT: '65002',
        },
      });
      expect([second.status, second.stderr]).toEqual([1, expect.stringContaining(`process ${owner}`)]);
    }, 30_000);
  });
}
