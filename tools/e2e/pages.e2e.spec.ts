import {
  admin,
  adminBrowser,
  allEvents,
  type Answer,
  answerParameters,
  authorizeUrl,
  basic,
  type Browser,
  browser,
  type Client,
  hiddenFields,
  postAs,
  redeem,
  register,
} from './clients.ts';
import { PROFILE, startSystem, type System, until } from './system.ts';

let system: System;
let app: Client;
/** Of a client whose users are asked for nothing but a login. */
let quick: Client;
const first = (): string => system.gateways[0] as string;
const PATH = '/api/o/authorize/';

beforeAll(async () => {
  system = await startSystem();
  app = await register(system);
  quick = await register(system, { skip_authorization: true });
}, 200_000);
afterAll(async () => {
  await system.stop();
}, 60_000);

const locationOf = ({ headers }: Answer): string => headers.get('location') ?? '';
const nextOf = (answer: Answer): string => new URL(locationOf(answer), first()).searchParams.get('next') ?? '';
const good = () => ({ username: 'admin', password: system.adminPassword });
/** Follows redirects within the server; nothing of it may be refused. */
const follow = async (one: Browser, answer: Answer): Promise<Answer> => {
  let last = answer;
  for (let hops = 0; locationOf(last).startsWith('/'); hops += 1) {
    if (hops > 5) throw new Error(`no end: ${locationOf(last)}`);
    last = await one.get(locationOf(last));
  }
  return last;
};
const begin = async (one: Browser, url: string): Promise<Answer> => follow(one, await one.get(url));
const codeOf = (answer: Answer): string => answerParameters(answer).get('code') ?? '';

describe(`the login page (${PROFILE})`, () => {
  it('UI-13 a tab that another one overtook goes straight on, whatever it was going to', async () => {
    const one = browser(first());
    const [tab, other] = [await begin(one, authorizeUrl(quick)), await begin(one, authorizeUrl(quick))];
    const answer = await one.submit('/api/login/', { ...hiddenFields(tab.text), ...good() });
    expect(codeOf(await follow(one, answer))).toMatch(/^glc_/);
    const late = await one.submit('/api/login/', { ...hiddenFields(other.text), ...good(), password: 'mistyped' });
    expect([late.status, codeOf(await follow(one, late)) !== '']).toEqual([302, true]);
    // A login that the request demands is no less demanded.
    const demanding = await begin(one, authorizeUrl(quick, { prompt: 'login' }));
    const stale = { ...hiddenFields(demanding.text), csrfmiddlewaretoken: 'stale', ...good() };
    const again = await follow(one, await one.submit('/api/login/', stale));
    expect(again.text).toContain('id="login-form"');
  });

  it('UI-13 a form that comes late is shown again, with the username and where it was going', async () => {
    const one = browser(first());
    const page = await begin(one, authorizeUrl(quick));
    const late = await one.submit('/api/login/', {
      ...hiddenFields(page.text),
      csrfmiddlewaretoken: 'x'.repeat(43),
      ...good(),
    });
    expect([late.status, one.cookie('grantlog-session')]).toEqual([403, undefined]);
    expect(late.text).toContain('value="admin"');
    const answer = await one.submit('/api/login/', { ...hiddenFields(late.text), ...good() });
    expect(codeOf(await follow(one, answer))).not.toBe('');
  });

  it('UI-14 cookies of a parent domain do not stand in the way, before or behind our own', async () => {
    const foreign = 'f'.repeat(43);
    const page = await fetch(`${first()}/api/login/`, { headers: { accept: 'text/html', cookie: 'csrftoken=short' } });
    const own = /csrftoken=([^;]+)/.exec(page.headers.get('set-cookie') ?? '')?.[1] as string;
    const cookies = [`csrftoken=${foreign}; csrftoken=${own}`, `csrftoken=${own}; csrftoken=${foreign}`, `csrftoken=short; csrftoken=${own}`]; // prettier-ignore
    for (const cookie of cookies) {
      const shown = await fetch(`${first()}/api/login/`, { headers: { accept: 'text/html', cookie } });
      const fields = hiddenFields(await shown.text());
      const headers = { cookie, origin: first(), 'content-type': 'application/x-www-form-urlencoded' };
      const body = new URLSearchParams({ ...fields, ...good() }).toString();
      const answer = await fetch(`${first()}/api/login/`, { method: 'POST', redirect: 'manual', headers, body });
      expect([cookie, answer.status]).toEqual([cookie, 302]);
    }
    const session = (await adminBrowser(system)).cookie('grantlog-session') as string;
    for (const cookie of [
      `grantlog-session=${foreign}; grantlog-session=${session}`,
      `grantlog-session=${session}; grantlog-session=${foreign}`,
    ])
      // prettier-ignore
      expect((await fetch(`${first()}/api/v2/me/`, { headers: { cookie } })).status).toBe(200);
  });

  it('UI-15 a wrong password leaves the username where it was, and the hint of the request is only a beginning', async () => {
    const one = browser(first());
    const page = await begin(one, authorizeUrl(quick, { login_hint: 'somebody' }));
    expect(page.text).toMatch(/id="username"[^>]*value="somebody"/);
    const wrong = await one.submit('/api/login/', {
      ...hiddenFields(page.text),
      username: 'admin"><b>',
      password: 'wrong',
    });
    expect([wrong.status, /id="username"[^>]*value="admin&quot;&gt;&lt;b&gt;"/.test(wrong.text)]).toEqual([401, true]);
    expect(wrong.text).not.toContain('wrong"');
    const right = await one.submit('/api/login/', { ...hiddenFields(wrong.text), ...good() });
    expect(codeOf(await follow(one, right))).not.toBe('');
  });
});

