import { createAccountsService } from '@grantlog/accounts';
import { createApplicationsService } from '@grantlog/applications';
import { common, type tokens as wire } from '@grantlog/contracts';
import type { DocumentStore } from '@grantlog/event-sourcing';
import { createScriptedStore } from '@grantlog/event-sourcing/testing';
import { createInstallationKey } from '@grantlog/service-kit';
import type { AttemptCounter, LastUseStore, SessionStore } from '@grantlog/short-lived';
import { createTokensService } from '@grantlog/tokens';

/** Services judge by what means the actor authenticated, whatever the gateway lets through. */
const clock = { now: () => '2026-01-01T12:00:00.000Z', setting: () => undefined };
const cause = { requestId: 'request', clientId: '' };
const PASSWORD = 'the password before';
const sessions: SessionStore = {
  create: () => Promise.resolve(true),
  get: () => Promise.resolve(undefined),
  renew: () => Promise.resolve(),
  end: () => Promise.resolve(),
};
const attempts: AttemptCounter = {
  count: () => Promise.resolve(1),
  uncount: () => Promise.resolve(),
  forget: () => Promise.resolve(),
  peek: () => Promise.resolve(0),
};
const lastUses: LastUseStore = {
  keep: () => Promise.resolve(),
  of: (names) => Promise.resolve(names.map(() => undefined)),
};
const lifetimes: wire.Lifetimes = {
  authorizationCodeSeconds: 600,
  accessTokenSeconds: 3600,
  refreshTokenSeconds: 3600,
  grantSeconds: 36_000,
  personalTokenSeconds: 3600,
  refreshGraceSeconds: 30,
};
const by = (means: common.Means, grant = 0): common.Actor => ({
  user: 1,
  superuser: true,
  systemAuditor: false,
  adminOf: [],
  memberOf: [],
  auditorOf: [],
  means,
  grant,
});

const open = async () => {
  const key = createInstallationKey(Buffer.alloc(32, 7));
  const ports = { store: createScriptedStore(), documents: {} as DocumentStore, clock, key };
  const { service: tokens } = createTokensService({ ...ports, sessions, lastUses });
  const { service: applications } = createApplicationsService({ ...ports, tokens, lastUses });
  const { service: accounts, prepareFirstStart } = createAccountsService({ ...ports, tokens, sessions, attempts });
  await prepareFirstStart({ username: 'admin', password: PASSWORD });
  const basic = by(common.Means.MEANS_BASIC);
  const newUser = { username: 'bob', password: PASSWORD, firstName: '', lastName: '', email: '', isSuperuser: false, isSystemAuditor: false, organization: 0 }; // prettier-ignore
  const bob = (await accounts.createUser({ cause, actor: basic, ...newUser })).result;
  if (bob?.$case !== 'user') throw new Error('no user');
  const newApplication = {
    name: 'client',
    description: '',
    user: 1,
    organization: 1,
    clientType: 'confidential',
    authorizationGrantType: 'authorization-code',
    redirectUris: ['https://app.example/callback'],
    allowedOrigins: [],
    introspectionClients: [],
    skipAuthorization: false,
  };
  const client = (await applications.registerApplication({ cause, actor: basic, ...newApplication })).result;
  if (client?.$case !== 'registered' || !client.value.application) throw new Error('no application');
  const { id, clientId, version } = client.value.application;
  const wireClient = { application: id, clientId, version, clientType: 'confidential', authorizationGrantType: 'authorization-code', organization: 1, name: 'client' }; // prettier-ignore
  const createToken = (actor: common.Actor, more: Partial<wire.CreateTokenRequest> = {}) =>
    tokens.createToken({ cause, actor, requestKey: crypto.randomUUID(), subject: { user: 1, version: 1, username: 'admin' }, scope: 'read', description: '', lifetimes, expiresIn: 0, ...more }); // prettier-ignore
  const changeUser = (actor: common.Actor, user: number, change: Record<string, unknown>) =>
    accounts.updateUser({ cause, actor, id: user, passwordKeepsGrants: true, currentPassword: '', address: '', ...change }); // prettier-ignore
  const token = (await createToken(basic, { scope: 'write' })).result;
  if (token?.$case !== 'created' || !token.value.token) throw new Error('no token');
  return {
    grant: token.value.token.id,
    createToken,
    acts: {
      'create a token for an application': (actor) => createToken(actor, { client: wireClient }),
      'create a personal token': (actor) => createToken(actor),
      'register an application': (actor) =>
        applications.registerApplication({ cause, actor, ...newApplication, name: 'another' }),
      'change an application': (actor) => applications.updateApplication({ cause, actor, id, description: 'changed' }),
      'rotate a secret': (actor) => applications.rotateClientSecret({ cause, actor, id, overlapSeconds: 0 }),
      'create a user': (actor) => accounts.createUser({ cause, actor, ...newUser, username: 'carol' }),
      "set another user's password": (actor) => changeUser(actor, bob.value.id, { password: 'another password' }),
      "set one's own, with the old one": (actor) =>
        changeUser(actor, 1, { password: 'another password', currentPassword: PASSWORD }),
      'make a superuser': (actor) => changeUser(actor, bob.value.id, { isSuperuser: true }),
      'make a system auditor': (actor) => changeUser(actor, bob.value.id, { isSystemAuditor: true }),
      'disable a user': (actor) => changeUser(actor, bob.value.id, { isActive: false }),
      'change a username': (actor) => changeUser(actor, bob.value.id, { username: 'robert' }),
      'give a role': (actor) =>
        accounts.changeMembership({ cause, actor, user: bob.value.id, organization: 1, role: 'admin', remove: false }),
    } satisfies Record<string, Act>,
    changeOwn: (actor: common.Actor, currentPassword: string) =>
      changeUser(actor, 1, { password: 'another password', currentPassword }),
  };
};

