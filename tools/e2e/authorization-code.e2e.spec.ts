import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  admin, adminBrowser, answerParameters, api, authorize, authorizeUrl, basic, browser, type Browser, type Client, codeFor, hiddenFields, isActive, post, postAs,
  redeem, REDIRECT_URI, register, tokensFor,
} from './clients.ts'; // prettier-ignore
import { PROFILE, startSystem, type System, until } from './system.ts';

let system: System;
let chrome: Browser;
let app: Client;
/** Every secret that the suite was given, for the search at its end. */
const secrets = new Set<string>();
const known = (secret: string): string => {
  secrets.add(secret);
  return secret;
};
const first = (): string => system.gateways[0] as string;
const last = (): string => system.gateways.at(-1) as string;

beforeAll(async () => {
  system = await startSystem();
  known(system.adminPassword);
  chrome = await adminBrowser(system);
  app = await register(system);
  known(app.clientSecret);
}, 200_000);
afterAll(async () => {
  expect(await system.stop()).toBe(0);
}, 60_000);

describe(`the authorization code flow (${PROFILE})`, () => {
  it('registers the application of the documentation, body as it is', async () => {
    const body = {
      name: 'AuthCodeApp',
      user: 1,
      client_type: 'confidential',
      redirect_uris: 'http://controller.example/api/v2',
      authorization_grant_type: 'authorization-code',
      skip_authorization: false,
    };
    const { status, json } = await admin(system)('POST', 'applications/', body);
    expect(status).toBe(201);
    expect(json).toMatchObject({ ...body, type: 'o_auth2_application', organization: 1 });
    expect(json['client_id']).toMatch(/^[0-9A-Za-z]{40}$/);
    expect(json['client_secret']).toMatch(/^[0-9A-Za-z]{128}$/);
    known(json['client_secret'] as string);
    const again = await admin(system)('POST', 'applications/', {
      ...body,
      redirect_uris: 'http://<controller>/api/v2',
      name: 'Literal',
    });
    expect(again.status).toBe(400);
    expect(again.text).toContain('Enter a valid URL');
    const twice = await admin(system)('POST', 'applications/', body);
    expect(twice.json).toEqual({ __all__: ['Application with this Name and Organization already exists.'] });
  });

  it('shows the secret once and masks it in every other reply', async () => {
    const { json } = await admin(system)('GET', `applications/${app.id}/`);
    expect(json['client_secret']).toBe('************');
  });

  it('asks for login and consent, then answers with code, state and iss', async () => {
    const one = browser(first());
    const toLogin = await one.get(authorizeUrl(app));
    expect(toLogin.status).toBe(302);
    const login = await one.logIn(
      'admin',
      system.adminPassword,
      new URL(toLogin.headers.get('location') as string, first()).searchParams.get('next') as string,
    );
    expect(login.status).toBe(302);
    const answer = await authorize(one, app);
    expect(answer.status).toBe(302);
    expect(answer.headers.get('location')).toMatch(/^https:\/\/app\.example\/callback\?code=glc_/);
    const parameters = answerParameters(answer);
    expect([parameters.get('state'), parameters.get('iss')]).toEqual(['a state', first()]);
    const tokens = await redeem(app, first(), known(parameters.get('code') as string));
    expect(tokens.status).toBe(200);
    expect(tokens.headers.get('cache-control')).toBe('no-store');
    expect(tokens.json).toMatchObject({ token_type: 'Bearer', expires_in: 3600, scope: 'read write' });
    const access = known(tokens.json['access_token'] as string);
    known(tokens.json['refresh_token'] as string);
    const me = await api(last(), `Bearer ${access}`)('GET', 'me/');
    expect(me.json).toMatchObject({ count: 1, results: [{ id: 1, username: 'admin' }] });
  });

  it('remembers consent, and asks again when it is forced', async () => {
    await tokensFor(system, chrome, app);
    expect((await chrome.get(authorizeUrl(app))).status).toBe(302);
    expect((await chrome.get(authorizeUrl(app, { prompt: 'consent' }))).status).toBe(200);
  });

  it('AZ-16 tells the application when the user denies', async () => {
    const page = await chrome.get(authorizeUrl(app, { prompt: 'consent' }));
    const answer = await chrome.submit('/api/o/authorize/', hiddenFields(page.text));
    expect(answerParameters(answer).get('error')).toBe('access_denied');
  });

  it('AZ-11 twenty answers to one consent page: exactly one counts', async () => {
    const page = await chrome.get(authorizeUrl(app, { prompt: 'consent' }));
    const fields = hiddenFields(page.text);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        chrome.submit('/api/o/authorize/', i % 2 === 0 ? { ...fields, allow: 'Authorize' } : fields),
      ),
    );
    expect(answers.filter(({ status }) => status === 302)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(19);
  });

  it('CD-01 a code used twice fails and ends what it gave', async () => {
    const code = await codeFor(chrome, app);
    const { json } = await redeem(app, first(), code);
    const replay = await redeem(app, last(), code);
    expect([replay.status, replay.json['error']]).toEqual([400, 'invalid_grant']);
    expect(await isActive(app, first(), json['access_token'] as string)).toBe(false);
  });

  it('CD-02 fifty parallel redemptions of one code: exactly one 200', async () => {
    const code = await codeFor(chrome, app);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => redeem(app, system.gateways[i % system.gateways.length] as string, code)),
    );
    const won = answers.filter(({ status }) => status === 200);
    expect(won).toHaveLength(1);
    expect(answers.filter(({ status, json }) => status === 400 && json['error'] === 'invalid_grant')).toHaveLength(49);
    expect(await isActive(app, last(), won[0]?.json['access_token'] as string)).toBe(false);
  });

  it('CD-05 a code is good strictly before its end and dead from then on', async () => {
    await system.setClock('frozen 2030-01-01T12:00:00.000Z');
    const one = await adminBrowser(system);
    const [early, late] = [await codeFor(one, app), await codeFor(one, app)];
    await system.setClock('frozen 2030-01-01T12:09:59.000Z');
    expect((await redeem(app, first(), early)).status).toBe(200);
    await system.setClock('frozen 2030-01-01T12:10:00.000Z');
    expect((await redeem(app, last(), late)).json['error']).toBe('invalid_grant');
    await system.setClock('offset 0');
  });

  it('a new code lifetime holds from the next code on', async () => {
    await system.setClock('frozen 2030-01-02T12:00:00.000Z');
    const one = await adminBrowser(system);
    const before = await codeFor(one, app);
    expect(
      (
        await admin(system)('PATCH', 'settings/authentication/', {
          OAUTH2_PROVIDER: { AUTHORIZATION_CODE_EXPIRE_SECONDS: 60 },
        })
      ).status,
    ).toBe(200);
    const after = await codeFor(one, app);
    await system.setClock('frozen 2030-01-02T12:02:00.000Z');
    expect((await redeem(app, last(), after)).status).toBe(400);
    expect((await redeem(app, last(), before)).status).toBe(200);
    const refused = await admin(system)('PATCH', 'settings/authentication/', {
      OAUTH2_PROVIDER: { AUTHORIZATION_CODE_EXPIRE_SECONDS: 601 },
    });
    expect([refused.status, refused.text.includes('600')]).toEqual([400, true]);
    await admin(system)('PATCH', 'settings/authentication/', {
      OAUTH2_PROVIDER: { AUTHORIZATION_CODE_EXPIRE_SECONDS: 600 },
    });
    await system.setClock('offset 0');
  });
});

