import { createServer, type RequestListener, type Server } from 'node:http';
import chromium from '@sparticuz/chromium';
import { type Browser, chromium as playwright, type Page } from 'playwright-core';
import {
  admin,
  adminBrowser,
  basic,
  type Client,
  codeFor,
  postAs,
  REDIRECT_URI,
  register,
  tokensFor,
} from './clients.ts';
import { PROFILE, startSystem, type System, until } from './system.ts';

let system: System;
let chrome: Browser;
let page: Page;
let consumer: { server: Server; origin: string };
let stranger: { server: Server; origin: string };
/** A client whose callback leads on to another origin, as one behind a proxy or with pages of its own elsewhere. */
let hopping: { server: Server; origin: string };
/** Allowed by one application for itself only. */
let guest: { server: Server; origin: string };
let app: Client;
const gateway = (): string => system.gateways[0] as string;

/**
 * The consumer of the Django OAuth Toolkit's tutorial: links to authorize without redirect_uri, scope or PKCE, then
 * exchanges the code from its own page, cross-origin, with Basic.
 */
const CONSUMER = `<!doctype html><title>consumer</title><pre id="out"></pre><script>
  globalThis.call = (method, url, headers, body) => new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.onload = () => resolve({ status: request.status, body: request.responseText });
    request.onerror = () => resolve({ status: 0, body: '' });
    request.send(body);
  });
</script>`;

