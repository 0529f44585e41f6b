import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  admin,
  adminBrowser,
  type Answer,
  api,
  authorizeUrl,
  basic,
  type Browser,
  browser,
  type Client,
  hiddenFields,
  isActive,
  type Json,
  post,
  postAs,
  register,
  SECRETS,
  tokensFor,
} from './clients.ts';
import { findLeaks } from './leaks.ts';
import { PROFILE, startSystem, type System, until } from './system.ts';

let system: System;
let app: Client;
const first = (): string => system.gateways[0] as string;
const root = () => admin(system);
const PASSWORD = 'a password of theirs';

beforeAll(async () => {
  // Tries are told apart by address; the tests come from several by a header of the proxy that they are.
  system = await startSystem({ GRANTLOG_TRUSTED_PROXIES: '127.0.0.1' });
  app = await register(system);
}, 200_000);
afterAll(async () => {
  await system.stop();
}, 60_000);

let names = 0;
const user = async (more: Json = {}): Promise<{ id: number; name: string }> => {
  const name = `person ${(names += 1)}`;
  const { json, status, text } = await root()('POST', 'users/', { username: name, password: PASSWORD, ...more });
  if (status !== 201) throw new Error(text);
  return { id: json['id'] as number, name };
};
const from = (address: string): Record<string, string> => ({ 'x-forwarded-for': address });
const logIn = async (
  one: Browser,
  username: string,
  password: string,
  address: string,
  base = '/api/login/',
): Promise<Answer> => {
  const page = await one.get(base);
  return one.submit('/api/login/', { ...hiddenFields(page.text), username, password }, from(address));
};
/** Wrong tries, a few at a time. */
const wrongly = async (count: number, username: string, address: (i: number) => string): Promise<number[]> => {
  const statuses: number[] = [];
  const one = browser(first());
  const page = await one.get('/api/login/');
  const fields = hiddenFields(page.text);
  for (let i = 0; i < count; i += 10) {
    const some = Array.from({ length: Math.min(10, count - i) }, (_, k) =>
      one.submit('/api/login/', { ...fields, username, password: `wrong ${i + k}` }, from(address(i + k))),
    );
    statuses.push(...(await Promise.all(some)).map(({ status }) => status));
  }
  return statuses;
};
const count = (statuses: readonly number[], status: number): number => statuses.filter((one) => one === status).length;