describe(`userinfo (${PROFILE})`, () => {
  const ask = (authorization: string, headers: Record<string, string> = {}, method = 'GET') =>
    fetch(`${first()}/api/o/userinfo/`, { method, headers: { ...(authorization && { authorization }), ...headers } });

  it('TK-23 names whom an access token acts for, and takes nothing else', async () => {
    const call = admin(system);
    const names = { first_name: 'Ada', last_name: 'Lovelace', email: 'ada@example.org' };
    const { json } = await call('POST', 'users/', { username: 'ada', password: 'a password of hers', ...names });
    const ada = browser(first());
    await ada.logIn('ada', 'a password of hers');
    const client = await register(system, { skip_authorization: true, allowed_origins: 'https://page.example' });
    const code = codeOf(await ada.get(authorizeUrl(client, { scope: 'read' })));
    const tokens = (await redeem(client, first(), code)).json;
    const bearer = `Bearer ${tokens['access_token'] as string}`;
    const answer = await ask(bearer, { origin: 'https://page.example' });
    expect([answer.headers.get('cache-control'), answer.headers.get('access-control-allow-origin')]).toEqual(['no-store', 'https://page.example']); // prettier-ignore
    const claims = {
      sub: String(json['id']),
      preferred_username: 'ada',
      name: 'Ada Lovelace',
      email: 'ada@example.org',
      email_verified: false,
    };
    expect(await answer.json()).toEqual(claims);
    const none = await ask('');
    expect([none.status, none.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="api"']);
    for (const [authorization, challenge] of [
      [`Bearer ${tokens['refresh_token'] as string}`, 'error="invalid_token"'],
      ['Bearer unknown', 'error="invalid_token"'],
      [basic('admin', system.adminPassword), 'Bearer realm="api"'],
    ] as const) {
      const refused = await ask(authorization);
      expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, expect.stringContaining(challenge)]); // prettier-ignore
    }
    const post = await ask(bearer, {}, 'POST');
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
  });

  it('TK-23 a client-credentials token acts for the service identity; the metadata names the endpoint at both places', async () => {
    const machine = await register(system, { authorization_grant_type: 'client-credentials', redirect_uris: '' });
    const { json } = await postAs(machine, first(), 'token', { grant_type: 'client_credentials' });
    const claims = (await (await ask(`Bearer ${json['access_token'] as string}`)).json()) as Record<string, string>;
    expect([claims['sub'], 'email' in claims]).toEqual([expect.stringMatching(/^\d+$/), false]);
    for (const name of ['oauth-authorization-server', 'openid-configuration']) {
      const metadata = (await (await fetch(`${first()}/.well-known/${name}`)).json()) as Record<string, unknown>;
      expect([metadata['userinfo_endpoint'], metadata['id_token_signing_alg_values_supported']]).toEqual([`${first()}/api/o/userinfo/`, undefined]); // prettier-ignore
    }
  });
});

