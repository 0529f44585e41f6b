import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGrpcClient, type GrpcServer, identityOf, serveGrpc } from '@grantlog/adapter-grpc';
import { type accounts as wire, definitions, refused } from '@grantlog/contracts';
import { createInstallationKey } from '@grantlog/service-kit';
import { ensureCertificates } from '../start/certificates.ts';

const folder = mkdtempSync(join(tmpdir(), 'grantlog-grpc-'));
let identity: ReturnType<typeof identityOf>;
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
const serve = async (name: string): Promise<string> => {
  const port = await freePort();
  const answer = (): Promise<wire.VerifyPasswordResponse> =>
    Promise.resolve({ result: refused({ error: name, description: '' }), retryAfterSeconds: 0 });
  servers.push(
    await serveGrpc(
      port,
      identity,
      [{ definition: definitions.accounts, service: { verifyPassword: answer } }],
      () => undefined,
    ),
  );
  return `127.0.0.1:${port}`;
};

const login = { username: 'alice', password: '', address: '', deviceUser: 0, deviceId: '' };
const answeredBy = ({ result }: wire.VerifyPasswordResponse): string =>
  result?.$case === 'refusal' ? result.value.error : '';

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
