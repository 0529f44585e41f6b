import fc from 'fast-check';
import { api, admin, basic, type Answer, type Json, REDIRECT_URI } from './clients.ts';
import { PROFILE, RELEASE, startSystem, type System, until } from './system.ts';

/**
 * Who may do what, as a plain table says it, against the running system: every role on every route and method, then
 * random actors over random objects. The oracle knows users, organizations, applications and tokens, and nothing of how
 * they are stored.
 */
let system: System;
const CALLS = RELEASE ? 100_000 : PROFILE === 'embedded' ? 5000 : 2000;

type Role = 'member' | 'admin' | 'auditor';
type Actor = {
  readonly name: string;
  readonly id: number;
  readonly superuser: boolean;
  readonly systemAuditor: boolean;
  readonly roles: Map<number, Set<Role>>;
};
type App = { readonly id: number; readonly organization: number; readonly name: string };
type Token = { readonly id: number; readonly user: number; readonly app: App | undefined };

const PASSWORD = 'a password of everybody';
const actors: Actor[] = [];
const apps: App[] = [];
const tokens: Token[] = [];
let orgs: number[] = [];

const root = () => admin(system);
/** Gateways in turn, so that a failure plays again from its seed. */
let turn = 0;
const call = (actor: Actor) =>
  api(
    system.gateways[(turn += 1) % system.gateways.length] as string,
    basic(actor.name, actor.name === 'admin' ? system.adminPassword : PASSWORD),
  );
const has = (actor: Actor, organization: number, ...roles: Role[]): boolean =>
  roles.some((role) => actor.roles.get(organization)?.has(role));

// The role table, word by word.
const seesApp = (actor: Actor, { organization }: App): boolean =>
  actor.superuser || actor.systemAuditor || has(actor, organization, 'admin', 'member');
const changesApp = (actor: Actor, { organization }: App): boolean =>
  actor.superuser || has(actor, organization, 'admin');
const seesToken = (actor: Actor, { user, app }: Token): boolean =>
  actor.superuser ||
  actor.systemAuditor ||
  actor.id === user ||
  (app !== undefined && has(actor, app.organization, 'admin', 'auditor'));
const changesToken = (actor: Actor, { user, app }: Token): boolean =>
  actor.superuser || actor.id === user || (app !== undefined && has(actor, app.organization, 'admin'));
const seesUser = (actor: Actor, other: Actor): boolean =>
  actor.superuser ||
  actor.systemAuditor ||
  actor === other ||
  [...actor.roles].some(
    ([organization, roles]) => roles.has('admin') && (other.roles.get(organization)?.size ?? 0) > 0,
  );
const seesOrg = (actor: Actor, organization: number): boolean =>
  actor.superuser || actor.systemAuditor || (actor.roles.get(organization)?.size ?? 0) > 0;
/** 404 for what is not seen, 403 for what is seen and may not be done. */
const verdict = (sees: boolean, may: boolean, good: number): number => (!sees ? 404 : may ? good : 403);

const makeUser = async (name: string, more: Json = {}, roles: [number, Role][] = []): Promise<Actor> => {
  const { status, json, text } = await root()('POST', 'users/', { username: name, password: PASSWORD, ...more });
  if (status !== 201) throw new Error(`${status} ${text}`);
  const id = json['id'] as number;
  const actor: Actor = {
    name,
    id,
    superuser: more['is_superuser'] === true,
    systemAuditor: more['is_system_auditor'] === true,
    roles: new Map(),
  };
  for (const [organization, role] of roles) await giveRole(actor, organization, role);
  actors.push(actor);
  return actor;
};
const giveRole = async (actor: Actor, organization: number, role: Role, disassociate = false): Promise<void> => {
  const path = { member: 'users', admin: 'admins', auditor: 'auditors' }[role];
  expect((await root()('POST', `organizations/${organization}/${path}/`, { id: actor.id, disassociate })).status).toBe(
    204,
  );
  const roles = actor.roles.get(organization) ?? new Set<Role>();
  actor.roles.set(organization, roles);
  if (disassociate) roles.delete(role);
  else roles.add(role);
};
let made = 0;
const appBody = (organization: number): Json => ({
  name: `permission ${(made += 1)}`,
  organization,
  client_type: 'confidential',
  authorization_grant_type: 'authorization-code',
  redirect_uris: REDIRECT_URI,
});
const keepApp = ({ json }: Answer): void => {
  const app = { id: json['id'] as number, organization: json['organization'] as number, name: json['name'] as string };
  apps.push(app);
};
const makeApp = async (organization: number): Promise<App> => {
  keepApp(await root()('POST', 'applications/', appBody(organization)));
  return apps.at(-1) as App;
};
const makeToken = async (actor: Actor, app?: App): Promise<Token> => {
  const { status, json, text } = await call(actor)('POST', 'tokens/', { scope: 'read', application: app?.id ?? null });
  if (status !== 201) throw new Error(`${status} ${text}`);
  const token = { id: json['id'] as number, user: actor.id, app };
  tokens.push(token);
  return token;
};

