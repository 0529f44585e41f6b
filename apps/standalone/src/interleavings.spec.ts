import { createAccountsService } from '@grantlog/accounts';
import { createApplicationsService } from '@grantlog/applications';
import { type Intake, intakeDecider, type IntakeEvent, intakeStream } from '@grantlog/applications-domain';
import {
  type AccountsClient,
  type applications as wireApplications,
  type ApplicationsClient,
  common,
  tokens as wire,
  type TokensClient,
} from '@grantlog/contracts';
import type { Cause, DocumentStore, DomainEvent, EventStore } from '@grantlog/event-sourcing';
import {
  createScriptedStore,
  everyInterleaving,
  scheduledStore,
  type ScriptedStore,
  type Step,
} from '@grantlog/event-sourcing/testing';
import { createInstallationKey } from '@grantlog/service-kit';
import type { AttemptCounter, LastUseStore, SessionStore } from '@grantlog/short-lived';
import { createTokensService } from '@grantlog/tokens';

const NOW = '2026-01-01T12:00:00.000Z';
const key = createInstallationKey(Buffer.alloc(32, 7));
const clock = { now: () => NOW, setting: () => undefined, close: () => undefined };
const admin: common.Actor = {
  user: 1,
  superuser: true,
  systemAuditor: false,
  adminOf: [],
  memberOf: [],
  auditorOf: [],
  means: common.Means.MEANS_BASIC,
  grant: 0,
};
const cause = (requestId: string) => ({ requestId, clientId: '' });
const documents = { find: () => Promise.resolve({ documents: [] }) } as unknown as DocumentStore;
const lifetimes: wire.Lifetimes = {
  authorizationCodeSeconds: 600,
  accessTokenSeconds: 3600,
  refreshTokenSeconds: 3600,
  grantSeconds: 36_000,
  personalTokenSeconds: 3600,
  refreshGraceSeconds: 30,
};
const subject = { user: 7, version: 1, username: 'alice' };

/** Authorizations under way are not what is raced for here: they are at hand at once. */
const sessions: SessionStore = {
  create: () => Promise.resolve(true),
  get: () => Promise.resolve(undefined),
  renew: () => Promise.resolve(),
  end: () => Promise.resolve(),
};

const lastUses: LastUseStore = {
  keep: () => Promise.resolve(),
  of: (names) => Promise.resolve(names.map(() => undefined)),
};

const attempts: AttemptCounter = {
  count: () => Promise.resolve(0),
  uncount: () => Promise.resolve(),
  peek: () => Promise.resolve(0),
  forget: () => Promise.resolve(),
};
const noTokens = {
  revokeGrants: () => Promise.resolve({}),
  reopenUser: () => Promise.resolve({}),
  noteUsername: () => Promise.resolve({}),
};

type Instance = {
  readonly applications: ApplicationsClient;
  readonly tokens: TokensClient;
  readonly finishEndings: () => Promise<void>;
};

const instance = (store: EventStore): Instance => {
  const { service: tokens } = createTokensService({ store, documents, sessions, lastUses, clock, key });
  const { service: applications, finishEndings } = createApplicationsService({
    store,
    documents,
    clock,
    key,
    tokens,
    lastUses,
  });
  return { applications, tokens, finishEndings };
};

const registration = (grantType: string) => ({
  cause: cause('register'),
  actor: admin,
  name: 'application',
  description: '',
  user: 1,
  organization: 1,
  clientType: 'confidential',
  authorizationGrantType: grantType,
  redirectUris: grantType === 'authorization-code' ? ['https://app.example/callback'] : [],
  allowedOrigins: [],
  introspectionClients: [],
  skipAuthorization: true,
});

const register = async ({ applications }: Instance, grantType: string) => {
  const { result } = await applications.registerApplication(registration(grantType));
  if (result?.$case !== 'registered' || !result.value.application) throw new Error('not registered');
  return { application: result.value.application, clientSecret: result.value.clientSecret };
};