describe(`logging in (${PROFILE})`, () => {
  it('LG-01 LG-06 ten wrong passwords at one account from one address, and no more are looked at, however parallel', async () => {
    const { name } = await user();
    const one = browser(first());
    const fields = hiddenFields((await one.get('/api/login/')).text);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        one.submit('/api/login/', { ...fields, username: name, password: `wrong ${i}` }, from('10.1.0.1')),
      ),
    );
    const statuses = answers.map(({ status }) => status);
    expect(count(statuses, 401)).toBeLessThanOrEqual(10);
    expect(statuses.filter((status) => status !== 401 && status !== 429)).toEqual([]);
    const late = answers.find(({ status }) => status === 429);
    expect(Number(late?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await logIn(browser(first()), name, PASSWORD, '10.1.0.1')).status).toBe(429);
    // From elsewhere the right user still gets in.
    expect((await logIn(browser(first()), name, PASSWORD, '10.1.0.2')).status).toBe(302);
    await system.restart();
    expect((await logIn(browser(first()), name, PASSWORD, '10.1.0.1')).status).toBe(429);
  }, 120_000);

  it('LG-01 fifty from one address, whatever the accounts', async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 12; i += 1) statuses.push(...(await wrongly(5, `nobody ${i}`, () => '10.2.0.1')));
    expect([count(statuses, 401), count(statuses, 429)]).toEqual([50, 10]);
    const { name } = await user();
    expect((await logIn(browser(first()), name, PASSWORD, '10.2.0.1')).status).toBe(429);
    expect((await logIn(browser(first()), name, PASSWORD, '10.2.0.2')).status).toBe(302);
  }, 60_000);

  it('LG-01 a thousand addresses cannot guess on at one account, nor lock its user out', async () => {
    const { name } = await user();
    const device = browser(first());
    expect((await logIn(device, name, PASSWORD, '10.3.0.1')).status).toBe(302);
    const statuses = await wrongly(120, name, (i) => `10.4.${Math.floor(i / 200)}.${i % 200}`);
    expect([count(statuses, 401), count(statuses, 429)]).toEqual([100, 20]);
    // A stranger with the right password is a stranger; the browser and the address of before are not.
    expect((await logIn(browser(first()), name, PASSWORD, '10.5.0.1')).status).toBe(429);
    expect((await logIn(device, name, PASSWORD, '10.5.0.2')).status).toBe(302);
    expect((await logIn(browser(first()), name, PASSWORD, '10.3.0.1')).status).toBe(302);
    // A device cookie is for its own user, and cannot be made.
    const other = await user();
    const theirs = browser(first());
    await logIn(theirs, other.name, PASSWORD, '10.5.0.3');
    expect((await logIn(theirs, name, PASSWORD, '10.5.0.4')).status).toBe(429);
  }, 60_000);

  it('wrong Basic credentials are called wrong, not missing, whether or not there is such a user', async () => {
    const { name } = await user();
    for (const [username, password] of [
      [name, 'wrong'],
      ['nobody at all', PASSWORD],
    ] as const) {
      const { status, json } = await api(first(), basic(username, password))('GET', 'me/');
      expect([status, json]).toEqual([401, { detail: 'Invalid username or password.' }]);
    }
  });

  it('LG-09 an address counts as one however it is written, and an IPv6 network as one', async () => {
    const spellings = [
      (i: number) => `10.13.0.1:${4000 + i}`,
      () => '::ffff:10.13.0.1',
      (i: number) => `[::FFFF:0A0D:1]:${4000 + i}`,
      // What a proxy cannot name is the proxy: its neighbour in front.
      (i: number) => `192.0.2.${i}, 10.13.0.1`,
    ];
    const { name } = await user();
    const statuses = await wrongly(40, name, (i) => (spellings[i % 4] as (i: number) => string)(i));
    expect([count(statuses, 401), count(statuses, 429)]).toEqual([10, 30]);
    const other = await user();
    const six = await wrongly(20, other.name, (i) => `[2001:db8:0:13:${i}::1]:${4000 + i}`);
    expect([count(six, 401), count(six, 429)]).toEqual([10, 10]);
    expect((await logIn(browser(first()), other.name, PASSWORD, '2001:db8:0:14::1')).status).toBe(302);
    // Unreadable: the proxy itself, which is one sender.
    const third = await user();
    const unreadable = await wrongly(20, third.name, (i) => `unknown-${i}`);
    expect([count(unreadable, 401), count(unreadable, 429)]).toEqual([10, 10]);
    const shown = (await root()('GET', 'refusals/?limit=1000')).json['results'] as { address: string }[];
    expect(shown.filter(({ address }) => /^10\.13\.|ffff/i.test(address)).map(({ address }) => address)).toEqual(
      Array.from({ length: 40 }, () => '10.13.0.1'),
    );
  }, 60_000);

  it('LG-10 what is typed as a username lies nowhere', async () => {
    const typed = 'the-password-in-the-field-for-the-name';
    expect((await logIn(browser(first()), typed, 'wrong', '10.14.0.1')).status).toBe(401);
    expect((await api(first(), basic(`${typed}-by-basic`, 'wrong'))('GET', 'me/')).status).toBe(401);
    await post(first(), 'token', { grant_type: 'authorization_code', code: 'x', client_id: typed });
    SECRETS.add(typed);
    expect((await findLeaks(system)).places).toEqual([]);
  });

  it('LG-03 G11 unknown, disabled and wrong look alike', async () => {
    const active = await user();
    const disabled = await user();
    await root()('PATCH', `users/${disabled.id}/`, { is_active: false });
    const answers = await Promise.all(
      [['nobody at all', '10.6.0.1'], [disabled.name, '10.6.0.2'], [active.name, '10.6.0.3']].map(([name, address]) => logIn(browser(first()), name as string, name === disabled.name ? PASSWORD : 'wrong', address as string)),
    ); // prettier-ignore
    const plain = ({ status, text }: Answer): unknown => [status, text.replace(/nonce="[^"]*"|value="[^"]*"/g, '')];
    expect(new Set(answers.map((answer) => JSON.stringify(plain(answer)))).size).toBe(1);
    expect(answers[0]?.status).toBe(401);
    const samples = { unknown: [] as number[], wrong: [] as number[] };
    for (let i = 0; i < 20; i += 1)
      for (const [kind, name] of [
        ['unknown', `nobody ${i} there`],
        ['wrong', (await user()).name],
      ] as const) {
        const one = browser(first());
        const fields = hiddenFields((await one.get('/api/login/')).text);
        const began = performance.now();
        await one.submit(
          '/api/login/',
          { ...fields, username: name, password: 'wrong' },
          from(`10.7.${kind.length}.${i}`),
        );
        samples[kind].push(performance.now() - began);
      }
    const mean = (list: number[]): number => list.reduce((sum, one) => sum + one, 0) / list.length;
    console.log(
      `login: unknown user ${mean(samples.unknown).toFixed(1)} ms, wrong password ${mean(samples.wrong).toFixed(1)} ms (20 each)`,
    );
  }, 60_000);

  it('LG-04 a password that is too long is not hashed; many logins at once leave tokens alone', async () => {
    const one = browser(first());
    for (const length of [1025, 15_000])
      expect((await logIn(one, 'admin', 'x'.repeat(length), '10.8.0.1')).status).toBe(400);
    const machine = await register(system, { authorization_grant_type: 'client-credentials', redirect_uris: '' });
    const fields = hiddenFields((await one.get('/api/login/')).text);
    const token = () => postAs(machine, first(), 'token', { grant_type: 'client_credentials' });
    // The first one makes the application's service identity, in the service that logs in: once, and not what is asked here.
    expect((await token()).status).toBe(200);
    const [logins, tokens] = await Promise.all([
      Promise.all(
        Array.from({ length: 100 }, (_, i) =>
          one.submit('/api/login/', { ...fields, username: `many ${i}`, password: 'x' }, from(`10.8.1.${i}`)),
        ),
      ),
      Promise.all(Array.from({ length: 50 }, token)),
    ]);
    expect(logins.filter(({ status }) => ![401, 503].includes(status))).toEqual([]);
    expect(tokens.flatMap(({ status, text }) => (status === 200 ? [] : [`${status} ${text}`]))).toEqual([]);
  }, 60_000);

  it('LG-07 Basic and the password grant are no side doors', async () => {
    const { name } = await user();
    const basicTry = (password: string): Promise<Answer> =>
      api(first(), basic(name, password))('GET', 'me/', undefined, from('10.9.0.1'));
    for (let i = 0; i < 5; i += 1) expect((await basicTry(`wrong ${i}`)).status).toBe(401);
    await root()('PATCH', 'settings/all/', { ALLOW_PASSWORD_GRANT: true });
    const legacy = await register(system, { authorization_grant_type: 'password', redirect_uris: '' });
    const grantTry = async (password: string): Promise<Response> =>
      fetch(`${first()}/api/o/token/`, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          authorization: basic(legacy.clientId, legacy.clientSecret),
          ...from('10.9.0.1'),
        },
        body: new URLSearchParams({ grant_type: 'password', username: name, password }).toString(),
      });
    for (let i = 0; i < 5; i += 1) expect((await grantTry(`wrong again ${i}`)).status).toBe(400);
    for (const { status, headers } of [await basicTry(PASSWORD), await grantTry(PASSWORD)])
      expect([status, Number(headers.get('retry-after')) > 0]).toEqual([429, true]);
    await root()('PATCH', 'settings/all/', { ALLOW_PASSWORD_GRANT: false });
    await until(
      async () =>
        ((await root()('GET', 'refusals/?limit=1000')).json['results'] as { reason: string; detail: string }[]).filter(
          ({ reason }) => reason === 'failed_login',
        ).length > 10,
    );
  });
});

