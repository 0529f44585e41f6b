import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { Client as Grpc, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { createGrpcClient } from '@grantlog/adapter-grpc';
import { connectKafka, createKafkaPublisher } from '@grantlog/adapter-kafka';
import { definitions } from '@grantlog/contracts';
import { createInstallationKey } from '@grantlog/service-kit';
import { admin, api, basic, isActive, type Json, postAs, register } from './clients.ts';
import { PROFILE, RELEASE, startSystem, type System, until } from './system.ts';

let system: System;
const root = () => admin(system);
const at = (i: number): string => system.gateways[i % system.gateways.length] as string;

beforeAll(async () => {
  system = await startSystem();
}, 200_000);
afterAll(async () => {
  await system.stop();
}, 60_000);

describe(`where a start listens (${PROFILE})`, () => {
  it('SV-15 is loopback for every port of its processes, and is told', async () => {
    const ports = system.processes().flatMap(({ pid }) => listeningPorts(pid));
    expect(ports.length).toBeGreaterThanOrEqual(PROFILE === 'embedded' ? 2 : 10);
    expect(ports.filter(({ address }) => address !== '127.0.0.1')).toEqual([]);
    const { port } = new URL(at(0));
    expect(ports.map((one) => one.port)).toContain(Number(port));
    await until(() => system.log().includes(`listening on   127.0.0.1:${port}; health and metrics 127.0.0.1:`));
  });
});

/** From the kernel: the sockets of a process that listen. @see https://man7.org/linux/man-pages/man5/proc_net.5.html */
const listeningPorts = (pid: number): { address: string; port: number }[] => {
  const sockets = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        return [];
      }
    }),
  );
  return ['tcp', 'tcp6'].flatMap((kind) =>
    readFileSync(`/proc/${pid}/net/${kind}`, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state, , , , , , inode]) => state === LISTEN && sockets.has(inode ?? ''))
      .map(([, local = '']) => {
        const [address = '', port = ''] = local.split(':');
        return { address: address === LOOPBACK ? '127.0.0.1' : address, port: Number.parseInt(port, 16) };
      }),
  );
};
const LISTEN = '0A';
const LOOPBACK = '0100007F';

const CALLS = RELEASE ? 10_000 : 2000;

describe(`isolation (${PROFILE})`, () => {
  it(`SV-03 of ${CALLS} requests of many users at once, refusals among them, none gets an answer that is another's`, async () => {
    const people: { id: number; name: string; token: string; tokenId: number }[] = [];
    // One after the other: what is at once here is the requests, not the hashing of forty passwords.
    for (let i = 0; i < 40; i += 1) {
      const name = `person ${i}`;
      const { json, status } = await root()('POST', 'users/', { username: name, password: `password ${i}` });
      expect([name, status]).toEqual([name, 201]);
      const token = (
        await api(at(i), basic(name, `password ${i}`))('POST', 'tokens/', { scope: 'read', description: name })
      ).json;
      people.push({ id: json['id'] as number, name, token: token['token'] as string, tokenId: token['id'] as number });
    }
    const wrong: string[] = [];
    let left = CALLS;
    const worker = async (k: number): Promise<void> => {
      for (let i = k; (left -= 1) >= 0; i += 7) {
        const person = people[i % people.length] as (typeof people)[number];
        const other = people[(i + 13) % people.length] as (typeof people)[number];
        const ask = api(at(i), `Bearer ${person.token}`);
        const [me, mine, theirs] = await Promise.all([
          ask('GET', 'me/'),
          ask('GET', `tokens/${person.tokenId}/`),
          ask('GET', `tokens/${other.tokenId}/`),
        ]);
        const [self] = (me.json['results'] ?? []) as Json[];
        if (self?.['username'] !== person.name)
          wrong.push(`me of ${person.name}: ${me.status} ${JSON.stringify(self)}`);
        if (mine.json['description'] !== person.name) wrong.push(`token of ${person.name}: ${mine.text}`);
        if (theirs.status !== 404) wrong.push(`token of ${other.name} for ${person.name}: ${theirs.status}`);
      }
    };
    await until(
      async () => (await root()('GET', 'users/?username__startswith=person')).json['count'] === people.length,
    );
    await Promise.all(Array.from({ length: 24 }, (_, k) => worker(k)));
    expect(wrong).toEqual([]);
  }, 600_000);
});