describe(`the consent page (${PROFILE})`, () => {
  const page = async (one: Browser, state = 'a state'): Promise<Record<string, string>> =>
    hiddenFields((await one.get(authorizeUrl(app, { prompt: 'consent', state }))).text);

  it('UI-16 a second answer issues nothing and leads to the page again, for the same request', async () => {
    const one = await adminBrowser(system);
    const form = { ...(await page(one, 'twice & more')), allow: 'Authorize' };
    expect(codeOf(await one.submit(PATH, form))).not.toBe('');
    const second = await one.submit(PATH, form);
    const again = /id="again" href="([^"]*)"/.exec(second.text)?.[1]?.replaceAll('&amp;', '&') as string;
    expect([second.status, locationOf(second), again.startsWith(PATH)]).toEqual([400, '', true]);
    const third = await one.submit(PATH, { ...hiddenFields((await one.get(again)).text), allow: 'Authorize' });
    expect([codeOf(third) !== '', answerParameters(third).get('state')]).toEqual([true, 'twice & more']);
  });

  it('UI-16 an answer after the session ended leads to the login, and then on', async () => {
    const one = await adminBrowser(system);
    const form = { ...(await page(one, 'kept')), allow: 'Authorize' };
    const cookie = `grantlog-session=${one.cookie('grantlog-session')}`;
    // Ended elsewhere: the browser does not know.
    await fetch(`${first()}/api/logout/`, {
      method: 'POST',
      redirect: 'manual',
      headers: { cookie, origin: first(), 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ csrfmiddlewaretoken: one.cookie('csrftoken') as string }).toString(),
    });
    const late = await one.submit(PATH, form);
    expect(locationOf(late)).toMatch(/^\/api\/login\/\?next=/);
    const login = await one.submit('/api/login/', { ...hiddenFields((await follow(one, late)).text), ...good() });
    const answer = await one.submit(PATH, { ...hiddenFields((await follow(one, login)).text), allow: 'Authorize' });
    expect([codeOf(answer) !== '', answerParameters(answer).get('state')]).toEqual([true, 'kept']);
    // Another browser learns nothing of the request.
    const stranger = browser(first());
    await stranger.get('/api/login/');
    const refused = await stranger.submit(PATH, form);
    expect([refused.status, locationOf(refused), refused.text.includes('kept')]).toEqual([403, '', false]);
  });

  it('UI-17 a logout form that comes late asks again', async () => {
    const one = await adminBrowser(system);
    const late = await one.submit('/api/logout/', { csrfmiddlewaretoken: 'stale', next: authorizeUrl(app) });
    expect([late.status, late.text.includes('id="logout-form"')]).toEqual([403, true]);
    const done = await one.submit('/api/logout/', hiddenFields(late.text));
    expect([done.status, locationOf(done)]).toEqual([302, authorizeUrl(app)]);
    expect((await one.submit('/api/logout/', hiddenFields(late.text))).status).toBe(302);
  });
});

describe(`the origin of a form, and the host of a request (${PROFILE})`, () => {
  it('UI-19 a form of another port of the same host is not from our pages', async () => {
    const { port } = new URL(first());
    for (const [origin, status] of [
      [`http://127.0.0.1:${Number(port) === 65_535 ? 1 : Number(port) + 1}`, 403],
      ['http://127.0.0.1', 403],
      [`https://127.0.0.1:${port}`, 403],
      [`http://localhost:${port}`, 302],
      [first(), 302],
    ] as const) {
      const one = browser(first());
      const fields = hiddenFields((await one.get('/api/login/')).text);
      const answer = await one.submit('/api/login/', { ...fields, ...good() }, { origin });
      expect([origin, answer.status]).toEqual([origin, status]);
    }
  });

  it('UI-19 every gateway takes the forms of its own pages', async () => {
    for (const base of system.gateways) {
      const one = browser(base);
      expect((await one.logIn('admin', system.adminPassword)).status).toBe(302);
    }
  });
});