const serve = async (
  answer: RequestListener = (_request, response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end(CONSUMER),
): Promise<{ server: Server; origin: string }> => {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return { server, origin: `http://localhost:${(server.address() as { port: number }).port}` };
};

type Result = { status: number; body: string };
const xhr = (method: string, path: string, headers: Record<string, string>, body?: string): Promise<Result> =>
  page.evaluate(
    ([m, u, h, b]) => (globalThis as never as { call: (...args: unknown[]) => Promise<Result> }).call(m, u, h, b),
    [method, gateway() + path, headers, body] as const,
  );
const exchange = (client: Client, form: Record<string, string>): Promise<Result> =>
  xhr(
    'POST',
    '/api/o/token/',
    {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `Basic ${Buffer.from(`${client.clientId}:${client.clientSecret}`).toString('base64')}`,
    },
    new URLSearchParams(form).toString(),
  );

beforeAll(async () => {
  system = await startSystem();
  [consumer, stranger, guest] = [await serve(), await serve(), await serve()];
  hopping = await serve((request, response) =>
    response.writeHead(302, { location: `${stranger.origin}/landed${new URL(request.url ?? '', 'x:/').search}` }).end(),
  );
  app = await register(system, {
    redirect_uris: `${consumer.origin}/consumer/exchange/`,
    name: 'Consumer <img src=x onerror=alert(1)>',
  });
  await admin(system)('PATCH', 'settings/cors/', { CORS_ALLOWED_ORIGINS: [consumer.origin] });
  chrome = await playwright.launch({
    args: [
      ...chromium.args.filter((argument) => !/web-security|site-per-process|IsolateOrigins/.test(argument)),
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
    executablePath: await chromium.executablePath(),
    headless: true,
  });
  page = await chrome.newPage({ viewport: { width: 390, height: 844 } });
}, 240_000);
afterAll(async () => {
  await chrome?.close();
  for (const one of [consumer, stranger, guest, hopping]) one?.server.close();
  await system?.stop();
}, 60_000);

/** A browser of its own that was asked to log in on the way to a path, and did. */
const loggedIn = async (path: string): Promise<Page> => {
  const other = await chrome.newPage();
  await other.goto(gateway() + path);
  await other.fill('#username', 'admin');
  await other.fill('#password', system.adminPassword);
  await other.click('#login');
  return other;
};
const snapshot = async (name: string): Promise<void> => {
  const folder = process.env['GRANTLOG_SCREENSHOTS'];
  if (folder !== undefined) await page.screenshot({ path: `${folder}/${PROFILE}-${name}.png` });
};

describe(`a real browser (${PROFILE})`, () => {
  it('takes the consumer of the tutorial through login, consent and the cross-origin exchange', async () => {
    await page.goto(
      `${gateway()}/api/o/authorize/?client_id=${app.clientId}&response_type=code&state=random_state_string`,
    );
    await snapshot('login');
    await page.fill('#username', 'admin');
    await page.fill('#password', 'wrong');
    await page.click('#login');
    await page.waitForSelector('#error');
    await snapshot('login-wrong');
    await page.fill('#username', 'admin');
    await page.fill('#password', system.adminPassword);
    await page.click('#login');
    await page.waitForSelector('#consent-form');
    await snapshot('consent');
    expect(await page.textContent('h1')).toContain('Consumer <img src=x onerror=alert(1)>');
    await page.click('#allow');
    await page.waitForURL(`${consumer.origin}/consumer/exchange/**`);
    const answer = new URL(page.url()).searchParams;
    expect(answer.get('state')).toBe('random_state_string');

    const redirect_uri = `${consumer.origin}/consumer/exchange/`;
    const tokens = await exchange(app, {
      grant_type: 'authorization_code',
      code: answer.get('code') as string,
      redirect_uri,
    });
    expect(tokens.status).toBe(200);
    const { access_token, refresh_token } = JSON.parse(tokens.body) as { access_token: string; refresh_token: string };
    const refreshed = await exchange(app, { grant_type: 'refresh_token', refresh_token });
    expect(refreshed.status).toBe(200);
    const fresh = JSON.parse(refreshed.body) as { access_token: string };
    expect(fresh.access_token).not.toBe(access_token);
    const me = await xhr('GET', '/api/v2/me/', { authorization: `Bearer ${fresh.access_token}` });
    expect([me.status, me.body.includes('"username":"admin"')]).toEqual([200, true]);
    // Errors are readable by an allowed page too.
    const replayed = await exchange(app, {
      grant_type: 'authorization_code',
      code: answer.get('code') as string,
      redirect_uri,
    });
    expect([replayed.status, replayed.body.includes('invalid_grant')]).toEqual([400, true]);
  }, 60_000);

  it('UI-12 the answer reaches a client that leads on to another origin, after consent and after login', async () => {
    const client = await register(system, { redirect_uris: `${hopping.origin}/callback` });
    const path = `/api/o/authorize/?client_id=${client.clientId}&response_type=code&state=`;
    const first = await loggedIn(`${path}consented`);
    await first.click('#allow');
    await first.waitForURL(`${stranger.origin}/landed?**state=consented**`);
    // Consent is remembered now: the login form is the only one on the way.
    const other = await loggedIn(`${path}logged-in`);
    await other.waitForURL(`${stranger.origin}/landed?**state=logged-in**`);
    await other.goto(`${gateway()}${path}denied&prompt=consent`);
    await other.click('#deny');
    await other.waitForURL(`${stranger.origin}/landed?error=access_denied**`);
  }, 60_000);

  it('UI-18 a request that another site posts finds the session; a form that came late leads on', async () => {
    const client = await register(system, { redirect_uris: `${consumer.origin}/callback`, skip_authorization: true });
    const path = `/api/o/authorize/?client_id=${client.clientId}&response_type=code&state=`;
    const one = await loggedIn('/api/login/?next=/api/');
    await one.waitForURL(`${gateway()}/api/`);
    // Another name of the machine is another site: the cookie does not come with the form.
    await one.goto(`${stranger.origin}/`);
    await one.setContent(
      `<form method="post" action="${gateway()}/api/o/authorize/"><input name="client_id" value="${client.clientId}"><input name="response_type" value="code"><input name="state" value="posted"><button id="go">go</button></form>`,
    );
    await one.click('#go');
    await one.waitForURL(`${consumer.origin}/callback?**state=posted**`);
    const other = await chrome.newPage();
    await other.goto(`${gateway()}${path}late`);
    await other.evaluate("document.querySelector('[name=csrfmiddlewaretoken]').value = 'stale'");
    await other.fill('#username', 'admin');
    await other.fill('#password', system.adminPassword);
    await other.click('#login');
    await other.waitForSelector('#error');
    expect(await other.inputValue('#username')).toBe('admin');
    await other.fill('#password', system.adminPassword);
    await other.click('#login');
    await other.waitForURL(`${consumer.origin}/callback?**state=late**`);
  }, 60_000);

  it('CO-09 keeps the answer from a page of a stranger', async () => {
    await page.goto(`${stranger.origin}/`);
    expect((await exchange(app, { grant_type: 'refresh_token', refresh_token: 'x' })).status).toBe(0);
  });

  it('CO-09 CO-11 lets a page of three origins do what its origin may, and read errors where it may read at all', async () => {
    const own = await register(system, { allowed_origins: guest.origin });
    const other = await register(system);
    const session = await adminBrowser(system);
    const form = (fields: Record<string, string>): string => new URLSearchParams(fields).toString();
    const headersOf = ({ clientId, clientSecret }: Client): Record<string, string> => ({
      'content-type': 'application/x-www-form-urlencoded',
      authorization: basic(clientId, clientSecret),
    });
    /** Exchange, refresh, bearer call, a wrong request and revocation, as the page sees them; 0: nothing to read. */
    const everything = async (client: Client): Promise<number[]> => {
      const code = await codeFor(session, client);
      const exchanged = await exchange(client, { grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI });
      // A stranger's page cannot read the answer; the rest is tried with tokens it might have from elsewhere.
      const tokens =
        exchanged.status === 200
          ? (JSON.parse(exchanged.body) as { access_token: string; refresh_token: string })
          : await tokensFor(system, session, client).then(({ access, refresh }) => ({
              access_token: access,
              refresh_token: refresh,
            }));
      const refreshed = await exchange(client, { grant_type: 'refresh_token', refresh_token: tokens.refresh_token });
      const access =
        refreshed.status === 200
          ? (JSON.parse(refreshed.body) as { access_token: string }).access_token
          : (await tokensFor(system, session, client)).access;
      const me = await xhr('GET', '/api/v2/me/', { authorization: `Bearer ${access}` });
      const wrong = await exchange(client, { grant_type: 'authorization_code', code: 'wrong' });
      const revoked = await xhr('POST', '/api/o/revoke_token/', headersOf(client), form({ token: access }));
      return [exchanged, refreshed, me, wrong, revoked].map(({ status }) => status);
    };
    const READABLE = [200, 200, 200, 400, 200];
    const NOTHING = [0, 0, 0, 0, 0];
    await page.goto(`${consumer.origin}/`);
    expect(await everything(own)).toEqual(READABLE);
    expect(await everything(other)).toEqual(READABLE);
    await page.goto(`${guest.origin}/`);
    await until(async () => (await exchange(own, { grant_type: 'refresh_token', refresh_token: 'x' })).status === 400);
    expect(await everything(own)).toEqual(READABLE);
    expect(await everything(other)).toEqual(NOTHING);
    await page.goto(`${stranger.origin}/`);
    expect(await everything(own)).toEqual(NOTHING);
    // A wrong secret proves nobody: what a preflight allows may read it.
    const forged = { ...own, clientSecret: 'wrong' };
    for (const [origin, status] of [
      [stranger.origin, 0],
      [guest.origin, 401],
      [consumer.origin, 401],
    ] as const) {
      await page.goto(`${origin}/`);
      expect((await exchange(forged, { grant_type: 'refresh_token', refresh_token: 'x' })).status).toBe(status);
    }
  }, 60_000);

  it('CO-12 CO-13 a page of one application finds the endpoints, reads the 401 of its expired token and refreshes', async () => {
    const own = await register(system, { allowed_origins: guest.origin });
    const { access, refresh } = await tokensFor(system, await adminBrowser(system), own);
    await postAs(own, gateway(), 'revoke_token', { token: access });
    const { refresh: live } = await tokensFor(system, await adminBrowser(system), own);
    expect(refresh).not.toBe(live);
    await page.goto(`${guest.origin}/`);
    const metadata = await xhr('GET', '/.well-known/oauth-authorization-server', {});
    const { token_endpoint } = JSON.parse(metadata.body) as { token_endpoint: string };
    expect(token_endpoint).toBe(`${gateway()}/api/o/token/`);
    const me = (token: string): Promise<Result> => xhr('GET', '/api/v2/me/', { authorization: `Bearer ${token}` });
    await until(async () => (await me(access)).status !== 0);
    expect([(await me(access)).status, (await me('')).status]).toEqual([401, 401]);
    const refreshed = await exchange(own, { grant_type: 'refresh_token', refresh_token: live });
    const { access_token } = JSON.parse(refreshed.body) as { access_token: string };
    expect((await me(access_token)).status).toBe(200);
    await page.goto(`${stranger.origin}/`);
    expect([
      (await me(access)).status,
      (await xhr('GET', '/.well-known/oauth-authorization-server', {})).status,
    ]).toEqual([0, 200]);
  }, 60_000);

  it('follows a changed settings file without a restart', async () => {
    const { writeFileSync } = await import('node:fs');
    writeFileSync(
      `${system.confFolder}/custom.py`,
      `CORS_ORIGIN_ALLOW_ALL = False\nCORS_ALLOWED_ORIGIN_REGEXES = [\n    r"${stranger.origin.replaceAll('.', '\\.')}",  # the stranger\n]\n`,
    );
    await page.goto(`${stranger.origin}/`);
    await until(async () => (await exchange(app, { grant_type: 'refresh_token', refresh_token: 'x' })).status === 400);
  });

  it('UI-04 UI-05 shows an error page of its own that nothing can frame', async () => {
    const response = await page.goto(`${gateway()}/api/o/authorize/?client_id=nobody&response_type=code`);
    await snapshot('error');
    expect(response?.status()).toBe(400);
    const headers = response?.headers() ?? {};
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers['x-frame-options']).toBe('DENY');
    expect(headers['referrer-policy']).toBe('no-referrer');
  });
});
