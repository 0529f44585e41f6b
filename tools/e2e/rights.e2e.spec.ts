import {
  admin, adminBrowser, type Answer, answerParameters, api, authorize, authorizeUrl, basic, type Browser, browser, isActive, type Json, postAs, REDIRECT_URI, register, tokensFor,
} from './clients.ts'; // prettier-ignore
import { PROFILE, startSystem, type System, until } from './system.ts';

/** Whose word counts for whom: consents, trusted applications, service identities, names. */
let system: System;
let chrome: Browser;
let organization: number;
/** An administrator of that organization, and of nothing else. */
let alice: ReturnType<typeof api>;
const PASSWORD = 'a password of everybody';
const first = (): string => system.gateways[0] as string;
const last = (): string => system.gateways.at(-1) as string;
const root = () => admin(system);
const good = async (answer: Promise<Answer>): Promise<Json> => {
  const { status, text, json } = await answer;
  if (status >= 300) throw new Error(`${status} ${text}`);
  return json;
};
const makeUser = async (username: string): Promise<number> =>
  (await good(root()('POST', 'users/', { username, password: PASSWORD })))['id'] as number;

beforeAll(async () => {
  system = await startSystem();
  chrome = await adminBrowser(system);
  organization = (await good(root()('POST', 'organizations/', { name: 'A' })))['id'] as number;
  await good(root()('POST', `organizations/${organization}/admins/`, { id: await makeUser('alice') }));
  alice = api(first(), basic('alice', PASSWORD));
}, 240_000);
afterAll(async () => {
  await system.stop();
}, 60_000);

describe(`remembered consent (${PROFILE})`, () => {
  const page = async (one: Browser, url: string): Promise<boolean> => (await one.get(url)).status === 200;

  it('AZ-20 is for the origin of the redirect URI: a new one is asked for', async () => {
    const client = await register(system);
    expect(answerParameters(await authorize(chrome, client)).get('code')).not.toBeNull();
    expect(await page(chrome, authorizeUrl(client))).toBe(false);
    const there = { redirect_uris: `${REDIRECT_URI}/other https://evil.example/callback` };
    await good(root()('PATCH', `applications/${client.id}/`, there));
    const evil = authorizeUrl(client, { redirect_uri: 'https://evil.example/callback' });
    expect(await page(chrome, evil)).toBe(true);
    expect(answerParameters(await chrome.get(`${evil}&prompt=none`)).get('error')).toBe('consent_required');
    // The same origin, whatever its path.
    expect(await page(chrome, authorizeUrl(client, { redirect_uri: `${REDIRECT_URI}/other` }))).toBe(false);
  });

  it('AZ-21 RT-14 is withdrawn with everything of the application or of the user, and of nobody else', async () => {
    const [one, two] = [await register(system), await register(system)];
    const bob = browser(last());
    const id = await makeUser('bob');
    expect((await bob.logIn('bob', PASSWORD)).status).toBe(302);
    const asked = async (): Promise<boolean[]> =>
      Promise.all(
        [chrome, bob].flatMap((who) => [one, two].map((client) => page(who, authorizeUrl(client, { prompt: '' })))),
      );
    const consent = async (): Promise<void> => {
      for (const who of [chrome, bob]) for (const client of [one, two]) await authorize(who, client);
    };
    await consent();
    expect(await asked()).toEqual([false, false, false, false]);
    expect((await root()('POST', `applications/${one.id}/revoke_tokens/`)).status).toBe(204);
    expect(await asked()).toEqual([true, false, true, false]);
    await consent();
    expect((await root()('POST', `users/${id}/revoke_tokens/`)).status).toBe(204);
    expect(await asked()).toEqual([false, false, true, true]);
  });
});

describe(`who skips the consent page (${PROFILE})`, () => {
  const body = (name: string): Json => ({
    name,
    organization,
    client_type: 'confidential',
    authorization_grant_type: 'authorization-code',
    redirect_uris: REDIRECT_URI,
  });
  const at = (field: string): Json => ({ [field]: [expect.stringContaining('superuser')] });

  it('AP-21 only a superuser lets an application skip it, and only to the redirect URIs that it saw', async () => {
    const mine = await alice('POST', 'applications/', { ...body('mine'), skip_authorization: true });
    expect([mine.status, mine.json]).toEqual([403, at('skip_authorization')]);
    const path = `applications/${(await good(alice('POST', 'applications/', body('mine'))))['id'] as number}/`;
    for (const [method, more] of [['PATCH', {}], ['PUT', body('mine')]] as const) {
      const later = await alice(method, path, { ...more, skip_authorization: true });
      expect([later.status, later.json]).toEqual([403, at('skip_authorization')]);
    } // prettier-ignore
    expect(await good(root()('PATCH', path, { skip_authorization: true }))).toMatchObject({ skip_authorization: true });

    // Sent back as it is, it stays; but codes go where a superuser agreed to.
    const whole = await good(alice('GET', path));
    expect(await good(alice('PUT', path, whole))).toMatchObject({ skip_authorization: true });
    const elsewhere = await alice('PATCH', path, { redirect_uris: `${REDIRECT_URI} https://evil.example/` });
    expect([elsewhere.status, elsewhere.json]).toEqual([403, at('redirect_uris')]);
    const both = { redirect_uris: 'https://evil.example/', skip_authorization: false };
    expect(await good(alice('PATCH', path, both))).toMatchObject(both);
    const shown = async (): Promise<unknown> =>
      ((await good(root()('GET', 'applications/?name=mine')))['results'] as Json[])[0]?.['redirect_uris'];
    await until(async () => (await shown()) === 'https://evil.example/');
    expect(await good(root()('GET', 'applications/?name=mine&skip_authorization=true'))).toMatchObject({ count: 0 });
  });
});

