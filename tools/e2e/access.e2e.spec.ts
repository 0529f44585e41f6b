import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  admin,
  api,
  type Answer,
  basic,
  type Browser,
  browser,
  type Client,
  type Json,
  postAs,
  register,
} from './clients.ts';
import { PROFILE, startSystem, type System, until } from './system.ts';

/** The first table of `docs/access.md`, tried cell by cell. */
const [text = ''] = readFileSync(join(import.meta.dirname, '../../docs/access.md'), 'utf8').split('## What each role');
const table = text
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .map((line) => line.slice(1, -1).split('|').map((cell) => cell.trim())); // prettier-ignore
const [[, ...MEANS] = [], , ...ROWS] = table;

type Caller = {
  readonly name: string;
  readonly user: number;
  readonly call: (method: string, path: string, body?: unknown) => Promise<Pick<Answer, 'status' | 'json'>>;
};

let system: System;
let app: Client;
let others: number;
const PASSWORD = 'the password before';
const first = (): string => system.gateways[0] as string;
const last = (): string => system.gateways.at(-1) as string;
const root = () => admin(system);
const good = async (answer: Promise<Answer>): Promise<Json> => {
  const { status, text, json } = await answer;
  if (status >= 300) throw new Error(`${status} ${text}`);
  return json;
};
let made = 0;
const name = (): string => `access ${(made += 1)}`;
const makeUser = async (more: Json = {}): Promise<number> =>
  (await good(root()('POST', 'users/', { username: name(), password: PASSWORD, ...more })))['id'] as number;
/** A token of the admin, for those who may change everybody's. */
const makeToken = async (body: Json): Promise<Json> => good(root()('POST', 'tokens/', body));