describe(`browser sessions and pages (${PROFILE})`, () => {
  it('UI-06 a login form without its token, or with a foreign one, changes nothing', async () => {
    const one = browser(first());
    const fields = hiddenFields((await one.get('/api/login/')).text);
    const good = { username: 'admin', password: system.adminPassword };
    const foreign = hiddenFields((await browser(first()).get('/api/login/')).text);
    for (const [form, headers] of [
      [good, {}], [{ ...fields, ...good, csrfmiddlewaretoken: 'x' }, {}], [{ ...foreign, ...good }, {}], [{ ...fields, ...good }, { origin: 'https://evil.example' }],
      [{ ...fields, ...good }, { origin: 'null', 'sec-fetch-site': 'cross-site' }],
    ] as [Record<string, string>, Record<string, string>][]) {
      const answer = await one.submit('/api/login/', form, headers);
      expect([answer.status, one.cookie('grantlog-session')]).toEqual([403, undefined]);
    } // prettier-ignore
    expect((await one.submit('/api/login/', { ...fields, ...good })).status).toBe(302);
  });

  it('UI-08 a request that rides the session needs its token; a bearer does not, and the cookie is then ignored', async () => {
    const chrome = await adminBrowser(system);
    const cookie = `grantlog-session=${chrome.cookie('grantlog-session')}; csrftoken=${chrome.cookie('csrftoken')}`;
    const body = JSON.stringify({ scope: 'read' });
    const ask = (headers: Record<string, string>): Promise<Response> =>
      fetch(`${first()}/api/v2/tokens/`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json', cookie, ...headers },
      });
    const csrf = { 'x-csrftoken': chrome.cookie('csrftoken') as string };
    for (const headers of [
      {},
      csrf,
      { origin: first() },
      { ...csrf, origin: 'https://evil.example' },
      { ...csrf, origin: 'null' },
      { 'x-csrftoken': 'x', origin: first() },
      { 'content-type': 'text/plain', origin: first() },
    ])
      expect([headers, (await ask(headers as Record<string, string>)).status]).toEqual([headers, 403]);
    expect((await ask({ ...csrf, origin: first() })).status).toBe(201);
    const { json } = await root()('POST', 'tokens/', { scope: 'read' });
    expect((await ask({ authorization: `Bearer ${json['token'] as string}` })).status).toBe(403);
    expect((await ask({ authorization: 'Bearer nonsense', ...csrf, origin: first() })).status).toBe(401);
  });

  it('UI-10 cookies are opaque, strict, and carry no authority but the session', async () => {
    const one = browser(first());
    const answer = await logIn(one, 'admin', system.adminPassword, '10.10.0.1');
    const cookies = answer.headers.getSetCookie();
    const session = cookies.find((text) => text.startsWith('grantlog-session='));
    const device = cookies.find((text) => text.startsWith('grantlog-device='));
    for (const text of [session, device]) expect(text).toMatch(/; Path=\/.*HttpOnly/i);
    for (const text of cookies) expect(text).toMatch(/SameSite=Lax/i);
    expect(session).toMatch(/^grantlog-session=[A-Za-z0-9_-]{43};/);
    expect(answer.headers.get('x-api-session-cookie-name')).toBe('grantlog-session');
    const without = await fetch(`${first()}/api/v2/me/`, {
      headers: {
        cookie: `csrftoken=${one.cookie('csrftoken')}; userLoggedIn=true; grantlog-device=${one.cookie('grantlog-device')}`,
      },
    });
    expect(without.status).toBe(401);
    // A login is a new id, and the old one is dead.
    const old = one.cookie('grantlog-session') as string;
    await logIn(one, 'admin', system.adminPassword, '10.10.0.1');
    expect(one.cookie('grantlog-session')).not.toBe(old);
    expect((await fetch(`${first()}/api/v2/me/`, { headers: { cookie: `grantlog-session=${old}` } })).status).toBe(401);
  });

  it('UI-10 with an https issuer cookies are Secure and bound to the host', async () => {
    const secure = await startSystem(
      {
        GRANTLOG_ISSUER: 'https://login.example',
        GRANTLOG_ALLOWED_HOSTS: `login.example,127.0.0.1`,
        GRANTLOG_TRUSTED_PROXIES: 'none',
      },
      { profile: 'embedded' },
    );
    try {
      const base = secure.gateways[0] as string;
      const page = await fetch(`${base}/api/login/`, { headers: { accept: 'text/html' } });
      const csrf = /csrftoken=([^;]+)/.exec(page.headers.get('set-cookie') ?? '')?.[1] as string;
      const answer = await fetch(`${base}/api/login/`, {
        method: 'POST',
        redirect: 'manual',
        headers: {
          cookie: `csrftoken=${csrf}`,
          origin: 'https://login.example',
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: new URLSearchParams({
          csrfmiddlewaretoken: csrf,
          username: 'admin',
          password: secure.adminPassword,
        }).toString(),
      });
      expect(answer.status).toBe(302);
      const cookies = answer.headers.getSetCookie();
      for (const name of ['__Host-grantlog-session', '__Host-grantlog-device'])
        expect(cookies.find((text) => text.startsWith(`${name}=`))).toMatch(/; Path=\/.*Secure/i);
      for (const text of cookies) expect(text).not.toMatch(/Domain=/i);
    } finally {
      await secure.stop();
    }
  }, 60_000);

  it('UI-11 logout is a POST of our own page; it ends the session on the server', async () => {
    const chrome = await adminBrowser(system);
    const cookie = `grantlog-session=${chrome.cookie('grantlog-session')}`;
    expect((await chrome.get('/api/logout/')).status).toBe(405);
    expect((await fetch(`${first()}/api/v2/me/`, { headers: { cookie } })).status).toBe(200);
    expect((await chrome.submit('/api/logout/', { csrfmiddlewaretoken: 'x' })).status).toBe(403);
    expect(
      (await chrome.submit('/api/logout/', { csrfmiddlewaretoken: chrome.cookie('csrftoken') as string })).status,
    ).toBe(302);
    expect((await fetch(`${first()}/api/v2/me/`, { headers: { cookie } })).status).toBe(401);
  });

  it('UI-01 UI-02 UI-03 what others chose is text on every page', async () => {
    const chrome = await adminBrowser(system);
    const organization = (await root()('POST', 'organizations/', { name: '<img src=x onerror=alert(2)>' })).json['id'];
    for (const name of [
      '<img src=x onerror=alert(1)>',
      '</title><script>alert(1)</script>',
      'javascript:alert(1)',
      '${7*7}{{7*7}}<%= 7*7 %>',
      `"' onload=x`,
    ]) {
      const client = await register(system, { name, organization, description: name });
      const { text } = await chrome.get(authorizeUrl(client));
      expect(text).not.toMatch(/<img|<script|\b49\b/);
      expect(text).toContain(
        name
          .replaceAll('&', '&amp;')
          .replaceAll('<', '&lt;')
          .replaceAll('>', '&gt;')
          .replaceAll('"', '&quot;')
          .replaceAll("'", '&#39;'),
      );
    }
    for (const query of [
      'client_id=<script>alert(1)</script>',
      `client_id=${app.clientId}&redirect_uri=<script>x</script>`,
      'client_id=x&error=<script>&error_description=<script>',
      `client_id=${app.clientId}&redirect_uri=x&scope=<script>`,
    ]) {
      const { status, text } = await chrome.get(`/api/o/authorize/?${query}`);
      expect([status, text.includes('<script')]).toEqual([400, false]);
    }
    const login = await chrome.get(
      `/api/login/?next=${encodeURIComponent('/api/o/authorize/?client_id=x&login_hint="><script>alert(1)</script>')}`,
    );
    expect(login.text).not.toContain('<script');
  });

  it('UI-04 UI-05 no page can be framed, scripted or kept, and none sends a referrer', async () => {
    const chrome = await adminBrowser(system);
    for (const path of [
      '/api/login/',
      authorizeUrl(app),
      '/api/o/authorize/?client_id=nobody',
      '/api/logout/',
      '/docs/',
    ]) {
      const { headers } = await chrome.get(path);
      expect([
        path,
        headers.get('x-frame-options'),
        headers.get('referrer-policy'),
        headers.get('x-content-type-options'),
        headers.get('cache-control'),
      ]).toEqual([path, 'DENY', 'no-referrer', 'nosniff', 'no-store']);
      const csp = headers.get('content-security-policy') ?? '';
      expect(csp).toContain("default-src 'none'");
      expect(csp).toContain("frame-ancestors 'none'");
      expect(csp).not.toMatch(/script-src[^;]*unsafe-inline/);
    }
    const formAction = async (path: string): Promise<boolean> =>
      /form-action/.test((await chrome.get(path)).headers.get('content-security-policy') ?? '');
    expect([await formAction('/api/login/'), await formAction(authorizeUrl(app))]).toEqual([false, false]);
    expect(await formAction('/api/o/authorize/?client_id=nobody')).toBe(true);
  });

  it('AP-27 the last active superuser cannot lose that, and of two that demote each other one stays', async () => {
    for (const [change, field] of [
      [{ is_superuser: false }, 'is_superuser'],
      [{ is_active: false }, 'is_active'],
    ] as const) {
      const { status, json } = await root()('PATCH', 'users/1/', change);
      expect([status, json]).toEqual([
        400,
        { [field]: ['This is the last active superuser. Make another one first.'] },
      ]);
    }
    expect((await root()('PATCH', 'users/1/', { first_name: 'Still', is_superuser: true })).status).toBe(200);
    const boss = await user({ is_superuser: true });
    const theirs = api(system.gateways.at(-1) as string, basic(boss.name, PASSWORD));
    const statuses = await Promise.all([
      root()('PATCH', `users/${boss.id}/`, { is_superuser: false }),
      theirs('PATCH', 'users/1/', { is_superuser: false }),
    ]).then((answers) => answers.map(({ status }) => status));
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    const [stays, id] = statuses[0] === 200 ? [root(), boss.id] : [theirs, 1];
    expect((await stays('PATCH', `users/${id}/`, { is_superuser: true })).status).toBe(200);
    expect((await root()('PATCH', `users/${boss.id}/`, { is_superuser: false })).status).toBe(200);
  });

  if (PROFILE === 'embedded')
    it('AP-28 an operator of a stopped installation makes a superuser and sets a password, and the events say so', async () => {
      const lost = await user();
      await root()('PATCH', `users/${lost.id}/`, { is_active: false });
      const run = (input: string, ...args: string[]) => runIn(system.dataFolder, input, ...args);
      const runIn = (folder: string, input: string, ...args: string[]): { status: number | null; text: string } => {
        const { status, stdout, stderr } = spawnSync(process.execPath, ['dist/cli/main.js', 'users', ...args], {
          input,
          encoding: 'utf8',
          env: { ...process.env, NODE_OPTIONS: '', GRANTLOG_DATA_DIR: folder },
        });
        return { status, text: stdout + stderr };
      };
      expect(run('', 'grant-superuser', lost.name)).toEqual({
        status: 1,
        text: expect.stringContaining('is in use by') as unknown,
      });
      const wrong = join(system.dataFolder, 'mistyped');
      expect(runIn(wrong, '', 'grant-superuser', lost.name)).toEqual({
        status: 1,
        text: expect.stringContaining(`${join(wrong, 'embedded')} holds no installation`) as unknown,
      });
      expect(existsSync(wrong)).toBe(false);
      await root()('PATCH', 'settings/all/', { PASSWORD_MIN_LENGTH: 20 });
      await system.restart(() => {
        expect(run('', 'grant-superuser', 'nobody at all').text).toContain('there is no user "nobody at all"');
        expect(run('', 'grant-superuser', lost.name)).toEqual({
          status: 0,
          text: `"${lost.name}" is a superuser, and enabled\n`,
        });
        expect(run('\n', 'set-password', lost.name).status).toBe(1);
        expect(run('a long password\n', 'set-password', lost.name).text).toContain('at least 20 characters');
        expect(run('another password of theirs\n', 'set-password', lost.name).status).toBe(0);
      });
      await root()('PATCH', 'settings/all/', { PASSWORD_MIN_LENGTH: 8 });
      const theirs = api(first(), basic(lost.name, 'another password of theirs'));
      expect((await theirs('GET', 'settings/all/')).status).toBe(200);
      const events = (await theirs('GET', 'events/?limit=1000')).json['results'] as { subject: string; data: Json }[];
      const byOperator = events.filter(({ data }) => (data['cause'] as Json)['operator'] === true);
      expect(
        byOperator.filter(({ subject }) => subject === `user-${lost.id}`).map(({ data }) => data['event']),
      ).toEqual(['UserChanged', 'UserEnabled', 'PasswordChanged']);
      await theirs('PATCH', `users/${lost.id}/`, { is_superuser: false });
    }, 180_000);

  if (PROFILE === 'embedded')
    it('AP-28 a start after user 1 was deleted is no first start', async () => {
      const other = await startSystem();
      try {
        const name = 'the second superuser';
        await admin(other)('POST', 'users/', { username: name, password: PASSWORD, is_superuser: true });
        const deleted = await api(other.gateways[0] as string, basic(name, PASSWORD))('DELETE', 'users/1/');
        expect(deleted.status).toBe(204);
        await other.restart();
        await until(() => other.log().includes('GRANTLOG_ADMIN_PASSWORD has no effect'));
      } finally {
        await other.stop();
      }
    }, 60_000);

  it('AP-15 a disabled or demoted administrator is refused at the next request, with live session and tokens', async () => {
    const boss = await user({ is_superuser: true });
    const one = browser(first());
    await logIn(one, boss.name, PASSWORD, '10.11.0.1');
    const cookie = `grantlog-session=${one.cookie('grantlog-session')}`;
    const bearer = (await api(first(), basic(boss.name, PASSWORD))('POST', 'tokens/', { scope: 'write' })).json[
      'token'
    ] as string;
    const settings = (headers: Record<string, string>): Promise<number> =>
      fetch(`${first()}/api/v2/settings/all/`, { headers }).then((response) => response.status);
    const both = () => Promise.all([settings({ cookie }), settings({ authorization: `Bearer ${bearer}` })]);
    expect(await both()).toEqual([200, 200]);
    await root()('PATCH', `users/${boss.id}/`, { is_superuser: false });
    expect(await both()).toEqual([403, 403]);
    await root()('PATCH', `users/${boss.id}/`, { is_active: false });
    expect(await both()).toEqual([401, 401]);
  });

  it('a disabled user has no live token of any kind', async () => {
    const person = await user();
    const one = browser(first());
    await logIn(one, person.name, PASSWORD, '10.12.0.1');
    const { access } = await tokensFor(system, one, app);
    expect(await isActive(app, first(), access)).toBe(true);
    await root()('PATCH', `users/${person.id}/`, { is_active: false });
    expect(await isActive(app, first(), access)).toBe(false);
  });
});