describe(`refresh (${PROFILE})`, () => {
  it('RT-02 fifty parallel refreshes of one token: all the same successor', async () => {
    const { refresh } = await tokensFor(system, chrome, app);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        postAs(app, system.gateways[i % system.gateways.length] as string, 'token', {
          grant_type: 'refresh_token',
          refresh_token: refresh,
        }),
      ),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ json }) => json['refresh_token'])).size).toBe(1);
  });

  it('RT-01 a rotated refresh token, once its successor was used, ends the grant', async () => {
    const { refresh } = await tokensFor(system, chrome, app);
    const second = await postAs(app, first(), 'token', { grant_type: 'refresh_token', refresh_token: refresh });
    const third = await postAs(app, last(), 'token', {
      grant_type: 'refresh_token',
      refresh_token: second.json['refresh_token'] as string,
    });
    expect(third.status).toBe(200);
    const reused = await postAs(app, first(), 'token', { grant_type: 'refresh_token', refresh_token: refresh });
    expect(reused.json['error']).toBe('invalid_grant');
    expect(await isActive(app, last(), third.json['access_token'] as string)).toBe(false);
  });
});

describe(`revocation (${PROFILE})`, () => {
  it('RT-10 either token ends its grant before the 200, on every instance', async () => {
    for (const kind of ['access', 'refresh'] as const) {
      const tokens = await tokensFor(system, chrome, app);
      expect(await isActive(app, last(), tokens.access)).toBe(true);
      expect((await postAs(app, first(), 'revoke_token', { token: tokens[kind] })).status).toBe(200);
      expect(await isActive(app, last(), tokens.access)).toBe(false);
      expect(
        (await postAs(app, last(), 'token', { grant_type: 'refresh_token', refresh_token: tokens.refresh })).status,
      ).toBe(400);
    }
  });

  it("CA-15 another client's token is left untouched, and introspection says nothing about it", async () => {
    const other = await register(system, { authorization_grant_type: 'client-credentials', redirect_uris: '' });
    const { access } = await tokensFor(system, chrome, app);
    expect((await postAs(other, first(), 'revoke_token', { token: access })).status).toBe(200);
    expect((await postAs(other, first(), 'introspect', { token: access })).json).toEqual({ active: false });
    expect(await isActive(app, last(), access)).toBe(true);
  });

  it("ends every token of one application at once, on every instance, and no other application's", async () => {
    const other = await register(system);
    const mine = await Promise.all(Array.from({ length: 5 }, () => tokensFor(system, chrome, app)));
    const theirs = await tokensFor(system, chrome, other);
    expect((await admin(system)('POST', `applications/${app.id}/revoke_tokens/`)).status).toBe(204);
    for (const gateway of system.gateways) {
      for (const { access, refresh } of mine) {
        expect(await isActive(app, gateway, access)).toBe(false);
        const again = { grant_type: 'refresh_token', refresh_token: refresh };
        expect((await postAs(app, gateway, 'token', again)).status).toBe(400);
      }
      expect(await isActive(other, gateway, theirs.access)).toBe(true);
    }
    expect((await tokensFor(system, chrome, app)).access).toBeDefined();
  });

  it('twenty revoke-alls and refreshes at once: no 5xx, and nothing lives on', async () => {
    const client = await register(system);
    const { refresh } = await tokensFor(system, chrome, client);
    const refreshing = Array.from({ length: 20 }, (_, i) =>
      postAs(client, system.gateways[i % system.gateways.length] as string, 'token', {
        grant_type: 'refresh_token',
        refresh_token: refresh,
      }),
    );
    const ending = Array.from({ length: 20 }, (_, i) =>
      admin(system, i % system.gateways.length)('POST', `applications/${client.id}/revoke_tokens/`),
    );
    const answers = await Promise.all([...refreshing, ...ending]);
    expect(answers.filter(({ status }) => status >= 500).map(({ text }) => text)).toEqual([]);
    for (const { json } of await Promise.all(refreshing)) {
      if (typeof json['access_token'] === 'string')
        expect(await isActive(client, last(), json['access_token'])).toBe(false);
    }
  });

  it("CD-08 AP-11 a deleted application's codes and tokens are dead before the 204", async () => {
    const doomed = await register(system);
    const code = await codeFor(chrome, doomed);
    const { access } = await tokensFor(system, chrome, doomed);
    expect((await admin(system)('DELETE', `applications/${doomed.id}/`)).status).toBe(204);
    const answer = await redeem(doomed, last(), code);
    expect([answer.status, answer.json['error']]).toEqual([401, 'invalid_client']);
    expect((await api(last(), `Bearer ${access}`)('GET', 'me/')).status).toBe(401);
    expect((await admin(system)('GET', `applications/${doomed.id}/`)).status).toBe(404);
  });

  it("RT-12 a disabled user's tokens are refused from the acknowledgement on, and after enabling again", async () => {
    const created = await admin(system)('POST', 'users/', {
      username: 'alice',
      password: known('a password of alice'),
    });
    const alice = created.json['id'] as number;
    const one = browser(first());
    await one.logIn('alice', 'a password of alice');
    const { access, refresh } = await tokensFor(system, one, app);
    expect((await admin(system)('PATCH', `users/${alice}/`, { is_active: false })).status).toBe(200);
    expect(await isActive(app, last(), access)).toBe(false);
    expect((await one.get(authorizeUrl(app))).headers.get('location')).toMatch(/^\/api\/login\//);
    expect((await admin(system)('PATCH', `users/${alice}/`, { is_active: true })).status).toBe(200);
    expect(
      (await postAs(app, last(), 'token', { grant_type: 'refresh_token', refresh_token: refresh })).json['error'],
    ).toBe('invalid_grant');
    await one.logIn('alice', 'a password of alice');
    expect((await tokensFor(system, one, app)).access).toBeDefined();
  });
});

describe(`the management API (${PROFILE})`, () => {
  it('creates personal and application tokens with Basic, lists them masked, deletes them', async () => {
    const call = admin(system);
    const personal = await call('POST', 'tokens/', { description: 'for a script', application: null, scope: 'read' });
    expect(personal.status).toBe(201);
    expect(personal.json).toMatchObject({ refresh_token: null, application: null, scope: 'read', user: 1 });
    const token = known(personal.json['token'] as string);
    const position = { 'grantlog-position': personal.headers.get('grantlog-position') as string };
    const listed = await call('GET', 'tokens/?description=for a script', undefined, position);
    expect(listed.json).toMatchObject({ count: 1, results: [{ id: personal.json['id'], token: '************' }] });
    const bearer = api(last(), `Bearer ${token}`);
    expect((await bearer('GET', 'applications/')).status).toBe(200);
    const write = await bearer('POST', 'applications/', {});
    expect([write.status, write.headers.get('www-authenticate')]).toEqual([
      403,
      expect.stringContaining('insufficient_scope'),
    ]);
    const ofApplication = await call('POST', `applications/${app.id}/tokens/`, { scope: 'write' });
    expect(ofApplication.json).toMatchObject({ application: app.id, refresh_token: expect.stringMatching(/^glr_/) });
    const tokens = await call('GET', `applications/${app.id}/tokens/`, undefined, {
      'grantlog-position': ofApplication.headers.get('grantlog-position') as string,
    });
    expect(tokens.json['results']).toContainEqual(expect.objectContaining({ id: ofApplication.json['id'] }));
    expect((await call('DELETE', `tokens/${personal.json['id'] as number}/`)).status).toBe(204);
    expect((await bearer('GET', 'me/')).status).toBe(401);
    expect((await call('GET', `tokens/${personal.json['id'] as number}/`)).status).toBe(404);
  });

  it('lists show a write that the request names', async () => {
    const created = await admin(system)('POST', 'applications/', {
      name: 'seen at once',
      client_type: 'public',
      authorization_grant_type: 'authorization-code',
      redirect_uris: REDIRECT_URI,
    });
    const listed = await admin(system, system.gateways.length - 1)(
      'GET',
      'applications/?name=seen at once',
      undefined,
      { 'grantlog-position': created.headers.get('grantlog-position') as string },
    );
    expect(listed.json).toMatchObject({ count: 1, results: [{ id: created.json['id'] }] });
  });

  it('CA-11 an old secret works during the overlap and never after', async () => {
    const client = await register(system, { authorization_grant_type: 'client-credentials', redirect_uris: '' });
    const rotated = await admin(system)('POST', `applications/${client.id}/rotate_secret/`, {});
    const fresh = { ...client, clientSecret: known(rotated.json['client_secret'] as string) };
    const form = { grant_type: 'client_credentials' };
    expect([
      (await postAs(client, last(), 'token', form)).status,
      (await postAs(fresh, last(), 'token', form)).status,
    ]).toEqual([401, 200]);
    await admin(system)('POST', `applications/${client.id}/rotate_secret/`, { overlap_seconds: 3600 });
    expect((await postAs(fresh, last(), 'token', form)).status).toBe(200);
  });

  it('the same name twice at once: one application', async () => {
    const body = {
      name: 'wanted by many',
      client_type: 'public',
      authorization_grant_type: 'authorization-code',
      redirect_uris: REDIRECT_URI,
    };
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) => admin(system, i % system.gateways.length)('POST', 'applications/', body)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array.from({ length: 9 }, () => 400)]);
  });

  it('shows every event, in order, by cursor', async () => {
    const seen: { type: string; journalsequence: number }[] = [];
    for (let after = '0'; ;) {
      const { json } = await admin(system)('GET', `events/?limit=500&after=${after}`);
      const results = json['results'] as typeof seen;
      seen.push(...results);
      after = json['next'] as string;
      if (results.length === 0) break;
    }
    const numbers = [...new Set(seen.map(({ journalsequence }) => journalsequence))];
    expect(numbers).toEqual(numbers.map((_, i) => i + 1));
    const types = new Set(seen.map(({ type }) => type));
    for (const type of [
      'grantlog.grant.access-token-issued.v1',
      'grantlog.grant.authorization-code-replay-detected.v1',
      'grantlog.revocations.application-grants-revoked.v1',
      'grantlog.settings.settings-changed.v1',
    ]) {
      expect(types).toContain(type);
    }
  });
});