type Outcome = { readonly refusal?: common.Refusal | undefined; readonly result?: { readonly $case: string; readonly value: unknown } | undefined }; // prettier-ignore
type Act = (actor: common.Actor) => Promise<Outcome>;
const refusalOf = ({ refusal, result }: Outcome): common.Refusal | undefined =>
  refusal ?? (result?.$case === 'refusal' ? (result.value as common.Refusal) : undefined);

const { MEANS_UNSPECIFIED, MEANS_BASIC, MEANS_BROWSER_SESSION, MEANS_PERSONAL_TOKEN, MEANS_APPLICATION_TOKEN, MEANS_CLIENT_CREDENTIALS } = common.Means; // prettier-ignore

describe('the means of authentication, in the services', () => {
  it.each([
    ['HTTP Basic', MEANS_BASIC, []],
    ['a browser session', MEANS_BROWSER_SESSION, []],
    ['a personal token', MEANS_PERSONAL_TOKEN, ['create a token for an application']],
    ["an application's token", MEANS_APPLICATION_TOKEN, 'everything'],
    ['a client-credentials token', MEANS_CLIENT_CREDENTIALS, 'everything'],
    ['what nobody named', MEANS_UNSPECIFIED, 'everything'],
  ] as const)('%s: what is refused is refused, whatever the roles', async (_, means, refused) => {
    const { acts, grant } = await open();
    const actor = by(means, means === MEANS_PERSONAL_TOKEN ? grant : 0);
    const outcomes: [string, string | undefined][] = [];
    for (const [what, act] of Object.entries<Act>(acts)) outcomes.push([what, refusalOf(await act(actor))?.error]);
    const wanted = refused === 'everything' ? Object.keys(acts) : refused;
    expect(outcomes).toEqual(
      Object.keys(acts).map((what) => [what, (wanted as readonly string[]).includes(what) ? 'forbidden' : undefined]),
    );
  });

  it.each([MEANS_BROWSER_SESSION, MEANS_PERSONAL_TOKEN])("means %s: one's own password needs the old one", async (means) => {
    const { changeOwn } = await open();
    for (const given of ['', 'a guess'])
      expect(refusalOf(await changeOwn(by(means), given))?.fields).toHaveProperty('current_password');
    expect(refusalOf(await changeOwn(by(means), PASSWORD))).toBeUndefined();
  }); // prettier-ignore

  it('nobody creates a token for another user', async () => {
    const { createToken } = await open();
    const subject = { user: 2, version: 1, username: 'service' };
    expect(refusalOf(await createToken(by(MEANS_BASIC), { subject }))?.error).toBe('forbidden');
  });
});
