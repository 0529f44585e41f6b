import { until } from '@grantlog/event-sourcing/testing';
import { once } from 'node:events';
import { get as httpGet, type IncomingMessage, type OutgoingHttpHeaders, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { createInstallationKey, createLogger, systemClock } from '@grantlog/service-kit';
import { createAdmission, LIMITS } from './admission.ts';
import { apiRoutes } from './api/routes.ts';
import { createApp } from './app.ts';
import { createGateway } from './gateway.ts';
import { describeApi } from './openapi/describe.ts';
import type { GatewayPorts } from './ports.ts';
import { createPublicServer } from './server.ts';

const MANY = LIMITS.first.inFlight + 20;

type Described = Readonly<
  Record<
    string,
    { readonly responses: Readonly<Record<string, { readonly $ref?: string; readonly content?: object }>> }
  >
>;

let server: Server;
let ports: GatewayPorts;
let base = '';
let port = 0;
let begun = 0;
let answer = Promise.withResolvers<never>();
const sockets: Socket[] = [];

beforeEach(async () => {
  begun = 0;
  answer = Promise.withResolvers();
  const admission = createAdmission(
    () => undefined,
    () => 0,
  );
  ports = {
    accounts: {},
    applications: {
      getSettings: async () => ({ settings: { version: 1, values: '{}' } }),
      authenticateClients: () => {
        begun += 1;
        return answer.promise;
      },
    },
    tokens: {},
    audit: {},
    clock: systemClock,
    key: createInstallationKey(new Uint8Array(32)),
    logger: createLogger('test', 'silent'),
    issuer: 'http://127.0.0.1',
    allowedHosts: ['127.0.0.1'],
    confFiles: () => [],
    refusals: { record: () => undefined },
    observe: () => undefined,
    admission,
  } as unknown as GatewayPorts;
  await listen(createPublicServer(createApp(ports), new AbortController().signal, admission));
});
const listen = async (made: Server): Promise<void> => {
  server = made;
  await once(server.listen(0, '127.0.0.1'), 'listening');
  ({ port } = server.address() as AddressInfo);
  base = `http://127.0.0.1:${port}`;
};
const closed = async (): Promise<void> => {
  sockets.splice(0).forEach((socket) => socket.destroy());
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
};
afterEach(closed);

const sent = async (text: string): Promise<Socket> => {
  const socket = connect(port, '127.0.0.1').pause();
  sockets.push(socket.on('error', () => undefined));
  await new Promise<void>((resolve) => socket.write(text, () => resolve()));
  return socket;
};
const allSent = (count: number, text: string): Promise<Socket[]> =>
  Promise.all(Array.from({ length: count }, () => sent(text)));

const BODY = 'grant_type=refresh_token&refresh_token=r&client_id=1.client&client_secret=s';
const post = (path: string, body: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${BODY.length}\r\n\r\n${body}`;
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`;
const arrived = async (count: number): Promise<void> => {
  for (let came = 0; came < count; came += 1) await once(server, 'request');
};
const begunAre = (count: number): Promise<void> => until(() => begun >= count);
const asked = (path: string, headers: OutgoingHttpHeaders): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    httpGet(`${base}${path}`, { headers, agent: false }, (reply) => reply.resume().once('end', () => resolve(reply))).once('error', reject); // prettier-ignore
  });
const isAdmitted = async (): Promise<boolean> => (await fetch(`${base}/api/`)).status === 200;

describe('a request that waits for its client', () => {
  it.each(['/api/o/token/', '/api/login/', '/api/o/authorize/'])(
    'takes nobody else his place while its body has not come: %s',
    async (path) => {
      const all = arrived(MANY);
      await allSent(MANY, post(path, BODY.slice(1)));
      await all;
      expect(await isAdmitted()).toBe(true);
    },
  );

  it('takes nobody else his place while its replies are not read, pipelined or not', async () => {
    const all = arrived(MANY);
    await allSent(MANY, `${get('/docs/swagger-ui-bundle.js')}${get('/api/')}`);
    await all;
    expect(await isAdmitted()).toBe(true);
  });
});

describe('a request that the server works on', () => {
  it('counts until its handler is over, also when the client is gone, and more are refused', async () => {
    const clients = await allSent(LIMITS.first.inFlight, post('/api/o/token/', BODY));
    await begunAre(LIMITS.first.inFlight);
    clients.forEach((client) => client.resetAndDestroy());
    expect(await isAdmitted()).toBe(false);
    answer.reject(new Error('no answer'));
    await until(isAdmitted);
    await sent(post('/api/o/token/', BODY).repeat(MANY)).then((socket) => socket.resetAndDestroy());
    expect(await isAdmitted()).toBe(true);
  });
});