describe(`the authorization request (${PROFILE})`, () => {
  it('AZ-23 HEAD, and what a browser fetches ahead or for a page, issues nothing', async () => {
    const one = await adminBrowser(system);
    const cookie = `grantlog-session=${one.cookie('grantlog-session')}`;
    const own = await register(system, { skip_authorization: true });
    const issued = async (): Promise<number> =>
      (await allEvents(system)).filter(
        ({ type, data }) => type.includes('.authorization-granted.') && JSON.stringify(data).includes(own.clientId),
      ).length;
    const ask = (headers: Record<string, string>, method = 'GET') =>
      fetch(first() + authorizeUrl(own), { method, redirect: 'manual', headers: { cookie, ...headers } });
    const head = await ask({}, 'HEAD');
    expect([head.status, head.headers.get('location')]).toEqual([200, null]);
    for (const headers of [
      { 'sec-purpose': 'prefetch' },
      { 'sec-purpose': 'prefetch;prerender' },
      { purpose: 'prefetch' },
      { 'x-moz': 'prefetch' },
      { 'sec-fetch-dest': 'image', 'sec-fetch-mode': 'no-cors' },
      { 'sec-fetch-dest': 'iframe', 'sec-fetch-mode': 'navigate' },
      { 'sec-fetch-dest': 'empty', 'sec-fetch-mode': 'cors' },
    ]) {
      const answer = await ask(headers);
      expect([headers, answer.status, answer.headers.get('location')]).toEqual([headers, 403, null]);
    }
    const navigation = await ask({ 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'cross-site' }); // prettier-ignore
    expect([navigation.status, navigation.headers.get('location')]).toEqual([302, expect.stringContaining('code=')]);
    await until(async () => (await issued()) > 0);
    expect(await issued()).toBe(1);
  });

  it('AZ-24 a request by POST from another site, which comes without the cookie, goes on as a navigation with it', async () => {
    const one = await adminBrowser(system);
    const parameters = Object.fromEntries(new URL(first() + authorizeUrl(quick)).searchParams);
    const bare = await browser(first()).submit(PATH, parameters, { origin: 'https://app.example' });
    expect([bare.status, locationOf(bare).startsWith(PATH)]).toEqual([302, true]);
    const answer = await one.get(locationOf(bare));
    expect([codeOf(answer) !== '', answerParameters(answer).get('state')]).toEqual([true, 'a state']);
    expect((await browser(first()).submit(PATH, { ...parameters, redirect_uri: 'https://evil.example/' })).status).toBe(400); // prettier-ignore
  });

  it.each([
    { max_age: '0' },
    { prompt: 'login' },
    { prompt: 'login', max_age: '0' },
    { prompt: 'login select_account' },
  ] as Record<string, string>[])('AZ-25 a login that is demanded by %j is asked for once', async (demand) => {
    const one = await adminBrowser(system);
    for (let i = 0; i < 2; i += 1) {
      const page = await begin(one, authorizeUrl(quick, demand));
      expect(page.text).toContain('id="login-form"');
      const answer = await one.submit('/api/login/', { ...hiddenFields(page.text), ...good() });
      expect(codeOf(await follow(one, answer))).not.toBe('');
    }
  });

  it('AZ-26 prompt is a list of words: unknown ones mean nothing, none stands alone', async () => {
    const one = await adminBrowser(system);
    expect(codeOf(await one.get(authorizeUrl(quick, { prompt: 'select_account create' })))).not.toBe('');
    const both = await begin(one, authorizeUrl(quick, { prompt: 'login consent' }));
    const login = await one.submit('/api/login/', { ...hiddenFields(both.text), ...good() });
    expect((await follow(one, login)).text).toContain('id="consent-form"');
    for (const prompt of ['none login', 'consent none', 'none select_account'])
      expect(answerParameters(await one.get(authorizeUrl(quick, { prompt }))).get('error')).toBe('invalid_request');
    expect(answerParameters(await browser(first()).get(authorizeUrl(quick, { prompt: 'none' }))).get('error')).toBe('login_required'); // prettier-ignore
  });

  it('AZ-27 a state within its limits goes through login and consent, whatever has to be encoded', async () => {
    for (const state of ['%'.repeat(2000), '&=+ "<>'.repeat(285), 'é'.repeat(1000), ' '.repeat(2048)]) {
      const one = browser(first());
      const page = await begin(one, authorizeUrl(app, { state, prompt: 'consent' }));
      expect([page.status, page.text.includes('id="login-form"')]).toEqual([200, true]);
      const login = await one.submit('/api/login/', { ...hiddenFields(page.text), ...good() });
      const consent = await follow(one, login);
      expect([consent.status, consent.text.includes('id="consent-form"')]).toEqual([200, true]);
      const answer = await one.submit(PATH, { ...hiddenFields(consent.text), allow: 'Authorize' });
      expect(answerParameters(answer).get('state')).toBe(state);
    }
  }, 60_000);

  it('AZ-27 a parameter that came twice is twice after the login too', async () => {
    const toLogin = await browser(first()).get(`${authorizeUrl(quick)}&state=another`);
    const one = await adminBrowser(system);
    expect(answerParameters(await one.get(nextOf(toLogin))).get('error')).toBe('invalid_request');
  });
});