/** What the gateway does for a client-credentials request; undefined when it was refused. */
const issue = async (
  { applications, tokens }: Instance,
  credentials: { clientId: string; clientSecret: string },
): Promise<string | undefined> => {
  const { clients } = await applications.authenticateClients({ clients: [credentials] });
  const proven = clients[0]?.result;
  return proven?.$case === 'application' ? issueFor({ tokens }, proven.value) : undefined;
};

const issueFor = async (
  { tokens }: Pick<Instance, 'tokens'>,
  application: wireApplications.Application,
): Promise<string | undefined> => {
  const { outcomes } = await tokens.issueTokens({
    requests: [
      {
        cause: cause('issue'),
        requestKey: crypto.randomUUID(),
        client: clientOf(application),
        lifetimes,
        grant: { $case: 'clientCredentials', value: { subject, scope: 'read' } },
      },
    ],
  });
  const result = outcomes[0]?.result;
  return result?.$case === 'tokens' ? result.value.accessToken : undefined;
};

const clientOf = (application: wireApplications.Application): wire.Client => ({
  application: application.id,
  clientId: application.clientId,
  version: application.version,
  clientType: application.clientType,
  authorizationGrantType: application.authorizationGrantType,
  organization: application.organization,
  name: application.name,
});

const isActive = async ({ tokens }: Instance, token: string): Promise<boolean> =>
  (await tokens.introspect({ tokens: [{ token, askingApplication: 0 }] })).introspections[0]?.active === true;

/** Two instances, each over the scheduled store, and one that looks at the end. */
const installation = async (step: Step, grantType = 'client-credentials') => {
  const store: ScriptedStore = createScriptedStore();
  const observer = instance(store);
  const { application, clientSecret } = await register(observer, grantType);
  return {
    store,
    application,
    credentials: { clientId: application.clientId, clientSecret },
    observer,
    one: instance(scheduledStore(step, store)),
    other: instance(scheduledStore(step, store)),
  };
};