/** Calls of a logged-in browser's script. */
const inSession =
  (one: Browser): Caller['call'] =>
  async (method, path, body) => {
    const answer = await fetch(`${first()}/api/v2/${path}`, {
      method,
      headers: {
        cookie: `grantlog-session=${one.cookie('grantlog-session') ?? ''}`,
        origin: first(),
        'x-csrftoken': one.cookie('csrftoken') ?? '',
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: answer.status, json: answer.status === 204 ? {} : ((await answer.json()) as Json) };
  };

const bearer = (token: unknown): Caller['call'] => api(first(), `Bearer ${token as string}`);

/** How a superuser comes to call by each of the means; each has an account of its own. */
const CALLERS: Readonly<Record<string, (username: string, own: ReturnType<typeof api>) => Promise<Caller['call']>>> = {
  Basic: (username) => Promise.resolve(api(first(), basic(username, PASSWORD))),
  'browser session': async (username) => {
    const one = browser(first());
    expect((await one.logIn(username, PASSWORD)).status).toBe(302);
    return inSession(one);
  },
  'personal token': async (_, own) => bearer((await good(own('POST', 'tokens/', { scope: 'read write' })))['token']),
  'token created with a token': async (_, own) => {
    const parent = api(last(), `Bearer ${(await good(own('POST', 'tokens/', {})))['token'] as string}`);
    return bearer((await good(parent('POST', 'tokens/', {})))['token']);
  },
  "application's token": async (_, own) =>
    bearer((await good(own('POST', 'tokens/', { scope: 'read write', application: app.id })))['token']),
  'client-credentials token': async () => {
    const machine = await register(system, { authorization_grant_type: 'client-credentials', redirect_uris: '' });
    const form = { grant_type: 'client_credentials' };
    const call = bearer((await good(postAs(machine, first(), 'token', form)))['access_token']);
    await until(async () => (await call('GET', 'me/')).json['count'] === 1);
    const [{ id }] = (await call('GET', 'me/')).json['results'] as [{ id: number }];
    await good(root()('PATCH', `users/${id}/`, { is_superuser: true }));
    return call;
  },
};

const callerBy = async (means: string): Promise<Caller> => {
  const username = name();
  const create = { username, password: PASSWORD, is_superuser: true };
  const { id } = await good(root()('POST', 'users/', create));
  const make = CALLERS[means];
  if (!make) throw new Error(`nobody calls by ${means}`);
  return { name: means, user: id as number, call: await make(username, api(first(), basic(username, PASSWORD))) };
};

type Action = (caller: Caller) => Promise<readonly Pick<Answer, 'status' | 'json'>[]>;
const one = (method: string, path: (caller: Caller) => Promise<string> | string, body?: (caller: Caller) => Json): Action =>
  async (caller) => [await caller.call(method, await path(caller), body?.(caller))]; // prettier-ignore
const ofUser = async (): Promise<string> => `users/${await makeUser()}/`;
const ofApplication = async (): Promise<string> => `applications/${(await register(system)).id}/`;

const ACTIONS: Readonly<Record<string, Action>> = {
  read: one('GET', () => 'applications/'),
  'create a personal token': one('POST', () => 'tokens/', () => ({ scope: 'read' })),
  'create a token for an application': one('POST', () => `applications/${app.id}/tokens/`, () => ({ scope: 'read' })),
  'widen the scope of a token': async ({ call, user }) => {
    // Nobody widens another's, so it is one's own where there can be one, as for everybody but a service identity.
    const own = await good(api(first(), await basicOf(user))('POST', 'tokens/', { scope: 'read' }));
    return [await call('PATCH', `tokens/${own['id'] as number}/`, { scope: 'write' })];
  },
  'narrow, describe and end tokens': async ({ call }) => {
    const { id } = await makeToken({ scope: 'write' });
    const path = `tokens/${id as number}/`;
    return [await call('PATCH', path, { scope: 'read', description: 'narrowed' }), await call('DELETE', path)];
  },
  'register an application': one('POST', () => 'applications/', () => ({ name: name(), client_type: 'confidential', authorization_grant_type: 'client-credentials' })),
  'change an application': one('PATCH', ofApplication, () => ({ redirect_uris: 'https://other.example/' })),
  'rotate a client secret': one('POST', async () => `${await ofApplication()}rotate_secret/`, () => ({})),
  'delete an application': one('DELETE', ofApplication),
  'create a user': one('POST', () => 'users/', () => ({ username: name(), password: PASSWORD })),
  "set another user's password": one('PATCH', ofUser, () => ({ password: 'another password' })),
  "set one's own password": one('PATCH', ({ user }) => `users/${user}/`, () => ({ password: 'another password' })),
  'change `is_superuser`': one('PATCH', ofUser, () => ({ is_superuser: true })),
  'change `is_system_auditor`': one('PATCH', ofUser, () => ({ is_system_auditor: true })),
  'change `is_active`': one('PATCH', ofUser, () => ({ is_active: false })),
  'give or take a role in an organization': async ({ call }) => [
    await call('POST', 'organizations/1/users/', { id: others }),
    await call('POST', 'organizations/1/admins/', { id: others }),
    await call('POST', 'organizations/1/auditors/', { id: others, disassociate: true }),
  ],
  'change a username': one('PATCH', ofUser, () => ({ username: name() })),
  'delete a user': one('DELETE', ofUser),
  'create, change and delete an organization': async ({ call }) => {
    const made = await call('POST', 'organizations/', { name: name() });
    const path = `organizations/${made.json['id'] as number}/`;
    return [made, await call('PATCH', path, { description: 'changed' }), await call('DELETE', path)];
  },
  'end all tokens of a user or an application': async ({ call }) => [
    await call('POST', `${await ofUser()}revoke_tokens/`),
    await call('POST', `${await ofApplication()}revoke_tokens/`),
  ],
  'change first name, last name, e-mail address and settings': async ({ call }) => [
    await call('PATCH', `users/${others}/`, { first_name: name(), last_name: 'Ox', email: 'a@example.com' }),
    await call('PATCH', 'settings/all/', { SESSION_COOKIE_AGE: 1900 + made }),
  ],
}; // prettier-ignore

const basicOf = async (user: number): Promise<string> =>
  basic((await good(root()('GET', `users/${user}/`)))['username'] as string, PASSWORD);

beforeAll(async () => {
  system = await startSystem();
  app = await register(system);
  others = await makeUser();
}, 240_000);
afterAll(async () => {
  await system.stop();
}, 60_000);

describe(`what each means of authentication may do (${PROFILE})`, () => {
  it('has a caller for every column and an action for every row', () => {
    expect(MEANS).toEqual(Object.keys(CALLERS));
    expect(ROWS.map(([what]) => what)).toEqual(Object.keys(ACTIONS));
  });

  it.each([...MEANS.entries()])(
    'AP-16 AP-17 AP-18 column %d (%s) of the table in docs/access.md is so',
    async (i, means) => {
      const wrong: string[] = [];
      let caller = await callerBy(means);
      for (const [what = '', ...cells] of ROWS) {
        const cell = cells[i];
        const answers = await (ACTIONS[what] as Action)(caller);
        const wanted = cell === 'yes' ? [200, 201, 204] : cell === 'no' ? [403] : [400];
        for (const { status, json } of answers)
          if (!wanted.includes(status)) wrong.push(`${what} by ${means}: ${status} ${JSON.stringify(json)}`);
        if (what !== "set one's own password" || cell === 'no') continue;
        if (cell !== 'yes') {
          const path = `users/${caller.user}/`;
          const change = { password: 'the password after' };
          expect(answers[0]?.json).toHaveProperty('current_password');
          expect((await caller.call('PATCH', path, { ...change, current_password: 'a guess' })).status).toBe(400);
          expect((await caller.call('PATCH', path, { ...change, current_password: PASSWORD })).status).toBe(200);
          // It ended the caller's sessions and tokens.
          expect((await caller.call('GET', 'me/')).status).toBe(401);
        }
        caller = await callerBy(means);
      }
      expect(wrong).toEqual([]);
    },
    240_000,
  );

  it('AP-19 a token that a token created has no wider scope and no later end, names its parent and ends with it', async () => {
    const parent = await makeToken({ scope: 'write', expires_in: 600 });
    const asParent = api(first(), `Bearer ${parent['token'] as string}`);
    const child = await good(asParent('POST', 'tokens/', { scope: 'write', expires_in: 86_400 }));
    expect(child['parent']).toBe(parent['id']);
    expect(child['expires']).toBe(parent['expires']);
    const wider = await asParent('POST', 'users/1/personal_tokens/', { scope: 'read write' });
    expect([wider.status, wider.json]).toEqual([403, { scope: [expect.stringContaining('write')] }]);
    const asChild = api(last(), `Bearer ${child['token'] as string}`);
    expect((await asChild('POST', 'tokens/', { scope: 'read' })).status).toBe(403);
    expect((await root()('PATCH', `tokens/${child['id'] as number}/`, { scope: 'read write' })).status).toBe(403);

    // Narrowed with its parent, ended with it, and out of the lists with it.
    await good(root()('PATCH', `tokens/${parent['id'] as number}/`, { scope: 'read' }));
    expect((await asChild('POST', 'organizations/', { name: name() })).status).toBe(403);
    const listed = async (): Promise<number> =>
      (await root()('GET', `tokens/?id__in=${parent['id'] as number},${child['id'] as number}`)).json[
        'count'
      ] as number;
    await until(async () => (await listed()) === 2);
    expect((await root()('DELETE', `tokens/${parent['id'] as number}/`)).status).toBe(204);
    expect((await asChild('GET', 'me/')).status).toBe(401);
    expect((await root()('GET', `tokens/${child['id'] as number}/`)).status).toBe(404);
    await until(async () => (await listed()) === 0);
  });

  it('AP-20 guesses at the current password are wrong logins', async () => {
    const username = name();
    const { id } = await good(root()('POST', 'users/', { username, password: PASSWORD }));
    const own = await good(api(first(), basic(username, PASSWORD))('POST', 'tokens/', {}));
    const call = bearer(own['token']);
    const guess = { password: 'another password', current_password: 'a guess' };
    const statuses: number[] = [];
    for (let i = 0; i < 11; i += 1) statuses.push((await call('PATCH', `users/${id as number}/`, guess)).status);
    expect(statuses).toEqual([...Array<number>(10).fill(400), 429]);
    const right = { password: 'another password', current_password: PASSWORD };
    expect((await call('PATCH', `users/${id as number}/`, right)).status).toBe(429);
  });
});
