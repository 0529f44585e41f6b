import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type applications, ServiceUnavailable, type TokensClient } from '@grantlog/contracts';
import { createInstallationKey, createLogger, systemClock } from '@grantlog/service-kit';
import { createAdmission } from '../admission.ts';
import { createApp } from '../app.ts';
import type { GatewayPorts } from '../ports.ts';

let issueTokens: TokensClient['issueTokens'];
let graceSeconds = 30;
let server: Server;
let base = '';

const application = { id: 1, clientId: '1.client', authorizationGrantType: 'authorization-code', allowedOrigins: [] };
const authenticateClients = (): Promise<applications.AuthenticateClientsResponse> =>
  Promise.resolve({
    clients: [{ result: { $case: 'application', value: application as never } }],
    settings: { version: 1, values: JSON.stringify({ REFRESH_TOKEN_GRACE_SECONDS: graceSeconds }) } as never,
  });

beforeAll(async () => {
  const key = createInstallationKey(new Uint8Array(32));
  const logger = createLogger('test', 'silent');
  const ports = {
    accounts: {},
    applications: { authenticateClients, getSettings: () => authenticateClients() },
    tokens: { issueTokens: (request: never) => issueTokens(request) },
    audit: {},
    clock: systemClock,
    key,
    logger,
    issuer: 'http://127.0.0.1',
    allowedHosts: ['127.0.0.1'],
    confFiles: () => [],
    refusals: { record: () => undefined, close: () => Promise.resolve() },
    observe: () => undefined,
    admission: createAdmission(() => undefined),
  } as unknown as GatewayPorts;
  server = createServer(createApp(ports));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const redeem = async (form: Record<string, string>) => {
  const response = await fetch(`${base}/api/o/token/`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', connection: 'close' },
    body: new URLSearchParams({ client_id: '1.client', client_secret: 's', ...form }).toString(),
  });
  const { error, error_description: text } = (await response.json()) as { error: string; error_description: string };
  return { status: response.status, error, text, retryAfter: response.headers.get('retry-after') };
};
const CODE = { grant_type: 'authorization_code', code: 'c' };
const REFRESH = { grant_type: 'refresh_token', refresh_token: 'r' };
const lost = (): Promise<never> => Promise.reject(new ServiceUnavailable('DEADLINE_EXCEEDED'));
const refusedBy = (error: string) => () =>
  Promise.resolve({
    outcomes: [
      { result: { $case: 'refusal' as const, value: { error, description: '', guessed: false, fields: {} } } },
    ],
  });

describe('a code_verifier', () => {
  it.each(['x'.repeat(42), 'x'.repeat(129), `${'x'.repeat(43)}+`])(
    'that is not 43 to 128 unreserved characters is refused before the code is looked up: %s',
    async (code_verifier) => {
      issueTokens = () => Promise.reject(new Error('the code was looked up'));
      expect(await redeem({ ...CODE, code_verifier })).toMatchObject({
        status: 400,
        error: 'invalid_grant',
        text: expect.stringMatching(/code_verifier.*128/) as string,
      });
    },
  );
});

describe('a token request whose outcome is not known', () => {
  beforeEach(() => {
    graceSeconds = 30;
    issueTokens = lost;
  });

  it.each([
    ['the service did not answer in time', lost],
    ['the store did not answer in time', refusedBy('temporarily_unavailable')],
    ['the request was delivered twice', refusedBy('delivered_twice')],
  ])('of a code, when %s: 503 without Retry-After that says to start over', async (_why, answer) => {
    issueTokens = answer;
    expect(await redeem(CODE)).toEqual({
      status: 503,
      error: 'temporarily_unavailable',
      text: expect.stringMatching(/authorization code may be spent.*start a new authorization request/) as string,
      retryAfter: null,
    });
  });

  it('of a refresh token may be sent again while a repeat is answered with the same successor', async () =>
    expect(await redeem(REFRESH)).toMatchObject({
      status: 503,
      retryAfter: expect.stringMatching(/^[1-3]$/) as string,
    }));

  it('of a refresh token must not be sent again where a repeat ends the grant', async () => {
    graceSeconds = 0;
    expect(await redeem(REFRESH)).toMatchObject({
      status: 503,
      text: expect.stringContaining('refresh token may be spent') as string,
      retryAfter: null,
    });
  });

  it('a code that never reached the service may be sent again', async () => {
    issueTokens = () => Promise.reject(new ServiceUnavailable('UNAVAILABLE', { wasAsked: false }));
    expect(await redeem(CODE)).toMatchObject({ status: 503, retryAfter: expect.stringMatching(/^[1-3]$/) as string });
  });
});
