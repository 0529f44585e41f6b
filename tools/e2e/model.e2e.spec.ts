import fc from 'fast-check';
import {
  admin,
  adminBrowser,
  type Browser,
  browser,
  type Client,
  codeFor,
  isActive,
  postAs,
  redeem,
  register,
} from './clients.ts';
import { PROFILE, RELEASE, startSystem, type System } from './system.ts';

/**
 * Random histories of applications, users, authorizations, redemptions, refreshes, revocations, time and restarts, each
 * step compared with a reference of some two hundred lines that knows the rules and nothing else.
 */
let system: System;
const RUNS = RELEASE ? 300 : PROFILE === 'embedded' ? 15 : 3;
const CODE_SECONDS = 600;
const ACCESS_SECONDS = 3600;
const REFRESH_SECONDS = 7200;
const GRACE_SECONDS = 30;
const USERS = ['model one', 'model two'];
const browsers: Browser[] = [];
const userIds: number[] = [];
let offsetSeconds = 0;

/** In turn, so that a failure plays again from its seed. */
let turn = 0;
const gateway = (): string => system.gateways[(turn += 1) % system.gateways.length] as string;
const logIn = async (): Promise<void> => {
  browsers.length = 0;
  for (const name of USERS) {
    const one = browser(system.gateways[0] as string);
    const { status } = await one.logIn(name, 'a password of the model');
    if (status !== 302) throw new Error(`login: ${status}`);
    browsers.push(one);
  }
};

beforeAll(async () => {
  system = await startSystem({}, { instances: PROFILE === 'distributed' ? 2 : 1 });
  const set = await admin(system)('PATCH', 'settings/all/', {
    SESSION_COOKIE_AGE: 31_536_000,
    OAUTH2_PROVIDER: { ACCESS_TOKEN_EXPIRE_SECONDS: ACCESS_SECONDS, REFRESH_TOKEN_EXPIRE_SECONDS: REFRESH_SECONDS },
  });
  expect(set.status).toBe(200);
  for (const username of USERS) {
    const { json } = await admin(system)('POST', 'users/', { username, password: 'a password of the model' });
    userIds.push(json['id'] as number);
  }
  await adminBrowser(system);
  await logIn();
}, 200_000);
afterAll(async () => {
  await system.stop();
}, 60_000);

type Grant = {
  readonly app: number;
  readonly user: number;
  readonly code: string;
  readonly codeEnds: number;
  used: boolean;
  dead: boolean;
  access: string;
  accessEnds: number;
  refresh: string;
  refreshEnds: number;
  /** Rotated refresh tokens, oldest first; the last one is the direct predecessor. */
  old: string[];
  rotatedAt: number;
};
type Model = { now: number; apps: number; grants: Grant[] };
type Real = { apps: Client[] };

const live = ({ dead, used }: Grant): boolean => used && !dead;
const tokenOf = async (client: Client, refresh: string) =>
  postAs(client, gateway(), 'token', { grant_type: 'refresh_token', refresh_token: refresh });
const pick = <T>(list: readonly T[], i: number): T => list[i % list.length] as T;

type Step = fc.AsyncCommand<Model, Real>;
const step = (
  name: string,
  check: (model: Model) => boolean,
  run: (model: Model, real: Real) => Promise<void>,
): Step => ({
  check: (model) => check({ ...model }),
  run: async (model, real) => {
    await run(model, real);
    // After every step: what lives, lives, and nothing else, on every instance.
    for (const grant of model.grants) {
      if (!grant.used) continue;
      const client = real.apps[grant.app] as Client;
      const base = gateway();
      expect([name, 'access', await isActive(client, base, grant.access)]).toEqual([
        name,
        'access',
        live(grant) && model.now < grant.accessEnds,
      ]);
    }
  },
  toString: () => name,
});
const some = (model: Model): boolean => model.grants.length > 0;
const any = (): boolean => true;

const register1 = (): Step =>
  step(
    'register',
    ({ apps }) => apps < 4,
    async (model, real) => {
      real.apps.push(await register(system, { skip_authorization: true }));
      model.apps += 1;
    },
  );
const authorize = (a: number, u: number): Step =>
  step(
    `authorize ${a} ${u}`,
    ({ apps }) => apps > 0,
    async (model, real) => {
      const app = a % real.apps.length;
      const code = await codeFor(pick(browsers, u), real.apps[app] as Client);
      model.grants.push({
        app,
        user: u % USERS.length,
        code,
        codeEnds: model.now + CODE_SECONDS,
        used: false,
        dead: false,
        access: '',
        accessEnds: 0,
        refresh: '',
        refreshEnds: 0,
        old: [],
        rotatedAt: -1,
      });
    },
  );
const take = (grant: Grant, json: Record<string, unknown>, now: number): void => {
  grant.access = json['access_token'] as string;
  grant.refresh = json['refresh_token'] as string;
  grant.accessEnds = now + ACCESS_SECONDS;
  grant.refreshEnds = now + REFRESH_SECONDS;
};
const redeemCode = (g: number): Step =>
  step(`redeem ${g}`, some, async (model, real) => {
    const grant = pick(model.grants, g);
    const { status, json } = await redeem(real.apps[grant.app] as Client, gateway(), grant.code);
    const good = !grant.used && !grant.dead && model.now < grant.codeEnds;
    expect(['redeem', status]).toEqual(['redeem', good ? 200 : 400]);
    if (good) {
      grant.used = true;
      take(grant, json, model.now);
    } else if (grant.used) grant.dead = true;
  });