describe(`bad input (${PROFILE})`, () => {
  it('is answered in the form of the place, never by 500', async () => {
    const table: [string, Promise<{ status: number; json: Record<string, unknown> }>, number, string | undefined][] = [
      ['no grant type', postAs(app, first(), 'token', {}), 400, 'invalid_request'],
      ['unknown grant type', postAs(app, first(), 'token', { grant_type: 'implicit' }), 400, 'unsupported_grant_type'],
      [
        "not this application's",
        postAs(app, first(), 'token', { grant_type: 'client_credentials' }),
        400,
        'unauthorized_client',
      ],
      [
        'password grant while it is off',
        postAs(app, first(), 'token', { grant_type: 'password', username: 'a', password: 'b' }),
        400,
        'unsupported_grant_type',
      ],
      ['no client', post(first(), 'token', { grant_type: 'client_credentials' }), 401, 'invalid_client'],
      [
        'wrong secret',
        post(first(), 'token', { grant_type: 'refresh_token', client_id: app.clientId, client_secret: 'x' }),
        401,
        'invalid_client',
      ],
      [
        'two methods',
        post(
          first(),
          'token',
          { grant_type: 'refresh_token', client_secret: 'x' },
          { authorization: basic(app.clientId, app.clientSecret) },
        ),
        400,
        'invalid_request',
      ],
      ['missing code', postAs(app, first(), 'token', { grant_type: 'authorization_code' }), 400, 'invalid_request'],
      [
        'garbage code',
        postAs(app, first(), 'token', { grant_type: 'authorization_code', code: 'x' }),
        400,
        'invalid_grant',
      ],
      ['missing token', postAs(app, first(), 'introspect', {}), 400, 'invalid_request'],
      [
        'JSON',
        fetch(`${first()}/api/o/token/`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: '{}',
        }).then(async (r) => ({ status: r.status, json: (await r.json()) as never })),
        400,
        'invalid_request',
      ],
      ['a large body', post(first(), 'token', { grant_type: 'x'.repeat(20_000) }), 413, 'invalid_request'],
    ];
    for (const [name, answer, status, error] of table) {
      const { status: came, json } = await answer;
      expect([name, came, json['error']]).toEqual([name, status, error]);
    }
  });

  it('RU-01 RU-19 never redirects to what is not registered', async () => {
    for (const parameters of [
      { redirect_uri: `${REDIRECT_URI}/evil` },
      { redirect_uri: 'https://evil.example/' },
      { client_id: 'nobody' },
    ]) {
      const answer = await chrome.get(authorizeUrl(app, parameters));
      expect([answer.status, answer.headers.get('location')]).toEqual([400, null]);
    }
  });

  it('PK-01 PK-02 a public client needs S256', async () => {
    const client = await register(system, { client_type: 'public' });
    expect(answerParameters(await chrome.get(authorizeUrl(client))).get('error')).toBe('invalid_request');
    expect(
      answerParameters(
        await chrome.get(authorizeUrl(client, { code_challenge: 'x'.repeat(43), code_challenge_method: 'plain' })),
      ).get('error'),
    ).toBe('invalid_request');
  });

  it('the management API answers in its own form', async () => {
    const call = admin(system);
    expect(await call('POST', 'applications/', {})).toMatchObject({
      status: 400,
      json: { name: ['This field is required.'], client_type: ['This field is required.'] },
    });
    expect(await call('POST', 'applications/', [])).toMatchObject({
      status: 400,
      json: { detail: 'JSON parse error - not a JSON object' },
    });
    expect(await call('GET', 'applications/999999/')).toMatchObject({
      status: 404,
      json: { detail: 'No OAuth2Application matches the given query.' },
    });
    expect(await call('GET', 'applications/?page=0')).toMatchObject({ status: 404, json: { detail: 'Invalid page.' } });
    expect(await call('GET', 'applications/?client_secret=x')).toMatchObject({ status: 403 });
    expect(await call('GET', 'applications/?nonsense=x')).toMatchObject({ status: 400 });
    expect((await call('DELETE', 'applications/')).status).toBe(405);
    expect((await fetch(`${first()}/api/v2/applications/`)).status).toBe(401);
  });
});