describe('in every order that there is', () => {
  it('I2 a deletion beside an issue: what was issued is dead once the deletion is acknowledged, or finished after a kill', async () => {
    let issued = 0;
    await everyInterleaving(
      async (step) => {
        const { store, application, credentials, one, other } = await installation(step);
        const tokens: string[] = [];
        return {
          actors: [
            async () => {
              const token = await issue(one, credentials);
              if (token !== undefined) tokens.push(token);
            },
            () => other.applications.deleteApplication({ cause: cause('delete'), actor: admin, id: application.id }),
          ],
          check: async (dead) => {
            issued += tokens.length;
            const next = instance(store);
            if (dead === 1) await next.finishEndings();
            const { applications } = await next.applications.getApplications({
              keys: [{ key: { $case: 'id', value: application.id } }],
            });
            if (applications[0]?.application) return; // Killed before anything was deleted.
            for (const token of tokens) expect(await isActive(next, token)).toBe(false);
            expect(await issue(next, credentials)).toBeUndefined();
          },
        };
      },
      { mayDie: true, preemptions: 2 },
    );
    expect(issued).toBeGreaterThan(0);
  }, 120_000);

  it('I2 a move to another organization beside an issue: only who was authenticated after it has a live token', async () => {
    let live = 0;
    await everyInterleaving(
      async (step) => {
        const { store, application, credentials, one, other } = await installation(step);
        const issued: { token: string; provenAt: number }[] = [];
        return {
          actors: [
            async () => {
              const { clients } = await one.applications.authenticateClients({ clients: [credentials] });
              const proven = clients[0]?.result;
              if (proven?.$case !== 'application') throw new Error('not authenticated');
              const token = await issueFor(one, proven.value);
              if (token !== undefined) issued.push({ token, provenAt: proven.value.version });
            },
            () =>
              other.applications.updateApplication({
                cause: cause('move'),
                actor: admin,
                id: application.id,
                organization: 2,
              }),
          ],
          check: async () => {
            // Who was authenticated after the fact but before its end was told may be ended with it: the safe side.
            for (const { token, provenAt } of issued) {
              if (provenAt === 1) expect(await isActive(instance(store), token)).toBe(false);
              else live += (await isActive(instance(store), token)) ? 1 : 0;
            }
          },
        };
      },
      { preemptions: 3 },
    );
    expect(live).toBeGreaterThan(0);
  }, 60_000);

  it('I2 revocations of one application at once: each is acknowledged after an event that names it, and no token from before lives', async () => {
    await everyInterleaving(
      async (step) => {
        const { store, application, credentials, observer, one, other } = await installation(step);
        const before = await issue(observer, credentials);
        const revoke = ({ tokens }: Instance, requestId: string) =>
          tokens.revokeGrants({
            cause: cause(requestId),
            subject: { $case: 'application', value: application.id },
            reason: wire.RevocationReason.REVOCATION_REASON_REQUESTED,
            subjectVersion: 0,
          });
        return {
          actors: [
            () => Promise.all([revoke(one, 'a'), revoke(one, 'b')]),
            async () => {
              await revoke(other, 'c');
              await revoke(one, 'd');
            },
          ],
          check: async () => {
            const events = [...store.commits.values()].filter(({ stream }) => stream === 'revocations').flatMap((commit) => commit.events as readonly (DomainEvent & { requests: readonly Cause[] })[]); // prettier-ignore
            const named = events.flatMap(({ requests }) => requests.map(({ requestId }) => requestId));
            expect(named.toSorted()).toEqual(['a', 'b', 'c', 'd']);
            expect(await isActive(observer, before ?? '')).toBe(false);
            expect(await isActive(observer, (await issue(observer, credentials)) ?? '')).toBe(true);
          },
        };
      },
      { preemptions: 3 },
    );
  }, 60_000);

  it('I3 I8 a code redeemed at two instances, one of which may die with its reply: one redemption, and nobody keeps a live token that was not told', async () => {
    await everyInterleaving(
      async (step) => {
        const { store, application, observer, one, other } = await installation(step, 'authorization-code');
        const request = {
          cause: cause('authorize'),
          client: clientOf(application),
          subject,
          sessionDigest: 'session',
          request: {
            redirectUri: 'https://app.example/callback',
            redirectUriGiven: false,
            scope: 'read',
            state: '',
            codeChallenge: '',
            rememberConsent: false,
          },
          lifetimes,
          skipConsent: true,
          mayUseRememberedConsent: false,
          forceConsent: false,
          neverAsk: false,
        };
        const { outcomes: begins } = await observer.tokens.beginAuthorizations({ requests: [request] });
        const begun = begins[0]?.result;
        if (begun?.$case !== 'code') throw new Error('no code');
        const redeem = async ({ tokens }: Instance): Promise<string | undefined> => {
          const { outcomes } = await tokens.issueTokens({
            requests: [
              {
                cause: cause('redeem'),
                requestKey: crypto.randomUUID(),
                client: clientOf(application),
                lifetimes,
                grant: { $case: 'authorizationCode', value: { code: begun.value.code } },
              },
            ],
          });
          const result = outcomes[0]?.result;
          return result?.$case === 'tokens' ? result.value.accessToken : undefined;
        };
        const told: string[] = [];
        const actor = (mine: Instance) => async () => {
          const token = await redeem(mine);
          if (token !== undefined) told.push(token);
        };
        return {
          actors: [actor(one), actor(other)],
          check: async (dead) => {
            const events = [...store.commits.values()].flatMap((commit) => commit.events.map(({ type }) => type));
            expect(events.filter((type) => type === 'AuthorizationCodeRedeemed').length).toBeLessThanOrEqual(1);
            expect(told.length).toBeLessThanOrEqual(1);
            if (dead === undefined) expect(told).toHaveLength(1);
            // The client tries again: a lost redemption is a replay by its rightful owner, and ends what nobody has.
            const again = await redeem(instance(store));
            if (again !== undefined) expect([told, await isActive(observer, again)]).toEqual([[], true]);
            else for (const token of told) expect(await isActive(observer, token)).toBe(false);
          },
        };
      },
      { mayDie: true, preemptions: 2 },
    );
  }, 60_000);

  it('AP-29 an organization closes beside a registration or a move: one of both is refused', async () => {
    for (const [way, options] of [
      ['register', { preemptions: 2 }],
      ['move', { preemptions: 1 }],
    ] as const) {
      const outcomes = new Set<string>();
      await everyInterleaving(
        async (step) => {
          const { store, application, one, other } = await installation(step);
          const ORGANIZATION = 2;
          let came = false;
          let closed = false;
          const comes = async (): Promise<void> => {
            const { result } =
              way === 'register'
                ? await one.applications.registerApplication({ ...registration('client-credentials'), organization: ORGANIZATION })
                : await one.applications.updateApplication({ cause: cause('move'), actor: admin, id: application.id, organization: ORGANIZATION });
            came = result?.$case !== 'refusal';
          };
          const closes = async (): Promise<void> => {
            const { refusal } = await other.applications.closeOrganization({ cause: cause('close'), actor: admin, id: ORGANIZATION });
            closed = refusal === undefined;
          };
          return {
            actors: [comes, closes],
            check: async (dead) => {
              if (dead === undefined) expect(came).not.toBe(closed);
              outcomes.add(`${came} ${closed}`);
              const keys = [1, 2, 3].map((value) => ({ key: { $case: 'id' as const, value } }));
              const { applications } = await instance(store).applications.getApplications({ keys });
              const inside = applications.filter((found) => found.application?.organization === ORGANIZATION).length;
              if (came) expect(inside).toBe(1);
              if (closed) expect(inside).toBe(0);
            },
          };
        },
        options,
      ); // prettier-ignore
      expect([...outcomes]).toEqual(expect.arrayContaining(['true false', 'false true']));
    }
  }, 60_000);

  it('AP-51 two moves into an organization, of which one is refused: what is in it is awaited there', async () => {
    let refusals = 0;
    await everyInterleaving(
      async (step) => {
        const { store, application, observer, one, other } = await installation(step);
        await observer.applications.registerApplication({ ...registration('authorization-code'), name: 'taken', organization: 2 }); // prettier-ignore
        const move = async ({ applications }: Instance, name: string): Promise<void> => {
          const { result } = await applications.updateApplication({ cause: cause('move'), actor: admin, id: application.id, organization: 2, name }); // prettier-ignore
          if (result?.$case === 'refusal') refusals += 1;
        };
        return {
          actors: [() => move(one, 'free'), () => move(other, 'taken')],
          check: () => {
            const commits = [...store.commits.values()].filter(({ stream }) => stream === intakeStream(2));
            const { awaited } = commits
              .toSorted((a, b) => a.version - b.version)
              .flatMap((commit) => commit.events as readonly IntakeEvent[])
              .reduce<Intake>((intake, event) => intakeDecider.evolve(intake, event, commits[0] as never), intakeDecider.initialState); // prettier-ignore
            expect(awaited.toSorted()).toEqual([application.id, 2]);
            return Promise.resolve();
          },
        };
      },
      { preemptions: 2 },
    );
    expect(refusals).toBeGreaterThan(0);
  }, 60_000);

  it.each(['rotate', 'change'] as const)(
    "what the old organization's admin does beside a move comes before it, or not: %s",
    async (way) => {
      const answers = new Set<string | undefined>();
      await everyInterleaving(
        async (step) => {
          const { store, application, one, other } = await installation(step);
          const { id } = application;
          const mine = { cause: cause('mine'), actor: { ...admin, user: 2, superuser: false, adminOf: [1] }, id };
          return {
            actors: [
              async () => {
                const { result } =
                  way === 'rotate'
                    ? await one.applications.rotateClientSecret({ ...mine, overlapSeconds: 0 })
                    : await one.applications.updateApplication({ ...mine, description: 'changed' });
                answers.add(result?.$case);
              },
              () => other.applications.updateApplication({ cause: cause('move'), actor: admin, id, organization: 2 }),
            ],
            check: () => {
              const versionBy = (requestId: string): number =>
                [...store.commits.values()].find((commit) => commit.stream === `application-${id}` && commit.cause.requestId === requestId && commit.events[0]?.type !== 'ApplicationKeptOut')?.version ?? 0; // prettier-ignore
              expect(versionBy('mine')).toBeLessThan(versionBy('move'));
              return Promise.resolve();
            },
          };
        },
        { preemptions: 1 },
      );
      expect([...answers]).toEqual(expect.arrayContaining(['refusal']));
      expect(answers.size).toBe(2);
    },
    60_000,
  );

  it('AP-50 a registration that was refused gives its client id back, and is not carried out later', async () => {
    const { applications } = instance(createScriptedStore());
    const before = await applications.registerApplication(registration('client-credentials'));
    const imported = { ...registration('client-credentials'), importedClientId: 'an-id-from-elsewhere' };
    const refused = (await applications.registerApplication(imported)).result;
    expect(refused).toMatchObject({ $case: 'refusal', value: { fields: { __all__: {} } } });
    const id = before.result?.$case === 'registered' ? (before.result.value.application?.id ?? 0) : 0;
    await applications.deleteApplication({ cause: cause('delete'), actor: admin, id });
    const { result } = await applications.registerApplication(imported);
    if (result?.$case !== 'registered') throw new Error('not registered');
    const { clients } = await applications.authenticateClients({ clients: [{ clientId: 'an-id-from-elsewhere', clientSecret: result.value.clientSecret }] }); // prettier-ignore
    expect(clients[0]?.result).toMatchObject({ $case: 'application', value: { id: result.value.application?.id } });
  });

  const accountsOver = (store: EventStore) =>
    createAccountsService({ store, documents, sessions, attempts, clock, key, tokens: noTokens }).service;
  /** Accounts 1 and 2, both superusers. */
  const twoSuperusers = async (store: EventStore): Promise<void> => {
    const profile = { firstName: '', lastName: '', email: '', isSuperuser: true, isSystemAuditor: false };
    const commit = (stream: string, version: number, event: DomainEvent) =>
      store.append({
        id: `${stream}:${version}`,
        stream,
        version,
        at: NOW,
        cause: { requestId: 'old' },
        events: [event],
      });
    for (const user of [1, 2]) {
      await commit('user-numbers', user, { type: 'NumberTaken' });
      const created = { type: 'UserCreated', username: `root ${user}`, externalAccount: '', ...profile };
      await commit(`user-${user}`, 1, created);
    }
    await commit('user-superusers', 1, { type: 'SuperusersExpected', users: [1, 2] } as DomainEvent);
  };

  it('AP-27 two superusers take it from each other, at once: one stays', async () => {
    const change = { passwordKeepsGrants: false, currentPassword: '', address: '' } as const;
    const ways = {
      demote: (accounts: AccountsClient, actor: typeof admin, id: number) => accounts.updateUser({ cause: cause('demote'), actor, id, ...change, isSuperuser: false }),
      disable: (accounts: AccountsClient, actor: typeof admin, id: number) => accounts.updateUser({ cause: cause('disable'), actor, id, ...change, isActive: false }),
      delete: (accounts: AccountsClient, actor: typeof admin, id: number) => accounts.deleteUser({ cause: cause('delete'), actor, id }),
    }; // prettier-ignore
    for (const [first, second, options] of [
      ['demote', 'demote', { mayDie: true, preemptions: 1 }],
      ['disable', 'delete', { preemptions: 1 }],
    ] as const) {
      let lost = 0;
      await everyInterleaving(async (step) => {
        const store = createScriptedStore();
        await twoSuperusers(store);
        const [one, other] = [accountsOver(scheduledStore(step, store)), accountsOver(scheduledStore(step, store))];
        return {
          actors: [() => ways[first](one, admin, 2), () => ways[second](other, { ...admin, user: 2 }, 1)],
          check: async (dead) => {
            const keys = [1, 2].map((value) => ({ key: { $case: 'id' as const, value } }));
            const { users } = await accountsOver(store).getUsers({ keys });
            const left = users.filter(({ user }) => user?.isSuperuser && user.isActive).length;
            lost += 2 - left;
            expect(left).toBeGreaterThanOrEqual(1);
            if (dead === undefined) expect(left).toBe(1);
          },
        };
      }, options);
      expect(lost).toBeGreaterThan(0);
    }
  }, 60_000);
});
