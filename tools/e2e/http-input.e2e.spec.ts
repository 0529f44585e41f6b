import { connect } from 'node:net';
import fc from 'fast-check';
import {
  admin,
  adminBrowser,
  authorizeUrl,
  basic,
  type Client,
  post,
  postAs,
  redeem,
  codeFor,
  register,
  REDIRECT_URI,
} from './clients.ts';
import { PROFILE, RELEASE, startSystem, type System } from './system.ts';

let system: System;
let app: Client;
let machine: Client;
const first = (): string => system.gateways[0] as string;

beforeAll(async () => {
  system = await startSystem();
  app = await register(system, { skip_authorization: true });
  machine = await register(system, { authorization_grant_type: 'client-credentials', redirect_uris: '' });
}, 200_000);
afterAll(async () => {
  await system.stop();
}, 60_000);

/** Sends octets as they are and gives what came until the other side closed, or until it was quiet. */
const octets = (text: string, quietMs = 500): Promise<string> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(first());
    let came = '';
    const socket = connect(Number(port), hostname, () => socket.write(text));
    socket.setTimeout(quietMs, () => socket.destroy());
    socket.on('data', (chunk) => (came += chunk.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(came));
  });
const host = (): string => new URL(first()).host;
const status = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);
const ENDPOINTS = ['token', 'revoke_token', 'introspect'];
const authorization = (): string => basic(machine.clientId, machine.clientSecret);
const FORM = 'application/x-www-form-urlencoded';
const send = (
  path: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string>,
): Promise<Response> =>
  fetch(first() + path, { method: 'POST', body, headers: { authorization: authorization(), ...headers } });