describe('a refusal before anything is done', () => {
  it.each([
    ['/api/o/userinfo/', 'application/json', '{"error":"temporarily_unavailable","error_description":'],
    ['/api/v2/me/', 'application/json', '{"detail":'],
    ['/api/login/', 'text/html; charset=utf-8', '<!doctype html>'],
    ['/api/o/authorize?a=b', 'text/html; charset=utf-8', '<!doctype html>'],
  ])('has the form of its place, and scripts of other origins can read it: %s', async (path, type, begin) => {
    await allSent(LIMITS.first.inFlight, post('/api/o/token/', BODY));
    await begunAre(LIMITS.first.inFlight);
    const { status, headers, text } = await fetch(`${base}${path}`, {
      headers: { origin: 'https://app.example' },
    }).then(async (reply) => ({ status: reply.status, headers: reply.headers, text: await reply.text() }));
    expect([status, headers.get('content-type'), text.slice(0, begin.length)]).toEqual([503, type, begin]);
    expect(headers.get('retry-after')).toMatch(/^[1-3]$/);
    expect([headers.get('access-control-allow-origin'), headers.get('access-control-expose-headers')]).toEqual([
      '*',
      'retry-after',
    ]);
    answer.reject(new Error('no answer'));
  });

  it.each([
    [414, (path: string) => `${path}?${'x'.repeat(40_000)}`, {}],
    [421, (path: string) => path, { host: 'elsewhere.example' }],
    [431, (path: string) => path, Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`x-${i}`, 'y']))],
  ])('is described with the type that it has, at every path: %d', async (status, urlOf, headers) => {
    const { paths, components } = describeApi(apiRoutes(createGateway(ports)), 'http://127.0.0.1') as {
      paths: Readonly<Record<string, Described>>;
      components: { responses: Readonly<Record<string, { readonly content?: object }>> };
    };
    for (const [path, operations] of Object.entries(paths)) {
      const { statusCode, headers: got } = await asked(urlOf(path.replace(/\{\w+\}/g, '1')), headers);
      const [type] = String(got['content-type']).split(';');
      for (const { responses } of Object.values(operations)) {
        const { $ref = '', ...own } = responses[status] ?? {};
        const { content } = { ...own, ...components.responses[$ref.split('/').at(-1) ?? ''] };
        // The HTTP parser's own 431 has no body, so that one promises none.
        expect([path, statusCode, content && Object.keys(content)]).toEqual([path, status, status === 431 ? undefined : [type]]); // prettier-ignore
      }
    }
  });

  it.each([
    [
      'a head beyond what the parser takes',
      `GET /api/?${'x'.repeat(8_000_000)}`,
      '431 Request Header Fields Too Large',
    ],
    ['what is no HTTP', `\0${'x'.repeat(8_000_000)}`, '400 Bad Request'],
  ])('is read to its end by who still sends %s', async (_what, text, status) => {
    // Not a byte of the reply is read before all was sent: what is reset meanwhile takes the reply with it.
    const socket = await sent(text);
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString()).toBe(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
  });
});

/** All that a connection says until it ends. */
const readToEnd = async (socket: Socket): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
};

describe('a request that comes too slowly', () => {
  const TIMEOUT = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n';
  const whole = post('/api/o/token/', BODY);

  it.each([
    ['its body', whole.length - 5],
    ['its head', 30],
  ])('is not carried out after its 408: the rest of %s', async (_what, cut) => {
    await closed();
    const admission = createAdmission(
      () => undefined,
      () => 0,
    );
    const limits = { headersTimeout: 40, requestTimeout: 40, connectionsCheckingInterval: 10 };
    await listen(createPublicServer(createApp(ports), new AbortController().signal, admission, limits));
    const socket = await sent(whole.slice(0, cut));
    const [first] = (await once(socket.resume(), 'data')) as [Buffer];
    socket.write(whole.slice(cut));
    const rest = await readToEnd(socket).catch((error: NodeJS.ErrnoException) => error.code);
    expect([first.toString(), rest]).toEqual([TIMEOUT, expect.stringMatching(/^(?:|ECONNRESET|EPIPE)$/)]);
    await pause(50);
    expect(begun).toBe(0);
  });
});

describe('what is no HTTP, behind a request that is', () => {
  it('is answered after it, so that no reply is taken for another one', async () => {
    const socket = await sent(`${post('/api/o/token/', BODY)}\0 no HTTP\r\n\r\n`);
    await begunAre(1);
    answer.reject(new Error('no answer'));
    const statuses = [...(await readToEnd(socket)).matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
    expect(statuses).toEqual(['500', '400']);
  });

  it('cuts a reply that has begun, and says nothing in the middle of it', async () => {
    const socket = await sent(get('/docs/swagger-ui-bundle.js'));
    await once(socket, 'readable');
    socket.write('\0 no HTTP\r\n\r\n');
    const text = await readToEnd(socket).catch(() => '');
    expect(text.includes('400 Bad Request')).toBe(false);
  });
});

describe('a target in absolute form', () => {
  const target = (url: string, host: string): string =>
    `GET ${url} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
  it('is that of its path, and its host is the one that counts', async () => {
    const [api, page, elsewhere] = await Promise.all(
      [
        target('http://127.0.0.1/api/', 'elsewhere.example'),
        target(`http://127.0.0.1/docs/?${'x'.repeat(40_000)}`, '127.0.0.1'),
        target('http://elsewhere.example/api/o/userinfo/', '127.0.0.1'),
      ].map(async (text) => readToEnd(await sent(text))),
    );
    expect(api).toMatch(/^HTTP\/1\.1 200 /);
    expect(page).toMatch(/^HTTP\/1\.1 414 [^]*<!doctype html>/);
    expect(elsewhere).toMatch(/^HTTP\/1\.1 421 [^]*\{"error":"invalid_request"/);
  });
});
