import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { admin, api, basic, type Client, postAs, register } from './clients.ts';
import { PROFILE, startSystem, type System, until } from './system.ts';

let system: System;
let machine: Client;
const gateway = (i = 0): string => system.gateways.at(i) as string;
const ALLOWED = 'https://app.example';
const OWN = 'https://own.example';
const STRANGER = 'https://stranger.example';

beforeAll(async () => {
  system = await startSystem();
  machine = await register(system, {
    authorization_grant_type: 'client-credentials',
    redirect_uris: '',
    allowed_origins: OWN,
  });
  expect((await admin(system)('PATCH', 'settings/cors/', { CORS_ALLOWED_ORIGINS: [ALLOWED] })).status).toBe(200);
}, 200_000);
afterAll(async () => {
  await system.stop();
}, 60_000);

const preflight = (
  path: string,
  origin: string,
  more: Record<string, string> = {},
  base = gateway(),
): Promise<Response> =>
  fetch(base + path, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization',
      ...more,
    },
  });
const corsHeaders = (response: Response): string[] =>
  [...response.headers.keys()].filter((name) => name.startsWith('access-control-'));
const allowOrigin = (response: Response): string | null => response.headers.get('access-control-allow-origin');
const token = (
  origin: string,
  form: Record<string, string>,
  authorization = basic(machine.clientId, machine.clientSecret),
) =>
  fetch(`${gateway()}/api/o/token/`, {
    method: 'POST',
    headers: { origin, authorization, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
  });
const GOOD = { grant_type: 'client_credentials' };
const settings = (changes: Record<string, unknown>) => admin(system)('PATCH', 'settings/cors/', changes);

describe(`the allowlist of origins (${PROFILE})`, () => {
  it('CO-09 a preflight is answered from fixed lists for who is allowed, and says nothing to a stranger', async () => {
    for (const origin of [ALLOWED, OWN]) {
      await until(async () => allowOrigin(await preflight('/api/o/token/', origin)) === origin);
      const response = await preflight('/api/o/token/', origin);
      expect([response.status, await response.text()]).toEqual([200, '']);
      expect(response.headers.get('access-control-allow-headers')).not.toContain('x-foreign');
    }
    for (const [origin, more] of [
      [STRANGER, {}],
      [ALLOWED, { 'access-control-request-headers': 'x-foreign' }],
      [ALLOWED, { 'access-control-request-method': 'TRACE' }],
    ] as const) {
      expect(corsHeaders(await preflight('/api/o/token/', origin, more))).toEqual([]);
    }
  });

  it('CO-01 CO-02 a pattern matches the whole origin, and one that lets in more is stored with a warning', async () => {
    await settings({ CORS_ALLOWED_ORIGIN_REGEXES: ['https://pattern\\.ex'] });
    for (const origin of ['https://pattern.ex.evil.com', 'https://evilpattern.ex', 'https://patternxex'])
      expect(allowOrigin(await token(origin, GOOD))).toBeNull();
    expect(allowOrigin(await token('https://pattern.ex', GOOD))).toBe('https://pattern.ex');
    for (const pattern of ['https://app.ex', '.*', 'https?://.*']) {
      const { status, json } = await settings({ CORS_ALLOWED_ORIGIN_REGEXES: [pattern] });
      const warnings = json['warnings'] as { entry: string; lets_in: string }[];
      expect([status, json['CORS_ALLOWED_ORIGIN_REGEXES'], warnings[0]?.entry]).toEqual([200, [pattern], pattern]);
      expect(allowOrigin(await token(warnings[0]?.lets_in ?? '', GOOD))).toBe(warnings[0]?.lets_in);
    }
    const refused = await settings({ CORS_ALLOWED_ORIGIN_REGEXES: ['(?=x)'] });
    expect([refused.status, refused.text.includes('RE2')]).toEqual([400, true]);
    expect((await settings({ CORS_ALLOWED_ORIGIN_REGEXES: [] })).json['warnings']).toBeUndefined();
  });

  it('CO-03 CO-08 compares the serialised origin and never lets in null', async () => {
    for (const origin of [
      'null',
      'http://app.example',
      'https://app.example:444',
      'https://APP.example',
      'https://app.example.',
    ])
      expect(allowOrigin(await token(origin, GOOD))).toBeNull();
    for (const bad of ['null', '*', 'https://app.example/', 'https://app.example:443', 'app.example'])
      expect((await settings({ CORS_ALLOWED_ORIGINS: [bad] })).status).toBe(400);
    const application = await admin(system)('PATCH', `applications/${machine.id}/`, {
      allowed_origins: 'https://x.ex/path',
    });
    expect([application.status, Object.keys(application.json)]).toEqual([400, ['allowed_origins']]);
  });

  it('CO-04 allow-all is a literal star, without credentials; both together are refused', async () => {
    expect((await settings({ CORS_ALLOW_ALL_ORIGINS: true, CORS_ALLOW_CREDENTIALS: true })).status).toBe(400);
    expect((await settings({ CORS_ALLOW_ALL_ORIGINS: true })).status).toBe(200);
    expect((await settings({ CORS_ALLOW_CREDENTIALS: true })).status).toBe(400);
    const response = await token(STRANGER, GOOD);
    expect([allowOrigin(response), response.headers.get('access-control-allow-credentials')]).toEqual(['*', null]);
    expect(allowOrigin(await token('null', GOOD))).toBeNull();
    await settings({ CORS_ALLOW_ALL_ORIGINS: false });
  });

  it('CO-05 every reply varies by origin, asked with one or without', async () => {
    for (const path of [
      '/api/',
      '/api/v2/',
      '/api/v2/applications/',
      '/api/o/token/',
      '/.well-known/oauth-authorization-server',
      '/nothing',
    ])
      for (const origin of [undefined, ALLOWED, STRANGER])
        expect((await fetch(gateway() + path, { headers: { ...(origin && { origin }) } })).headers.get('vary')).toMatch(
          /\bOrigin\b/,
        );
  });

  it('CO-10 pages never answer other origins, whatever the settings', async () => {
    await settings({ CORS_ALLOW_ALL_ORIGINS: true });
    for (const path of ['/api/o/authorize/', '/api/login/', '/api/logout/', '/console/', '/account/', '/docs/']) {
      expect(corsHeaders(await fetch(gateway() + path, { redirect: 'manual', headers: { origin: ALLOWED } }))).toEqual(
        [],
      );
      expect(corsHeaders(await preflight(path, ALLOWED))).toEqual([]);
    }
    await settings({ CORS_ALLOW_ALL_ORIGINS: false });
  });

  it('CO-11 errors carry the same headers as a 200', async () => {
    const answers = [
      await token(ALLOWED, {}),
      await token(ALLOWED, GOOD, basic(machine.clientId, 'wrong')),
      await token(ALLOWED, { grant_type: 'x'.repeat(20_000) }),
      await fetch(`${gateway()}/api/v2/applications/`, { headers: { origin: ALLOWED } }),
      await fetch(`${gateway()}/api/v2/nothing/`, { headers: { origin: ALLOWED } }),
      await token(OWN, { ...GOOD, scope: 'nonsense' }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([400, 401, 413, 401, 404, 400]);
    expect(answers.map(allowOrigin)).toEqual([ALLOWED, ALLOWED, ALLOWED, ALLOWED, ALLOWED, OWN]);
    expect(answers[0]?.headers.get('access-control-expose-headers')).toContain('x-request-id');
  });

  it('CO-12 a page of one application reads a 401, and every error that comes before the client is proven', async () => {
    const path = (name: string, headers: Record<string, string> = {}, method = 'GET') =>
      fetch(gateway() + name, { method, headers: { origin: OWN, ...headers } });
    const answers = [
      await path('/api/v2/me/'),
      await path('/api/v2/me/', { authorization: 'Bearer gla_unknown' }),
      await path('/api/v2/me/', { authorization: basic('admin', 'wrong') }),
      await token(OWN, GOOD, basic(machine.clientId, 'wrong')),
      await token(OWN, {}, ''),
      await path('/api/o/token/'),
      await path('/api/o/token/', { 'content-type': 'application/json' }, 'POST'),
      await path('/api/v2/nothing/'),
    ];
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 405, 400, 404]);
    expect(new Set(answers.map(allowOrigin))).toEqual(new Set([OWN]));
    // Who is proven and not the one that lists the origin: neither the success nor its errors.
    const known = await path('/api/v2/users/999999/', { authorization: basic('admin', system.adminPassword) });
    expect([known.status, allowOrigin(known)]).toEqual([404, null]);
    expect(allowOrigin(await path('/api/v2/me/', { origin: STRANGER }))).toBeNull();
  });

  it('CO-13 every origin may read the metadata document', async () => {
    const path = '/.well-known/oauth-authorization-server';
    expect(allowOrigin(await fetch(gateway() + path, { headers: { origin: STRANGER } }))).toBe('*');
    expect(allowOrigin(await fetch(gateway() + path, { headers: { origin: 'null' } }))).toBeNull();
    expect((await admin(system)('POST', 'cors/explain/', { origin: STRANGER, path })).json).toMatchObject({
      allowed: true,
    });
  });

  it("an application's own origin counts for its own requests only, bearer calls included", async () => {
    const other = await register(system, { authorization_grant_type: 'client-credentials', redirect_uris: '' });
    expect(allowOrigin(await token(OWN, GOOD))).toBe(OWN);
    expect(allowOrigin(await token(OWN, GOOD, basic(other.clientId, other.clientSecret)))).toBeNull();
    const bearer = async (client: Client): Promise<string | null> => {
      const { json } = await postAs(client, gateway(), 'token', GOOD);
      const headers = { origin: OWN, authorization: `Bearer ${json['access_token'] as string}` };
      return allowOrigin(await fetch(`${gateway()}/api/v2/me/`, { headers }));
    };
    expect([await bearer(machine), await bearer(other)]).toEqual([OWN, null]);
  });

  it('settings and files hold on every gateway within a second, and old names work', async () => {
    await settings({ CORS_ORIGIN_WHITELIST: [ALLOWED, 'https://second.example'] });
    for (const base of system.gateways)
      expect(allowOrigin(await preflight('/api/o/token/', 'https://second.example', {}, base))).toBe(
        'https://second.example',
      );
    const file = join(system.confFolder, 'origins.yaml');
    writeFileSync(file, 'CORS_ALLOWED_ORIGINS:\n  - https://file.example\n');
    for (const base of system.gateways)
      await until(
        async () => allowOrigin(await preflight('/api/o/token/', 'https://file.example', {}, base)) !== null,
        5000,
      );
    // What the API lists goes on being allowed beside the file.
    expect(allowOrigin(await token('https://second.example', GOOD))).toBe('https://second.example');
    rmSync(file);
    await until(async () => allowOrigin(await preflight('/api/o/token/', 'https://file.example')) === null);
  });

  it('a file that stops to parse leaves what was in force, and readiness tells file and line', async () => {
    const file = join(system.confFolder, 'custom.py');
    writeFileSync(file, 'CORS_ALLOWED_ORIGINS = ["https://python.example"]\n');
    await until(async () => allowOrigin(await preflight('/api/o/token/', 'https://python.example')) !== null);
    writeFileSync(file, '# changed\nCORS_ALLOWED_ORIGINS = ["https://python.example/path"]\n');
    const ports = system.processes().filter(({ port }) => port !== undefined);
    const ready = async (): Promise<string> =>
      (await fetch(`http://127.0.0.1:${ports[0]?.managementPort}/health/ready`)).text();
    await until(async () => (await ready()).includes('custom.py: line 2'));
    expect(await ready()).toMatch(/"sha256":"[0-9a-f]{64}"/);
    expect(allowOrigin(await preflight('/api/o/token/', 'https://python.example'))).toBe('https://python.example');
    writeFileSync(file, 'CORS_ORIGIN_ALLOW_ALL = False\n');
    await until(async () => !(await ready()).includes('line 2'));
    rmSync(file);
  });

  it('explains by which entry of which source an origin is let in, and what is missing', async () => {
    const ask = async (question: Record<string, unknown>) =>
      (await admin(system)('POST', 'cors/explain/', question)).json;
    const listed = await ask({ origin: ALLOWED, method: 'POST', path: '/api/o/token/', headers: ['authorization'] });
    expect(listed).toMatchObject({
      allowed: true,
      preflight: { needed: true, allowed: true },
      by: [{ source: 'settings', setting: 'CORS_ALLOWED_ORIGINS', entry: ALLOWED }],
      missing: [],
    });
    const own = { origin: OWN, method: 'POST', path: '/api/o/token/' };
    expect(await ask({ ...own, client_id: machine.clientId })).toMatchObject({
      allowed: true,
      by: [{ source: 'application', of: machine.id, setting: 'allowed_origins' }],
    });
    expect(await ask(own)).toMatchObject({
      allowed: false,
      missing: [expect.stringContaining(`application ${machine.id}`)],
    });
    expect(await ask({ origin: STRANGER, method: 'TRACE', headers: ['x-foreign'] })).toMatchObject({
      allowed: false,
      missing: [
        expect.stringContaining('CORS_ALLOWED_ORIGINS'),
        expect.stringContaining('CORS_ALLOW_METHODS'),
        expect.stringContaining('CORS_ALLOW_HEADERS'),
      ],
    });
    expect(await ask({ origin: 'null' })).toMatchObject({ allowed: false, by: [] });
    expect((await admin(system)('POST', 'cors/explain/', {})).json).toEqual({ origin: ['This field is required.'] });
    const user = await admin(system)('POST', 'users/', { username: 'nobody special', password: 'a password' });
    expect(user.status).toBe(201);
    expect(
      (await api(gateway(), basic('nobody special', 'a password'))('POST', 'cors/explain/', { origin: ALLOWED }))
        .status,
    ).toBe(403);
  });

  it('operators see who was refused: origin, path and reason', async () => {
    await token('https://knocking.example', GOOD);
    await preflight('/api/v2/tokens/', 'https://knocking.example');
    const seen = async (): Promise<{ path: string; reason: string; detail: string }[]> =>
      ((await admin(system)('GET', 'refusals/?limit=1000')).json['results'] as never[]) ?? [];
    const mine = async () => (await seen()).filter(({ detail }) => detail.includes('https://knocking.example'));
    await until(async () => (await mine()).length === 2);
    expect((await mine()).map(({ path, reason }) => [path, reason])).toEqual([
      ['/api/o/token/', 'refused_origin'],
      ['/api/v2/tokens/', 'refused_origin'],
    ]);
    const ports = system.processes().filter(({ port }) => port !== undefined);
    const metrics = await Promise.all(
      ports.map(async ({ managementPort }) => (await fetch(`http://127.0.0.1:${managementPort}/metrics`)).text()),
    );
    expect(metrics.join('\n')).toMatch(/grantlog_refusals_total\{reason="refused_origin"[^}]*\} [1-9]/);
  });
});