if (PROFILE === 'distributed') {
  type Definition = (typeof definitions)[keyof typeof definitions];
  const SERVICE_OF: readonly [app: string, definition: Definition][] = [
    ['applications', definitions.applications], ['accounts', definitions.accounts], ['tokens', definitions.tokens], ['relay', definitions.audit],
  ]; // prettier-ignore
  const folder = (): string => join(system.dataFolder, 'distributed/certificates');
  const file = (name: string): Buffer => readFileSync(join(folder(), name));
  const options = { 'grpc.ssl_target_name_override': 'grantlog.internal' };
  /** Where each service listens, as its gateway was told. */
  const addressOf = (app: string): string => {
    const gateway = system.processes().find((one) => one.app === 'gateway');
    const environment = readFileSync(`/proc/${gateway?.pid}/environ`, 'utf8').split('\0');
    return environment
      .find((line) => line.startsWith(`GRANTLOG_${app.toUpperCase()}_ADDRESS=`))
      ?.split(/[=,]/)[1] as string;
  };
  const installationKey = (): Buffer =>
    Buffer.from(readFileSync(join(system.dataFolder, 'distributed/installation-key'), 'utf8').trim(), 'base64url');
  const call = (
    client: Grpc,
    path: string,
    body: Buffer,
    metadata = new Metadata(),
    deadlineMs = 3000,
  ): Promise<number> =>
    new Promise((resolve) => {
      client.makeUnaryRequest(
        path,
        (bytes: Buffer) => bytes,
        (bytes: Buffer) => bytes,
        body,
        metadata,
        { deadline: Date.now() + deadlineMs },
        (error: ServiceError | null) => resolve(error?.code ?? 0),
      );
    });

  describe('the services among themselves (distributed)', () => {
    it('SV-01 every method refuses a caller without a certificate, and one without a signed request', async () => {
      let methods = 0;
      for (const [app, definition] of SERVICE_OF) {
        const address = addressOf(app);
        const certified = new Grpc(
          address,
          credentials.createSsl(file('ca.pem'), file('service-key.pem'), file('service.pem')),
          options,
        );
        const bare = new Grpc(address, credentials.createSsl(file('ca.pem')), options);
        const plain = new Grpc(address, credentials.createInsecure());
        for (const { path } of Object.values(definition)) {
          methods += 1;
          for (const client of [bare, plain])
            expect([path, await call(client, path, Buffer.alloc(0), new Metadata(), 400)]).not.toEqual([path, 0]);
          const forged = new Metadata();
          forged.set('grantlog-assertion', `v1.${Date.now() + 20_000}.${Buffer.alloc(32).toString('base64url')}`);
          for (const metadata of [new Metadata(), forged])
            expect([path, await call(certified, path, Buffer.alloc(0), metadata)]).toEqual([
              path,
              status.UNAUTHENTICATED,
            ]);
        }
        for (const client of [certified, bare, plain]) client.close();
      }
      expect(methods).toBeGreaterThan(30);
    }, 240_000);

    it('SV-04 a message that is too large is refused, and nothing waits without an end', async () => {
      const client = new Grpc(
        addressOf('tokens'),
        credentials.createSsl(file('ca.pem'), file('service-key.pem'), file('service.pem')),
        options,
      );
      expect(
        await call(
          client,
          '/grantlog.tokens.v1.TokensService/Introspect',
          Buffer.alloc(100 * 1024 * 1024),
          new Metadata(),
          20_000,
        ),
      ).toBe(status.RESOURCE_EXHAUSTED);
      client.close();
      const identity = {
        ca: join(folder(), 'ca.pem'),
        cert: join(folder(), 'service.pem'),
        key: join(folder(), 'service-key.pem'),
        assertionKeys: createInstallationKey(installationKey()).deriveAll('assertion'),
      };
      const good = createGrpcClient(definitions.tokens, [addressOf('tokens')], identity);
      expect(
        (await good.client.introspect({ tokens: [{ token: 'x', askingApplication: 0 }] })).introspections,
      ).toHaveLength(1);
      good.close();
    }, 60_000);

    it('SV-05 an event that was forged on Kafka changes no read model, and is told', async () => {
      const machine = await register(system, { authorization_grant_type: 'client-credentials', redirect_uris: '' });
      const { json } = await postAs(machine, at(0), 'token', { grant_type: 'client_credentials' });
      const list = async (): Promise<Json[]> =>
        (await root()('GET', `tokens/?application=${machine.id}`)).json['results'] as Json[];
      await until(async () => (await list()).length === 1);
      const id = (await list())[0]?.['id'] as number;
      const kafka = connectKafka((system.engines()['kafka']?.address ?? '').split(','), 'forger');
      const producer = kafka.producer();
      await producer.connect();
      const event = (subject: string, version: number, type: string, data: Json) => ({
        specversion: '1.0', id: `${subject}:${version}:0`, source: at(0), type: 'grantlog.grant.grant-revoked.v1', subject, time: new Date().toISOString(), datacontenttype: 'application/json',
        streamversion: version, commitindex: 0, commitsize: 1, journalsequence: 999_999, data: { event: type, cause: { requestId: 'forged' }, ...data },
      }); // prettier-ignore
      const forged = [
        ['grantlog.grants', event(`grant-${id}`, 2, 'GrantRevoked', { because: 'requested_by_client' })],
        ['grantlog.applications', event('application-900000', 1, 'ApplicationRegistered', { name: 'forged', description: '', user: 1, organization: 1, clientId: 'x', clientType: 'public', authorizationGrantType: 'authorization-code', redirectUris: [], allowedOrigins: ['https://evil.example'], introspectionClients: [], skipAuthorization: true })],
      ] as const; // prettier-ignore
      for (const [topic, value] of forged)
        await producer.send({
          topic,
          messages: [{ key: value.subject, value: JSON.stringify(value), headers: { 'grantlog-mac': 'forged' } }],
        });
      await producer.disconnect();
      const projector = system.processes().find(({ app }) => app === 'projector');
      const ready = async (): Promise<string> =>
        (await fetch(`http://127.0.0.1:${projector?.managementPort}/health/ready`)).text();
      await until(async () => (await ready()).includes('"unusable":2'));
      expect(await list()).toHaveLength(1);
      expect((await root()('GET', 'applications/?name=forged')).json['count']).toBe(0);
      expect(await isActive(machine, at(1), json['access_token'] as string)).toBe(true);
      // What comes after it is projected as ever.
      const after = await register(system, { name: 'after the forgery' });
      await until(async () => (await root()('GET', `applications/?name=after%20the%20forgery`)).json['count'] === 1);
      expect(after.id).toBeGreaterThan(0);
    }, 120_000);

    it('SV-11 a message that is no event, or has wrong types, holds nothing up and changes no list', async () => {
      const machine = await register(system, { authorization_grant_type: 'client-credentials', redirect_uris: '' });
      const listed = async (): Promise<Json[]> =>
        (await root()('GET', `applications/?id=${machine.id}`)).json['results'] as Json[];
      await until(async () => (await listed()).length === 1);
      const [before] = await listed();
      const kafka = connectKafka((system.engines()['kafka']?.address ?? '').split(','), 'test');
      // What only a fault of our own could publish: the MAC is right.
      const publisher = createKafkaPublisher(kafka, createInstallationKey(installationKey()).derive('publication'));
      const stream = `application-${machine.id}`;
      const event = {
        specversion: '1.0', id: `${stream}:2:0`, source: at(0), type: 'grantlog.application.application-changed.v1', subject: stream, time: new Date().toISOString(), datacontenttype: 'application/json',
        streamversion: 2, commitindex: 0, commitsize: 1, journalsequence: 999_999, data: { event: 'ApplicationChanged', cause: { requestId: 'wrong' }, changes: { name: 7, description: 8 } },
      }; // prettier-ignore
      const values = ['no JSON', JSON.stringify({ ...event, data: undefined }), JSON.stringify({ ...event, streamversion: '2' }), JSON.stringify(event)]; // prettier-ignore
      await publisher.publish(values.map((value) => ({ topic: 'grantlog.applications', key: stream, value })));
      await publisher.close();
      const projector = system.processes().find(({ app }) => app === 'projector');
      const counted = async (problem: string): Promise<number> => {
        const metrics = await (await fetch(`http://127.0.0.1:${projector?.managementPort}/metrics`)).text();
        return Number(new RegExp(`unusable_messages_total{problem="${problem}"[^}]*} (\\d+)`).exec(metrics)?.[1] ?? 0);
      };
      await until(async () => (await counted('shape')) >= 3 && (await counted('data')) >= 1);
      // Of many in a row one line is logged: it may be of the forged ones above.
      await until(() => /"topic":"grantlog\.\w+","partition":\d+,"offset":"\d+"/.test(system.log()));
      expect(await listed()).toEqual([before]);
      await register(system, { name: 'after the wrong ones' });
      await until(
        async () => (await root()('GET', `applications/?name=after%20the%20wrong%20ones`)).json['count'] === 1,
      );
    }, 120_000);
  });
}