beforeAll(async () => {
  system = await startSystem();
  actors.push({ name: 'admin', id: 1, superuser: true, systemAuditor: false, roles: new Map() });
  const [a, b] = [
    await root()('POST', 'organizations/', { name: 'A' }),
    await root()('POST', 'organizations/', { name: 'B' }),
  ];
  orgs = [a.json['id'] as number, b.json['id'] as number];
  const [A, B] = orgs as [number, number];
  await makeUser('auditor of all', { is_system_auditor: true });
  await makeUser('admin of A', {}, [[A, 'admin']]);
  await makeUser('auditor of A', {}, [[A, 'auditor']]);
  await makeUser('member of A', {}, [[A, 'member']]);
  await makeUser('admin of B', {}, [[B, 'admin']]);
  await makeUser('member of both', {}, [[A, 'member'], [B, 'member']]); // prettier-ignore
  await makeUser('nobody');
  for (const organization of [A, A, B, 1]) await makeApp(organization);
  for (const actor of actors) await makeToken(actor);
  await makeToken(actors.find(({ name }) => name === 'member of A') as Actor, apps[0]);
  await makeToken(actors.find(({ name }) => name === 'member of both') as Actor, apps[2]);
}, 240_000);
afterAll(async () => {
  await system.stop();
}, 60_000);

const wrong: string[] = [];
const check = (what: string, came: Answer, wanted: number): void => {
  if (came.status !== wanted) wrong.push(`${what}: ${came.status} instead of ${wanted} ${came.text.slice(0, 120)}`);
};

