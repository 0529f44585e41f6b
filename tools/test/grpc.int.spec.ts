import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createGrpcClient,
  createTrust,
  type GrpcServer,
  type Identity,
  identityOf,
  serveGrpc,
} from '@grantlog/adapter-grpc';
import { type accounts as wire, definitions, refused } from '@grantlog/contracts';
import { createInstallationKey, type Logger } from '@grantlog/service-kit';
import { ensureCertificates } from '../start/certificates.ts';

const folder = mkdtempSync(join(tmpdir(), 'grantlog-grpc-'));
let identity: Identity;
const servers: GrpcServer[] = [];

beforeAll(async () => {
  const { ca, cert, key } = await ensureCertificates(folder);
  identity = identityOf(
    { GRANTLOG_TLS_CA: ca, GRANTLOG_TLS_CERT: cert, GRANTLOG_TLS_KEY: key },
    createInstallationKey(new Uint8Array(32)),
  );
});
afterAll(async () => {
  await Promise.all(servers.map((server) => server.close()));
  rmSync(folder, { recursive: true, force: true });
});

/** A port that nobody listens on. */
const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

/** An instance of the accounts service that answers this method by its own name. */
const serve = async (
  name: string,
  as = identity,
  trust?: ReturnType<typeof createTrust>,
  getUsers = () => Promise.resolve({ users: [] }),
): Promise<string> => {
  const port = await freePort();
  const answer = (): Promise<wire.VerifyPasswordResponse> =>
    Promise.resolve({ result: refused({ error: 'invalid', description: name }), retryAfterSeconds: 0 });
  servers.push(
    await serveGrpc(
      { port, address: '127.0.0.1' },
      as,
      [{ definition: definitions.accounts, service: { verifyPassword: answer, getUsers } }],
      () => undefined,
      trust,
    ),
  );
  return `127.0.0.1:${port}`;
};

const login = { username: 'alice', password: '', address: '', deviceUser: 0, deviceId: '' };
const answeredBy = ({ result }: wire.VerifyPasswordResponse): string =>
  result?.$case === 'refusal' ? result.value.description : '';

describe('a service client over several addresses', () => {
  it('one address away: every one of many calls at once is answered by another, though none may be sent twice', async () => {
    const away = `127.0.0.1:${await freePort()}`;
    const { client, close } = createGrpcClient(definitions.accounts, [away, away, await serve('there')], identity);
    const answers = await Promise.all(Array.from({ length: 200 }, () => client.verifyPassword(login)));
    expect(new Set(answers.map(answeredBy))).toEqual(new Set(['there']));
    close();
  });

  it('takes turns among those that are connected', async () => {
    const { client, close } = createGrpcClient(
      definitions.accounts,
      [await serve('one'), await serve('other')],
      identity,
    );
    const seen = new Set<string>();
    while (seen.size < 2) seen.add(answeredBy(await client.verifyPassword(login)));
    close();
  });

  it('one that is connected and stands still fails the calls under way, and not every second one after them', async () => {
    let came = 0;
    const standing = (): Promise<never> => {
      came += 1;
      return new Promise(() => undefined);
    };
    const addresses = [await serve('hung', identity, undefined, standing), await serve('well')];
    const { client, close } = createGrpcClient(definitions.accounts, addresses, identity);
    const call = (): Promise<string> =>
      client.getUsers({ keys: [] }).then(
        () => 'answered',
        ({ name }: Error) => name,
      );
    while (came === 0) await call();
    const answers: string[] = [];
    for (let i = 0; i < 20; i += 1) answers.push(await call());
    expect([came, [...new Set(answers)]]).toEqual([1, ['answered']]);
    close();
  });

  describe('whose clocks or keys differ', () => {
    const logged: string[] = [];
    const logger = { info: () => undefined, error: ({ peer, why }: { peer: string; why: string }) => logged.push(`${peer}: ${why}`) } as unknown as Logger; // prettier-ignore
    const ahead = (ms: number) => ({ ...identity, now: () => Date.now() + ms });
    beforeEach(() => void (logged.length = 0));

    it.each([
      [45_000, "the caller's clock is 45 s behind the service's"],
      [-45_000, "the caller's clock is 45 s ahead of the service's"],
    ])('a service %i ms off: 503 and not 500, both sides name the clock and by how much, once', async (ms, why) => {
      const [ours, theirs] = [createTrust(logger), createTrust(logger)];
      const address = await serve('off', ahead(ms), theirs);
      const { client, close } = createGrpcClient(definitions.accounts, [address], identity, ours);
      for (let i = 0; i < 3; i += 1)
        await expect(client.verifyPassword(login)).rejects.toMatchObject({ name: 'ServiceUnavailable', wasAsked: false });
      expect(logged).toEqual([`a caller at 127.0.0.1: ${why}`, `${address}: ${why}`]);
      for (const trust of [ours, theirs])
        expect(trust.check()).toMatchObject({ state: 'degraded', cause: expect.stringContaining(why) as string });
      close();
    }); // prettier-ignore

    it('one instance off: the other answers, and neither clock nor key is told to who has not the key', async () => {
      const foreign = { ...identity, assertionKeys: createInstallationKey(new Uint8Array(32).fill(1)).deriveAll('assertion') }; // prettier-ignore
      const addresses = [await serve('off', ahead(45_000)), await serve('right')];
      const trust = createTrust(logger);
      const { client, close } = createGrpcClient(definitions.accounts, addresses, identity, trust);
      const answers = await Promise.all(Array.from({ length: 20 }, () => client.verifyPassword(login)));
      expect(new Set(answers.map(answeredBy))).toEqual(new Set(['right']));
      close();
      const stranger = createGrpcClient(definitions.accounts, addresses, foreign, trust);
      await expect(stranger.client.verifyPassword(login)).rejects.toMatchObject({ name: 'ServiceUnavailable' });
      expect(logged.slice(1)).toEqual([expect.stringContaining('a key that is not known here')]);
      stranger.close();
    });
  });

  it('takes the largest page that there can be', async () => {
    const page = 'x'.repeat(64 * 1024 * 1000);
    const { client, close } = createGrpcClient(definitions.accounts, [await serve(page)], identity);
    expect(answeredBy(await client.verifyPassword(login))).toHaveLength(page.length);
    close();
  });

  it('nobody there is told at once, as a fault that names the method and no host', async () => {
    const { client, close } = createGrpcClient(
      definitions.accounts,
      [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`],
      identity,
    );
    await expect(client.verifyPassword(login)).rejects.toMatchObject({
      name: 'ServiceUnavailable',
      message: '/grantlog.accounts.v1.AccountsService/VerifyPassword: UNAVAILABLE',
    });
    close();
  });
});