describe(`what comes in (${PROFILE})`, () => {
  it('IN-01 only forms at the OAuth endpoints; the error names what came', async () => {
    for (const endpoint of ENDPOINTS)
      for (const type of [
        'application/json',
        'multipart/form-data; boundary=x',
        'text/plain',
        '',
        'application/x-www-form-urlencodedx',
      ]) {
        const response = await send(
          `/api/o/${endpoint}/`,
          new Uint8Array(Buffer.from('{"grant_type":"client_credentials"}')),
          type === '' ? {} : { 'content-type': type },
        );
        const { error, error_description } = (await response.json()) as { error: string; error_description: string };
        expect([endpoint, type, response.status, error]).toEqual([endpoint, type, 400, 'invalid_request']);
        expect(error_description).toContain(type === '' ? 'missing' : (type.split(';')[0] as string));
      }
  });

  it('IN-03 a parameter twice, or in body and query, is refused', async () => {
    for (const endpoint of ENDPOINTS) {
      const twice = await send(
        `/api/o/${endpoint}/`,
        'grant_type=client_credentials&token=a&grant_type=client_credentials&token=a',
        { 'content-type': FORM },
      );
      const both = await send(`/api/o/${endpoint}/?token=a`, 'grant_type=client_credentials&token=a', {
        'content-type': FORM,
      });
      for (const response of [twice, both])
        expect([response.status, ((await response.json()) as { error: string }).error]).toEqual([
          400,
          'invalid_request',
        ]);
    }
  });

  it('IN-04 everything has a maximum, and what is over it is not read', async () => {
    expect((await send('/api/o/token/', 'a'.repeat(17 * 1024), { 'content-type': FORM })).status).toBe(413);
    const json = await fetch(`${first()}/api/v2/tokens/`, {
      method: 'POST',
      body: `{"description":"${'x'.repeat(65 * 1024)}"}`,
      headers: { authorization: basic('admin', system.adminPassword), 'content-type': 'application/json' },
    });
    expect([json.status, json.headers.get('connection')]).toEqual([413, 'close']);
    expect(status(await octets(`GET /api/ HTTP/1.1\r\nHost: ${host()}\r\nX: ${'x'.repeat(17 * 1024)}\r\n\r\n`))).toBe(
      431,
    );
    const many = Array.from({ length: 120 }, (_, i) => `x-${i}: 1\r\n`).join('');
    expect(status(await octets(`GET /api/ HTTP/1.1\r\nHost: ${host()}\r\n${many}\r\n`))).toBe(431);
    expect(status(await octets(`GET /api/?${'x'.repeat(9 * 1024)} HTTP/1.1\r\nHost: ${host()}\r\n\r\n`))).toBe(414);
    expect((await fetch(`${first()}/api/o/authorize/?${'a=1&'.repeat(120)}`)).status).toBe(400);
  });

  it('IN-06 control characters are refused in parameters, headers and JSON', async () => {
    for (const character of ['%00', '%01', '%1f', '%7f', '%C2%85']) {
      const response = await send('/api/o/token/', `grant_type=client_credentials&scope=read${character}`, {
        'content-type': FORM,
      });
      expect([character, response.status]).toEqual([character, 400]);
      const login = await fetch(`${first()}/api/v2/applications/?name=${character}`, {
        headers: { authorization: basic('admin', system.adminPassword) },
      });
      expect([character, login.status]).toEqual([character, 400]);
    }
    for (const text of ['\\u0000', '\\u0007', '\\u009f', '\\ud800', '\\udc00x']) {
      const { status: came } = await rawJson('applications/', `{"name":"a${text}"}`);
      expect([text, came]).toEqual([text, 400]);
    }
    expect(status(await octets(`GET /api/ HTTP/1.1\r\nHost: ${host()}\r\nX-A: a\u0000b\r\n\r\n`))).toBe(400);
  });

  const rawJson = (path: string, body: string): Promise<Response> =>
    fetch(`${first()}/api/v2/${path}`, {
      method: 'POST',
      body,
      headers: { authorization: basic('admin', system.adminPassword), 'content-type': 'application/json' },
    });

  it('IN-07 names that look alike are one name, and hidden characters are shown', async () => {
    const root = admin(system);
    expect((await root('POST', 'organizations/', { name: 'caf\u00e9' })).status).toBe(201);
    for (const twin of ['cafe\u0301', 'CAF\u00c9', 'caf\u00e9\u200b', '\uff43\uff41\uff46\u00e9'])
      expect([twin, (await root('POST', 'organizations/', { name: twin })).status]).toEqual([twin, 400]);
    const shown = await register(system, { name: 'safe\u202eexe.elbatsurt' });
    const chrome = await adminBrowser(system);
    const page = await chrome.get(authorizeUrl(shown));
    expect(page.text).toContain('safe\\u{202e}exe.elbatsurt');
    expect(page.text).not.toContain('\u202e');
  });

  it('IN-08 other charsets and encodings are refused', async () => {
    for (const [path, type] of [
      ['/api/o/token/', FORM],
      ['/api/v2/tokens/', 'application/json'],
    ] as const)
      for (const headers of [
        { 'content-type': `${type}; charset=utf-7` },
        { 'content-type': `${type}; charset=utf-16` },
        { 'content-type': type, 'content-encoding': 'gzip' },
      ]) {
        const response = await send(path, new Uint8Array(Buffer.from('grant_type=client_credentials')), {
          ...headers,
          authorization: path.startsWith('/api/v2') ? basic('admin', system.adminPassword) : authorization(),
        });
        expect([path, headers, response.status]).toEqual([path, headers, 415]);
      }
  });

  it('IN-13 strange JSON is refused in bounded work', async () => {
    for (const body of [
      `${'['.repeat(10_000)}${']'.repeat(10_000)}`, `{"a":${'{"a":'.repeat(40)}1${'}'.repeat(40)}}`, '{"name":"a","name":"b"}', '{"user":1e400}', '{"user":-0}', '{"user":12345678901234567890}', '[1]', '"x"', 'null', '{"a"', '{"a":1}}', "{'a':1}", '{"__proto__":{"x":1},"__proto__":1}',
    ]) expect([body.slice(0, 30), (await rawJson('applications/', body)).status]).toEqual([body.slice(0, 30), 400]); // prettier-ignore
    const keys = `{${Array.from({ length: 6000 }, (_, i) => `"k${i}":1`).join(',')}}`;
    const manyKeys = await rawJson('applications/', keys);
    expect([manyKeys.status, await manyKeys.json()]).toEqual([
      400,
      { detail: 'JSON parse error - more than 1000 keys' },
    ]);
    const marks = await rawJson('applications/', `{"description":"${'\u0301'.repeat(31)}"}`);
    expect(await marks.json()).toEqual({ detail: 'JSON parse error - more than 30 combining marks in a row' });
    const odd = await rawJson('tokens/', '{"scope":"read","__proto__":{"scope":"write"},"constructor":1}');
    expect([odd.status, Object.keys((await odd.json()) as object)]).toEqual([400, ['__proto__', 'constructor']]);
  });

  it('IN-22 62 KiB of escaped quotes are refused, and others are answered', async () => {
    const [refused, other] = await Promise.all([
      rawJson('tokens/', '\\"'.repeat(31 * 1024)),
      fetch(`${first()}/.well-known/oauth-authorization-server`),
    ]);
    expect([refused.status, other.status]).toEqual([400, 200]);
    expect(((await refused.json()) as { detail: string }).detail).toMatch(/^JSON parse error - /);
  });

  it('IN-14 line ends split no header and forge no log line', async () => {
    const chrome = await adminBrowser(system);
    for (const end of ['\r\nSet-Cookie: evil=1', '\n{"level":30}', '\u2028x', '\u2029x']) {
      const answer = await chrome.get(authorizeUrl(app, { state: `a${end}` }));
      expect(answer.headers.get('set-cookie') ?? '').not.toContain('evil');
      await admin(system)('POST', 'applications/', {
        name: `line${end}`,
        client_type: 'confidential',
        authorization_grant_type: 'authorization-code',
        redirect_uris: REDIRECT_URI,
      });
      await chrome.get(`/api/login/?next=${encodeURIComponent(`/api/${end}`)}`);
    }
    for (const line of system
      .log()
      .split('\n')
      // What follows the last line end is a line that has not come whole.
      .slice(0, -1)
      .filter((text) => text.startsWith('{')))
      expect(() => JSON.parse(line) as unknown).not.toThrow();
  });

  it('IN-16 slow clients are cut off, and good ones do not notice', async () => {
    const slow = async (text: string): Promise<number> => status(await octets(text, 25_000));
    const began = Date.now();
    const idle = Array.from({ length: 500 }, () => {
      const { hostname, port } = new URL(first());
      const socket = connect(Number(port), hostname);
      socket.on('error', () => undefined);
      return socket;
    });
    const [headers, body, ...good] = await Promise.all([
      slow(`GET /api/ HTTP/1.1\r\nHost: ${host()}\r\nX-Slow: `),
      slow(
        `POST /api/o/token/ HTTP/1.1\r\nHost: ${host()}\r\nContent-Type: ${FORM}\r\nContent-Length: 1000\r\n\r\ngrant`,
      ),
      ...Array.from({ length: 20 }, () =>
        postAs(machine, first(), 'token', { grant_type: 'client_credentials' }).then((answer) => answer.status),
      ),
    ]);
    idle.forEach((socket) => socket.destroy());
    expect([headers, body]).toEqual([408, 408]);
    expect(new Set(good)).toEqual(new Set([200]));
    expect(Date.now() - began).toBeLessThan(25_000);
  }, 60_000);

  it('IN-17 the issuer, links and cookies never follow the request; an unknown host is not served', async () => {
    for (const name of [
      'evil.example',
      `evil.example:${new URL(first()).port}`,
      `${host()}.evil.example`,
      `${host()}@evil.example`,
    ])
      expect([400, 421]).toContain(
        status(await octets(`GET /api/ HTTP/1.1\r\nHost: ${name}\r\nConnection: close\r\n\r\n`)),
      );
    const metadata = await octets(
      `GET /.well-known/oauth-authorization-server HTTP/1.1\r\nHost: ${host()}\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: https\r\nForwarded: host=evil.example\r\nConnection: close\r\n\r\n`,
    );
    expect([status(metadata), metadata.includes('evil.example'), metadata.includes(`"issuer":"${first()}"`)]).toEqual([
      200,
      false,
      true,
    ]);
    const login = await octets(
      `GET /api/login/ HTTP/1.1\r\nHost: ${host()}\r\nX-Forwarded-Proto: https\r\nAccept: text/html\r\nConnection: close\r\n\r\n`,
    );
    expect(login).not.toMatch(/set-cookie:[^\r]*;\s*secure/i);
  });

  it('IN-19 smuggling basics are refused or treated as the plain request that they are', async () => {
    const line = `Host: ${host()}\r\nConnection: close\r\n`;
    const both = await octets(
      `POST /api/o/token/ HTTP/1.1\r\n${line}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /api/ HTTP/1.1\r\n\r\n`,
    );
    expect(status(both)).toBe(400);
    expect(
      status(await octets(`POST /api/o/token/ HTTP/1.1\r\n${line}Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd`)),
    ).toBe(400);
    expect(
      status(await octets(`POST /api/o/token/ HTTP/1.1\r\n${line}Transfer-Encoding: xchunked\r\n\r\n`)),
    ).toBeGreaterThanOrEqual(400);
    expect([0, 400, 405]).toContain(status(await octets(`CONNECT evil.example:443 HTTP/1.1\r\n${line}\r\n`)));
    expect([200, 400]).toContain(
      status(await octets(`GET /api/ HTTP/1.1\r\n${line}Upgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\n`)),
    );
    expect([400, 404, 421]).toContain(
      status(await octets(`GET http://evil.example/api/ HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n`)),
    );
    expect([200, 400, 421]).toContain(status(await octets(`GET /api/ HTTP/1.0\r\nHost: ${host()}\r\n\r\n`)));
    expect(
      await octets(`GET /api/ HTTP/1.1\r\nHost: ${host()}\r\nHost: evil.example\r\nConnection: close\r\n\r\n`),
    ).not.toContain('evil.example');
    expect(status(await octets(`GET /api/\r\n\r\n`))).toBeGreaterThanOrEqual(400);
  });

  it('IN-23 of two copies of a header that decides, neither counts', async () => {
    const copies = {
      Authorization: basic('admin', system.adminPassword),
      'Content-Type': 'application/json',
      Cookie: 'a=b',
      'Grantlog-Position': 'a.b',
      'Last-Event-ID': '0',
      Origin: first(),
      Referer: `${first()}/`,
      'Sec-Fetch-Site': 'same-origin',
      'X-CSRFToken': 'a',
    };
    for (const [name, value] of Object.entries({ ...copies, Host: host() })) {
      const lines = `${name}: ${value}\r\n`.repeat(name === 'Host' ? 1 : 2);
      const answer = await octets(
        `GET /api/v2/me/ HTTP/1.1\r\nHost: ${host()}\r\n${lines}Connection: close\r\n\r\n`,
        10_000,
      );
      expect([name, status(answer)]).toEqual([name, 400]);
    }
    const answer = await octets(
      `POST /api/o/token/ HTTP/1.1\r\nHost: ${host()}\r\n${`Authorization: ${authorization()}\r\n`.repeat(2)}Connection: close\r\n\r\n`,
      10_000,
    );
    expect(answer).toContain(
      '{"error":"invalid_request","error_description":"The authorization header is there twice.',
    );
  });

  it('IN-24 a byte order mark is part of a name, and dropped nowhere', async () => {
    const client = await send('/api/o/token/', 'grant_type=client_credentials', {
      'content-type': FORM,
      authorization: basic(`\ufeff${machine.clientId}`, machine.clientSecret),
    });
    const form = await send('/api/o/token/', '\ufeffgrant_type=client_credentials', { 'content-type': FORM });
    expect([client.status, form.status]).toEqual([401, 400]);
  });

  /** Sends a body in chunks that has no end, until the other side closes. */
  const endless = (head: string, most: number): Promise<{ status: number; sent: number }> =>
    new Promise((resolve) => {
      const { hostname, port } = new URL(first());
      const chunk = Buffer.from(`4000\r\n${'a'.repeat(0x4000)}\r\n`);
      let came = '';
      let sent = 0;
      const socket = connect(Number(port), hostname);
      const more = (): void => {
        while (!socket.destroyed && sent < most) {
          sent += chunk.length;
          if (!socket.write(chunk)) return;
        }
      };
      socket.write(`${head}Host: ${host()}\r\nTransfer-Encoding: chunked\r\n\r\n`);
      socket.on('drain', more).on('data', (bytes) => (came += bytes.toString('latin1')));
      socket.on('error', () => undefined).on('close', () => resolve({ status: status(came), sent }));
      more();
    });
  const MOST_SENT = 65_000_000;

  it('IN-25 a body over the limit is closed at the limit, chunked ones and those nobody reads too', async () => {
    const json = `Authorization: ${basic('admin', system.adminPassword)}\r\nContent-Type: application/json\r\n`;
    for (const [head, wanted] of [
      [`POST /api/o/token/ HTTP/1.1\r\nContent-Type: ${FORM}\r\n`, 413],
      [`POST /api/o/introspect/ HTTP/1.1\r\nContent-Type: ${FORM}\r\n`, 413],
      [`POST /api/login/ HTTP/1.1\r\nContent-Type: ${FORM}\r\n`, 413],
      [`POST /api/v2/tokens/ HTTP/1.1\r\n${json}`, 413],
      [`PATCH /api/v2/tokens/1/ HTTP/1.1\r\n${json}`, 413],
      [`DELETE /api/v2/tokens/999999/ HTTP/1.1\r\n${json}`, 404],
      ['GET /api/ HTTP/1.1\r\n', 200],
      ['POST /nowhere/ HTTP/1.1\r\n', 404],
    ] as const) {
      expect([head, (await endless(head, 80_000)).status]).toEqual([head, wanted]);
      // One that goes on writing may meet the closed connection before it reads the reply.
      expect((await endless(head, MOST_SENT)).sent).toBeLessThan(MOST_SENT);
    }
    for (const method of ['GET', 'DELETE', 'POST'])
      expect(
        await octets(`${method} /api/v2/tokens/ HTTP/1.1\r\nHost: ${host()}\r\nContent-Length: 65537\r\n\r\n`, 10_000),
      ).toMatch(/^HTTP\/1\.1 413 [\s\S]*Connection: close/i);
  });

  it('IN-26 a parameter without a value counts as omitted', async () => {
    const pub = await register(system, { client_type: 'public' });
    const grant = { grant_type: 'authorization_code', code: 'unknown' };
    const asked = [
      { form: { ...grant, client_id: pub.clientId, client_secret: '' } },
      { form: { ...grant, client_id: '', client_secret: '' }, authorization: basic(pub.clientId, '') },
    ];
    for (const { form, authorization: header } of asked) {
      const { status: came, json } = await post(first(), 'token', form, header ? { authorization: header } : {});
      expect([came, json['error']]).toEqual([400, 'invalid_grant']);
    }
    const both = await postAs(machine, first(), 'token', { grant_type: 'client_credentials', client_secret: '' });
    const none = await post(first(), 'token', { ...grant, client_id: machine.clientId, client_secret: '' });
    expect([both.status, none.status]).toEqual([200, 401]);
  });

  it('IN-27 a form in a charset whose letters are ASCII is read as UTF-8', async () => {
    for (const charset of ['ISO-8859-1', 'US-ASCII', 'UTF-8']) {
      const type = `${FORM}; charset=${charset}`;
      expect((await send('/api/o/token/', 'grant_type=client_credentials', { 'content-type': type })).status).toBe(200);
      const latin = await send('/api/o/token/', 'grant_type=client_credentials&scope=%FC', { 'content-type': type });
      expect(latin.status).toBe(400);
    }
  });

  it('IN-28 a bearer token is no client authentication, and hinders none', async () => {
    const form = { grant_type: 'client_credentials' };
    const header = { authorization: 'Bearer gla_stale' };
    const { clientId, clientSecret } = machine;
    const right = await post(first(), 'token', { ...form, client_id: clientId, client_secret: clientSecret }, header);
    const alone = await post(first(), 'token', form, header);
    expect([right.status, alone.status, alone.json['error']]).toEqual([200, 401, 'invalid_client']);
  });

  it('IN-29 a path below /api without its last slash is the same address', async () => {
    const header = { authorization: basic('admin', system.adminPassword) };
    for (const path of [
      '/api',
      '/api/o',
      '/api/v2',
      '/api/v2/me',
      '/api/v2/applications',
      '/api/v2/applications/1',
      '/api/v2/users?page_size=1',
    ]) {
      const { status: came, redirected } = await fetch(first() + path, { headers: header });
      expect([path, came, redirected]).toEqual([path, 200, false]);
    }
    expect((await send('/api/o/token', 'grant_type=client_credentials', { 'content-type': FORM })).status).toBe(200);
    expect((await fetch(`${first()}/docs`)).status).toBe(404);
  });

  it('IN-30 a stream of events ends with the right to it, and an account has at most four', async () => {
    const root = admin(system);
    const { json } = await root('POST', 'tokens/', { scope: 'read' });
    const header = { accept: 'text/event-stream', authorization: `Bearer ${String(json['token'])}` };
    const url = `${first()}/api/v2/events/`;
    const open = new AbortController();
    const streams = await Promise.all(
      Array.from({ length: 4 }, () => fetch(url, { headers: header, signal: open.signal })),
    );
    const fifth = await fetch(url, { headers: header });
    expect([...streams.map((one) => one.status), fifth.status]).toEqual([200, 200, 200, 200, 429]);
    expect(((await fifth.json()) as { detail: string }).detail).toContain('has 4 event streams open');
    const ended = Promise.all(streams.map((one) => one.text()));
    expect((await root('DELETE', `tokens/${String(json['id'])}/`)).status).toBe(204);
    for (const text of await ended) expect(text).toMatch(/retry: 1000\n\n$/);
    expect((await fetch(url, { headers: header })).status).toBe(401);
  });

  it('one spelling for each route but for the last slash; any other is not there', async () => {
    for (const path of [
      '/API/',
      '/api//v2/',
      '/api/v2/Applications/',
      '/api/v2/./applications/',
      '/api/o/revoke-token/',
      '/api/v2/applications/%2e%2e/tokens/',
      '/api/v2/applications/1//',
    ])
      expect([
        path,
        status(
          await octets(
            `GET ${path} HTTP/1.1\r\nHost: ${host()}\r\nAuthorization: ${basic('admin', system.adminPassword)}\r\nConnection: close\r\n\r\n`,
          ),
        ),
      ]).toEqual([path, 404]);
  });

  it('LK-02 LK-03 LK-05 no secret in a log, no inner detail in an error, no metrics on the public port', async () => {
    const chrome = await adminBrowser(system);
    const code = await codeFor(chrome, app);
    const { json } = await redeem(app, first(), code);
    const answer = await fetch(`${first()}/api/v2/applications/%ff/`, {
      headers: { authorization: basic('admin', system.adminPassword) },
    });
    expect(await answer.text()).not.toMatch(/at \w+|node_modules|\.ts:|\.js:|sqlite|mongo|grpc/i);
    expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    for (const secret of [code, json['access_token'], json['refresh_token'], system.adminPassword])
      expect(system.log()).not.toContain(String(secret));
    for (const path of ['/metrics', '/health/live', '/health/ready', '/test/clock', '/debug', '/json/version'])
      expect((await fetch(first() + path)).status).toBe(404);
    const ports = system.processes().filter(({ port }) => port !== undefined);
    const metrics = await (await fetch(`http://127.0.0.1:${ports[0]?.managementPort}/metrics`)).text();
    for (const value of [app.clientId, 'admin"', String(json['access_token'])]) expect(metrics).not.toContain(value);
  });
});