describe(`service identities (${PROFILE})`, () => {
  it('AP-22 each client-credentials application has its own, which is not among people and touches no other', async () => {
    const machines = await Promise.all(
      [1, 2].map(() =>
        register(system, { authorization_grant_type: 'client-credentials', redirect_uris: '', organization }),
      ),
    );
    const [one, two] = await Promise.all(
      machines.map(async (client) => {
        const form = { grant_type: 'client_credentials' };
        const token = (await good(postAs(client, first(), 'token', form)))['access_token'] as string;
        const again = (await good(postAs(client, last(), 'token', form)))['access_token'] as string;
        const call = api(first(), `Bearer ${token}`);
        await until(async () => (await call('GET', 'me/')).json['count'] === 1);
        const [me] = (await call('GET', 'me/')).json['results'] as [{ id: number; external_account: string }];
        expect((await api(last(), `Bearer ${again}`)('GET', `users/${me.id}/`)).status).toBe(200);
        return { client, token, call, me };
      }),
    );
    if (!one || !two) throw new Error('two were registered');
    expect([one.me.external_account, one.me.id === two.me.id]).toEqual(['service', false]);

    const tokensOf = async (caller: typeof root, { client }: typeof one): Promise<Json[]> =>
      (await good(caller()('GET', `tokens/?application=${client.id}`)))['results'] as Json[];
    const byOne = () => one.call;
    const byAlice = () => alice;
    for (const client of [one, two]) await until(async () => (await tokensOf(byAlice, client)).length === 2);
    expect([(await tokensOf(byOne, one)).length, (await tokensOf(byOne, two)).length]).toEqual([2, 0]);
    const [ofTwo] = (await tokensOf(byAlice, two)) as [Json];
    expect((await one.call('DELETE', `tokens/${ofTwo['id'] as number}/`)).status).toBe(404);
    expect((await one.call('POST', `users/${two.me.id}/revoke_tokens/`)).status).toBe(404);
    expect(await isActive(two.client, last(), two.token)).toBe(true);
    for (const token of await tokensOf(byAlice, two))
      expect((await alice('DELETE', `tokens/${token['id'] as number}/`)).status).toBe(204);
    expect(await isActive(two.client, last(), two.token)).toBe(false);

    const listed = async (path: string): Promise<unknown[]> =>
      ((await good(root()('GET', `${path}page_size=200`)))['results'] as Json[]).map(({ id }) => id);
    for (const path of ['users/?', `organizations/${organization}/users/?`])
      expect(await listed(path)).not.toEqual(expect.arrayContaining([one.me.id]));
    expect(await listed('users/?external_account=service&')).toEqual(expect.arrayContaining([one.me.id, two.me.id]));

    // It goes with its application.
    expect((await alice('DELETE', `applications/${one.client.id}/`)).status).toBe(204);
    expect((await root()('GET', `users/${one.me.id}/`)).status).toBe(404);
  });
});

describe(`names (${PROFILE})`, () => {
  it("TK-13 introspection tells a user's present name, not one that is somebody else's by now", async () => {
    const client = await register(system);
    const id = await makeUser('carol');
    const carol = browser(first());
    expect((await carol.logIn('carol', PASSWORD)).status).toBe(302);
    const { access } = await tokensFor(system, carol, client);
    const name = async (base: string): Promise<unknown> =>
      (await good(postAs(client, base, 'introspect', { token: access })))['username'];
    expect(await name(last())).toBe('carol');
    await good(root()('PATCH', `users/${id}/`, { username: 'caroline' }));
    await makeUser('carol');
    for (const base of system.gateways) expect(await name(base)).toBe('caroline');
    await good(root()('PATCH', `users/${id}/`, { username: 'caro' }));
    expect(await name(last())).toBe('caro');
  });
});