describe(`what it keeps (${PROFILE})`, () => {
  it('a restart and a kill -9 lose nothing that was acknowledged', async () => {
    const kept = await tokensFor(system, chrome, app);
    const ended = await tokensFor(system, chrome, app);
    await postAs(app, first(), 'revoke_token', { token: ended.access });
    for (const again of [system.restart, system.crash]) {
      await again();
      expect(await isActive(app, last(), kept.access)).toBe(true);
      expect(await isActive(app, last(), ended.access)).toBe(false);
    }
    const one = await adminBrowser(system);
    expect((await tokensFor(system, one, app)).access).toBeDefined();
  }, 120_000);

  it('LK-01 no code, token, secret or password is in any file or log, in any encoding', async () => {
    const one = await adminBrowser(system);
    const { access, refresh } = await tokensFor(system, one, app);
    [access, refresh, await codeFor(one, app)].forEach(known);
    const needles = [...secrets].flatMap((secret) => [
      secret,
      ...(/^gl[acr]_/.test(secret) ? [secret.slice(secret.indexOf('.') + 1, -6)] : []),
      Buffer.from(secret).toString('base64').replace(/=+$/, ''),
      Buffer.from(secret).toString('hex'),
    ]);
    // What is still on its way into topics and read models has to be there to be found.
    const marker = await admin(system)('POST', 'tokens/', { description: 'the last write', scope: 'read' });
    known(marker.json['token'] as string);
    await until(async () => (await admin(system)('GET', 'tokens/?description=the last write')).json['count'] === 1);
    const haystacks = [
      ['log', system.log()],
      ...filesBelow(system.dataFolder).map((file) => [file, readFileSync(file, 'latin1')]),
    ];
    const hits = haystacks.flatMap(([name, text]) =>
      needles.filter((needle) => (text as string).includes(needle)).map(() => name),
    );
    expect(hits).toEqual([]);
    expect(haystacks.length).toBeGreaterThan(2);
  });
});

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).isFile() && !/installation-key|admin-password|certificates/.test(file));