describe(`who may do what (${PROFILE})`, () => {
  it('AP-02 AP-03 AP-05 the role table holds for every role, route and method', async () => {
    for (const actor of actors) {
      const ask = call(actor);
      for (const app of apps) {
        const may = changesApp(actor, app);
        const sees = seesApp(actor, app);
        const at = `${actor.name} on application ${app.id}`;
        const path = `applications/${app.id}/`;
        check(`GET ${at}`, await ask('GET', path), verdict(sees, true, 200));
        check(`PATCH ${at}`, await ask('PATCH', path, { description: 'x' }), verdict(sees, may, 200));
        check(`PUT ${at}`, await ask('PUT', path, { description: 'y' }), verdict(sees, may, 200));
        check(
          `skip_authorization ${at}`,
          await ask('PATCH', path, { skip_authorization: false }),
          verdict(sees, may, 200),
        );
        check(`rotate ${at}`, await ask('POST', `${path}rotate_secret/`, {}), verdict(sees, may, 200));
        check(
          `revoke_tokens ${at}`,
          await ask('POST', `applications/${app.id}/revoke_tokens/`),
          verdict(sees, may, 204),
        );
        check(`tokens ${at}`, await ask('GET', `${path}tokens/`), verdict(sees, true, 200));
        check(`activity ${at}`, await ask('GET', `${path}activity_stream/`), verdict(sees, true, 200));
        const elsewhere = orgs.find((one) => one !== app.organization) as number;
        const both = may && (actor.superuser || has(actor, elsewhere, 'admin'));
        if (!both) check(`move ${at}`, await ask('PATCH', path, { organization: elsewhere }), verdict(sees, both, 200));
        if (!may) check(`DELETE ${at}`, await ask('DELETE', path), verdict(sees, may, 204));
      }
      for (const organization of [...orgs, 1]) {
        const at = `${actor.name} in organization ${organization}`;
        const may = actor.superuser || has(actor, organization, 'admin');
        const created = await ask('POST', 'applications/', appBody(organization));
        check(`create ${at}`, created, may ? 201 : 403);
        if (created.status === 201) keepApp(created);
        check(
          `GET ${at}`,
          await ask('GET', `organizations/${organization}/`),
          verdict(seesOrg(actor, organization), true, 200),
        );
        check(
          `PATCH ${at}`,
          await ask('PATCH', `organizations/${organization}/`, { description: 'x' }),
          verdict(seesOrg(actor, organization), may, 200),
        );
        for (const list of ['users', 'admins', 'auditors', 'applications', 'activity_stream'])
          check(
            `${list} ${at}`,
            await ask('GET', `organizations/${organization}/${list}/`),
            verdict(seesOrg(actor, organization), true, 200),
          );
        if (!actor.superuser)
          check(
            `DELETE ${at}`,
            await ask('DELETE', `organizations/${organization}/`),
            verdict(seesOrg(actor, organization), false, 204),
          );
      }
      for (const token of [...tokens]) {
        const at = `${actor.name} on token ${token.id} of ${token.user}`;
        // The applications' tokens were revoked above.
        const sees = token.app === undefined && seesToken(actor, token);
        check(`GET ${at}`, await ask('GET', `tokens/${token.id}/`), verdict(sees, true, 200));
        check(
          `PATCH ${at}`,
          await ask('PATCH', `tokens/${token.id}/`, { description: 'x' }),
          verdict(sees, changesToken(actor, token), 200),
        );
        if (!changesToken(actor, token))
          check(`DELETE ${at}`, await ask('DELETE', `tokens/${token.id}/`), verdict(sees, false, 204));
      }
      for (const other of actors) {
        const at = `${actor.name} on ${other.name}`;
        const sees = seesUser(actor, other);
        check(`GET ${at}`, await ask('GET', `users/${other.id}/`), verdict(sees, true, 200));
        check(
          `PATCH ${at}`,
          await ask('PATCH', `users/${other.id}/`, { first_name: 'x' }),
          verdict(sees, actor.superuser || actor === other, 200),
        );
        check(
          `escalation ${at}`,
          await ask('PATCH', `users/${other.id}/`, {
            is_superuser: actor.superuser ? other.superuser : !other.superuser,
          }),
          verdict(sees, actor.superuser, 200),
        );
        check(
          `the same standing ${at}`,
          await ask('PATCH', `users/${other.id}/`, { is_superuser: other.superuser }),
          verdict(sees, actor.superuser || actor === other, 200),
        );
        for (const list of [
          'tokens',
          'authorized_tokens',
          'personal_tokens',
          'applications',
          'organizations',
          'activity_stream',
        ])
          check(`${list} ${at}`, await ask('GET', `users/${other.id}/${list}/`), verdict(sees, true, 200));
        if (actor !== other) {
          check(
            `token for ${at}`,
            await ask('POST', `users/${other.id}/personal_tokens/`, { scope: 'read' }),
            verdict(sees, false, 201),
          );
          if (!actor.superuser)
            check(
              `revoke_tokens ${at}`,
              await ask('POST', `users/${other.id}/revoke_tokens/`),
              verdict(sees, false, 204),
            );
        }
      }
      const reads = actor.superuser || actor.systemAuditor ? 200 : 403;
      for (const path of ['settings/', 'settings/all/', 'events/', 'refusals/'])
        check(`${path} ${actor.name}`, await ask('GET', path), reads);
      check(`settings ${actor.name}`, await ask('PATCH', 'settings/all/', {}), actor.superuser ? 200 : 403);
      check(`users ${actor.name}`, await ask('POST', 'users/', { username: 'x' }), 400);
      check(
        `organizations ${actor.name}`,
        await ask('POST', 'organizations/', { name: 'A' }),
        actor.superuser ? 400 : 403,
      );
      check(`explain ${actor.name}`, await ask('POST', 'cors/explain/', { origin: 'https://a.ex' }), reads);
    }
    expect(wrong).toEqual([]);
  }, 300_000);

  it('AP-26 an administrator takes in, promotes and removes only users that it may see, and learns nothing of others', async () => {
    const [A] = orgs as [number, number];
    const named = (name: string): Actor => actors.find((actor) => actor.name === name) as Actor;
    const boss = named('admin of A');
    const [stranger, own, free] = [named('nobody'), named('member of A'), { id: 900_000_000 }];
    for (const list of ['users', 'admins', 'auditors'])
      for (const disassociate of [false, true]) {
        const ask = async (id: number): Promise<[number, string]> => {
          const { status, text } = await call(boss)('POST', `organizations/${A}/${list}/`, { id, disassociate });
          return [status, text.replaceAll(String(id), 'N')];
        };
        expect(await ask(free.id)).toEqual([400, '{"id":["Invalid pk \\"N\\" - object does not exist."]}']);
        expect(await ask(stranger.id)).toEqual(await ask(free.id));
      }
    expect((await call(boss)('POST', `organizations/${A}/auditors/`, { id: own.id })).status).toBe(204);
    expect((await call(boss)('POST', `organizations/${A}/auditors/`, { id: own.id, disassociate: true })).status).toBe(
      204,
    );
    expect((await call(boss)('GET', `users/${stranger.id}/`)).status).toBe(404);
  });

  it('lists show each actor what it may see, and nothing else', async () => {
    const ids = async (actor: Actor, path: string): Promise<number[]> => {
      const found: number[] = [];
      for (let next: unknown = `${path}?page_size=200`; typeof next === 'string';) {
        const { json } = await call(actor)('GET', next.replace('/api/v2/', ''));
        found.push(...(json['results'] as { id: number }[]).map(({ id }) => id));
        next = json['next'];
      }
      return found.sort((x, y) => x - y);
    };
    const sorted = (list: readonly { id: number }[]): number[] => list.map(({ id }) => id).sort((x, y) => x - y);
    const live = tokens.filter(({ app }) => app === undefined);
    for (const actor of actors) {
      const visibleApps = sorted(apps.filter((app) => seesApp(actor, app)));
      const visibleTokens = sorted(live.filter((token) => seesToken(actor, token)));
      const same = async (path: string, wanted: number[]): Promise<boolean> =>
        String(await ids(actor, path)) === String(wanted);
      await until(() => same('applications/', visibleApps)).catch(async () =>
        expect([actor.name, await ids(actor, 'applications/')]).toEqual([actor.name, visibleApps]),
      );
      await until(() => same('tokens/', visibleTokens)).catch(async () =>
        expect([actor.name, await ids(actor, 'tokens/')]).toEqual([actor.name, visibleTokens]),
      );
      const seen = await ids(actor, 'users/');
      expect([actor.name, actors.filter((other) => seen.includes(other.id)).map(({ name }) => name)]).toEqual([
        actor.name,
        actors.filter((other) => seesUser(actor, other)).map(({ name }) => name),
      ]);
    }
  }, 120_000);

  it(
    `G15 AP-15 ${CALLS} calls of random actors on random objects agree with the oracle, while roles come and go`,
    async () => {
      const random = fc.sample(fc.nat(1_000_000), CALLS * 4);
      let at = 0;
      const pick = <T>(list: readonly T[]): T => list[(random[(at += 1) % random.length] as number) % list.length] as T;
      type Step = () => Promise<void>;
      const reading = (): Step => {
        const actor = pick(actors);
        const [app, token, other, organization] = [pick(apps), pick(tokens), pick(actors), pick(orgs)];
        const missing = 900_000_000 + (random[at % random.length] as number);
        return pick<Step>([
          async () =>
            check(
              `${actor.name} app ${app.id}`,
              await call(actor)('GET', `applications/${app.id}/`),
              verdict(seesApp(actor, app), true, 200),
            ),
          async () =>
            check(
              `${actor.name} app by name`,
              await call(actor)(
                'GET',
                `applications/${encodeURIComponent(app.name)}++${app.organization === 1 ? 'Default' : app.organization === orgs[0] ? 'A' : 'B'}/`,
              ),
              verdict(seesApp(actor, app), true, 200),
            ),
          async () =>
            check(
              `${actor.name} token ${token.id}`,
              await call(actor)('GET', `tokens/${token.id}/`),
              verdict(seesToken(actor, token), true, 200),
            ),
          async () =>
            check(
              `${actor.name} user ${other.name}`,
              await call(actor)('GET', `users/${other.id}/`),
              verdict(seesUser(actor, other), true, 200),
            ),
          async () =>
            check(
              `${actor.name} organization`,
              await call(actor)('GET', `organizations/${organization}/`),
              verdict(seesOrg(actor, organization), true, 200),
            ),
          async () =>
            check(
              `${actor.name} patches app ${app.id}`,
              await call(actor)('PATCH', `applications/${app.id}/`, { description: String(at) }),
              verdict(seesApp(actor, app), changesApp(actor, app), 200),
            ),
          async () =>
            check(
              `${actor.name} patches token ${token.id}`,
              await call(actor)('PATCH', `tokens/${token.id}/`, { description: String(at) }),
              verdict(seesToken(actor, token), changesToken(actor, token), 200),
            ),
          async () => check(`${actor.name} missing`, await call(actor)('GET', `applications/${missing}/`), 404),
          async () => check(`${actor.name} missing token`, await call(actor)('DELETE', `tokens/${missing}/`), 404),
        ]);
      };
      const changing = (): Step => {
        const actor = pick(actors);
        const [app, organization, role] = [pick(apps), pick(orgs), pick<Role>(['member', 'admin', 'auditor'])];
        return pick<Step>([
          async () => {
            const came = await call(actor)('POST', 'applications/', appBody(organization));
            check(
              `${actor.name} creates in ${organization}`,
              came,
              changesApp(actor, { id: 0, organization, name: '' }) ? 201 : 403,
            );
            if (came.status === 201) keepApp(came);
          },
          async () => {
            const came = await call(actor)('POST', 'tokens/', { scope: 'read', application: app.id });
            check(`${actor.name} creates a token of ${app.id}`, came, seesApp(actor, app) ? 201 : 400);
            if (came.status === 201) tokens.push({ id: came.json['id'] as number, user: actor.id, app });
          },
          async () => {
            const token = pick(tokens);
            const came = await call(actor)('DELETE', `tokens/${token.id}/`);
            check(
              `${actor.name} deletes token ${token.id}`,
              came,
              verdict(seesToken(actor, token), changesToken(actor, token), 204),
            );
            if (came.status === 204) tokens.splice(tokens.indexOf(token), 1);
            if (tokens.length < 5) await makeToken(pick(actors));
          },
          async () => {
            if (actor.superuser || actor.systemAuditor) return;
            await giveRole(actor, organization, role, actor.roles.get(organization)?.has(role) === true);
          },
          async () => {
            if (apps.length < 12) return;
            const came = await call(actor)('DELETE', `applications/${app.id}/`);
            check(
              `${actor.name} deletes app ${app.id}`,
              came,
              verdict(seesApp(actor, app), changesApp(actor, app), 204),
            );
            if (came.status !== 204) return;
            apps.splice(apps.indexOf(app), 1);
            for (const token of tokens.filter((one) => one.app === app)) tokens.splice(tokens.indexOf(token), 1);
          },
        ]);
      };
      // Tokens of before were revoked with their applications.
      for (const token of tokens.filter((one) => one.app !== undefined)) tokens.splice(tokens.indexOf(token), 1);
      for (let calls = 0; calls < CALLS;) {
        await changing()();
        const steps = Array.from({ length: 19 }, reading);
        await Promise.all(steps.map((step) => step()));
        calls += 20;
        if (wrong.length > 5) break;
      }
      expect(wrong).toEqual([]);
    },
    RELEASE ? 3_600_000 : 600_000,
  );
});