describe(`anything at all (${PROFILE})`, () => {
  const RUNS = RELEASE ? 2_500_000 : PROFILE === 'embedded' ? 30_000 : 2000;
  const AT_ONCE = 50;
  const word = fc.constantFrom(
    'grant_type', 'authorization_code', 'refresh_token', 'client_credentials', 'password', 'code', 'token', 'client_id', 'client_secret', 'redirect_uri', 'scope', 'read', 'write', 'state', 'response_type',
    'code_challenge', 'S256', 'prompt', 'none', 'https://app.example/callback', '../', '%00', '%', '%zz', '&&', '==', '[]', '{}', '"', "'", '<script>', '\u202e', '😀', '\ud800', '__proto__', 'constructor', 'null', '0', '-1', '1e400', 'gla_', 'glr_1-1.', 'Basic ', 'Bearer ', ':', '\t',
  ); // prettier-ignore
  const text = fc
    .array(fc.oneof(word, fc.string({ unit: 'binary', maxLength: 8 })), { maxLength: 8 })
    .map((words) => words.join(''));
  const form = fc
    .array(fc.tuple(fc.oneof(word, text), text), { maxLength: 8 })
    .map((pairs) => pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&'));
  const encode = (value: string): string => {
    try {
      return encodeURIComponent(value);
    } catch {
      return '%ED%A0%80';
    }
  };
  const headerValue = text.map((value) => value.replace(/[^\x20-\x7e]/g, ''));
  const request = fc.oneof(
    fc.record({ method: fc.constant('POST'), path: fc.constantFrom(...ENDPOINTS).map((name) => `/api/o/${name}/`), body: fc.oneof(form, text), type: fc.constant(FORM), authorization: fc.oneof(fc.constant('good'), headerValue) }),
    fc.record({ method: fc.constant('GET'), path: form.map((query) => `/api/o/authorize/?${query}`), body: fc.constant(''), type: fc.constant(''), authorization: fc.constant('') }),
    fc.record({ method: fc.constantFrom('GET', 'POST', 'PATCH', 'PUT', 'OPTIONS'), path: fc.tuple(fc.constantFrom('applications/', 'tokens/', 'users/', 'me/', 'settings/all/', 'organizations/', 'activity_stream/'), form).map(([name, query]) => `/api/v2/${name}?${query}`), body: fc.oneof(fc.json(), text), type: fc.constantFrom('application/json', FORM, ''), authorization: fc.oneof(fc.constant('admin'), headerValue) }),
    fc.record({ method: fc.constant('GET'), path: text.map((value) => `/${encode(value)}`), body: fc.constant(''), type: fc.constant(''), authorization: headerValue }),
  ); // prettier-ignore

  it(
    `IN-20 G9 ${RUNS} mutated requests: no crash and no server error`,
    async () => {
      const wrong: string[] = [];
      const pids = system.processes().map(({ pid }) => pid);
      const requests = fc.sample(request, RUNS);
      const origin = fc.sample(headerValue, 100);
      const one = async (i: number): Promise<void> => {
        const { method, path, body, type, authorization: given } = requests[i] as (typeof requests)[number];
        const credentials =
          given === 'good' ? authorization() : given === 'admin' ? basic('admin', system.adminPassword) : given;
        try {
          const response = await fetch(first() + path, {
            method,
            redirect: 'manual',
            headers: {
              ...(type !== '' && { 'content-type': type }),
              ...(credentials.trim() !== '' && { authorization: credentials }),
              origin: origin[i % 100] || 'null',
            },
            ...(method !== 'GET' && method !== 'OPTIONS' && { body: new Uint8Array(Buffer.from(body)) }),
          });
          await response.arrayBuffer();
          if (response.status >= 500)
            wrong.push(`${response.status} ${method} ${path.slice(0, 200)} ${body.slice(0, 200)}`);
        } catch (error) {
          // What fetch itself refuses to send was not sent.
          if (!(error instanceof TypeError) || /ECONNRE/.test(String((error as { cause?: unknown }).cause)))
            wrong.push(`${String((error as { cause?: unknown }).cause)} ${method} ${path.slice(0, 200)}`);
        }
      };
      let next = 0;
      await Promise.all(
        Array.from({ length: AT_ONCE }, async () => {
          for (let i = next++; i < RUNS && wrong.length < 5; i = next++) await one(i);
        }),
      );
      expect(wrong).toEqual([]);
      expect(system.processes().map(({ pid }) => pid)).toEqual(pids);
    },
    RELEASE ? 7_200_000 : 600_000,
  );
});