const redeemElsewhere = (g: number, a: number): Step =>
  step(
    `redeem ${g} as ${a}`,
    ({ grants, apps }) => grants.length > 0 && apps > 1,
    async (model, real) => {
      const grant = pick(model.grants, g);
      const other = (grant.app + 1 + (a % (real.apps.length - 1))) % real.apps.length;
      const { status } = await redeem(real.apps[other] as Client, gateway(), grant.code);
      expect(['foreign redeem', status]).toEqual(['foreign redeem', 400]);
    },
  );
const refresh = (g: number): Step =>
  step(`refresh ${g}`, some, async (model, real) => {
    const grant = pick(model.grants, g);
    if (!grant.used) return;
    const { status, json } = await tokenOf(real.apps[grant.app] as Client, grant.refresh);
    const good = live(grant) && model.now < grant.refreshEnds;
    expect(['refresh', status]).toEqual(['refresh', good ? 200 : 400]);
    if (!good) return;
    grant.old.push(grant.refresh);
    grant.rotatedAt = model.now;
    take(grant, json, model.now);
  });
const refreshAgain = (g: number, back: number): Step =>
  step(`refresh ${g} with an old one ${back}`, some, async (model, real) => {
    const grant = pick(model.grants, g);
    if (grant.old.length === 0) return;
    const index = Math.max(0, grant.old.length - 1 - (back % 3));
    const { status, json } = await tokenOf(real.apps[grant.app] as Client, grant.old[index] as string);
    const again = live(grant) && index === grant.old.length - 1 && model.now < grant.rotatedAt + GRACE_SECONDS;
    expect(['old refresh', status]).toEqual(['old refresh', again ? 200 : 400]);
    if (again) expect([json['access_token'], json['refresh_token']]).toEqual([grant.access, grant.refresh]);
    else grant.dead = true;
  });
const revoke = (g: number, which: number): Step =>
  step(`revoke ${g}`, some, async (model, real) => {
    const grant = pick(model.grants, g);
    if (!grant.used) return;
    const token = which % 2 === 0 ? grant.access : grant.refresh;
    expect((await postAs(real.apps[grant.app] as Client, gateway(), 'revoke_token', { token })).status).toBe(200);
    grant.dead = true;
  });
const revokeElsewhere = (g: number): Step =>
  step(
    `revoke ${g} as another`,
    ({ grants, apps }) => grants.length > 0 && apps > 1,
    async (model, real) => {
      const grant = pick(model.grants, g);
      if (!grant.used) return;
      expect(
        (await postAs(pick(real.apps, grant.app + 1), gateway(), 'revoke_token', { token: grant.access })).status,
      ).toBe(200);
    },
  );
const revokeApplication = (a: number): Step =>
  step(
    `revoke application ${a}`,
    ({ apps }) => apps > 0,
    async (model, real) => {
      const app = a % real.apps.length;
      expect((await admin(system)('POST', `applications/${real.apps[app]?.id}/revoke_tokens/`)).status).toBe(204);
      for (const grant of model.grants) if (grant.app === app) grant.dead = true;
    },
  );
const revokeUser = (u: number): Step =>
  step(`revoke user ${u}`, any, async (model) => {
    const user = u % USERS.length;
    expect((await admin(system)('POST', `users/${userIds[user]}/revoke_tokens/`)).status).toBe(204);
    for (const grant of model.grants) if (grant.user === user) grant.dead = true;
  });
const tick = (seconds: number): Step =>
  step(`tick ${seconds}`, any, async (model) => {
    offsetSeconds += seconds;
    model.now += seconds;
    await system.setClock(`frozen ${new Date(Date.UTC(2032, 0, 1) + offsetSeconds * 1000).toISOString()}`);
  });
const crash = (): Step => step('crash', any, async () => system.crash());
const restart = (): Step => step('restart', any, async () => system.restart());

describe(`any history (${PROFILE})`, () => {
  it(
    `I1 I2 I3 ${RUNS} random histories agree with the reference, step by step`,
    async () => {
      const n = fc.nat(50);
      const commands = fc.commands(
      [
        fc.constant(register1()), fc.tuple(n, n).map(([a, u]) => authorize(a, u)), fc.tuple(n, n).map(([a, u]) => authorize(a, u)), n.map(redeemCode), n.map(redeemCode), n.map(redeemCode),
        fc.tuple(n, n).map(([g, a]) => redeemElsewhere(g, a)), n.map(refresh), n.map(refresh), fc.tuple(n, n).map(([g, back]) => refreshAgain(g, back)), fc.tuple(n, n).map(([g, which]) => revoke(g, which)),
        n.map(revokeElsewhere), n.map(revokeApplication), n.map(revokeUser), fc.constantFrom(1, 10, 29, 30, 31, 599, 601, 3599, 3601).map(tick),
        ...(PROFILE === 'embedded' ? [fc.constant(crash()), fc.constant(restart())] : []),
      ],
      { maxCommands: 40, size: 'max' },
    ); // prettier-ignore
      await system.setClock(`frozen ${new Date(Date.UTC(2032, 0, 1)).toISOString()}`);
      await logIn();
      await fc.assert(
        fc.asyncProperty(commands, (list) =>
          fc.asyncModelRun(() => ({ model: { now: offsetSeconds, apps: 0, grants: [] }, real: { apps: [] } }), list),
        ),
        { numRuns: RUNS, endOnFailure: true },
      );
    },
    RELEASE ? 7_200_000 : 600_000,
  );
});
