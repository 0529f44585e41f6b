import { common, type tokens as wire } from '@grantlog/contracts';
import type { DocumentStore } from '@grantlog/event-sourcing';
import { createScriptedStore } from '@grantlog/event-sourcing/testing';
import { createInstallationKey } from '@grantlog/service-kit';
import type { LastUseStore, SessionStore } from '@grantlog/short-lived';
import { createTokensService } from '../service.ts';

const cause = { requestId: 'request', clientId: '' };
const actor: common.Actor = {
  user: 7,
  superuser: false,
  systemAuditor: false,
  adminOf: [],
  memberOf: [1],
  auditorOf: [],
  means: common.Means.MEANS_BASIC,
  grant: 0,
};
const lifetimes: wire.Lifetimes = {
  authorizationCodeSeconds: 600,
  accessTokenSeconds: 3600,
  refreshTokenSeconds: 86_400,
  grantSeconds: 100_000,
  personalTokenSeconds: 86_400,
  refreshGraceSeconds: 30,
};
const client: wire.Client = {
  application: 5,
  clientId: 'client-of-5',
  version: 1,
  clientType: 'confidential',
  authorizationGrantType: 'authorization-code',
  organization: 1,
  name: 'client',
};
const lastUses: LastUseStore = {
  keep: () => Promise.resolve(),
  of: (names) => Promise.resolve(names.map(() => undefined)),
};

const open = (store = createScriptedStore()) => {
  let now = '2026-01-01T12:00:00.000Z';
  const { service } = createTokensService({
    store,
    documents: {} as DocumentStore,
    sessions: {} as SessionStore,
    lastUses,
    clock: { now: () => now, setting: () => undefined },
    key: createInstallationKey(Buffer.alloc(32, 7)),
  });
  const create = async (more: Partial<wire.CreateTokenRequest> = {}) => {
    const subject = { user: 7, version: 1, username: 'alice' };
    const { result } = await service.createToken({ cause, actor, requestKey: crypto.randomUUID(), subject, scope: 'write', description: '', lifetimes, expiresIn: 0, ...more }); // prettier-ignore
    if (result?.$case !== 'created') throw new Error(result?.value.description);
    return { ...result.value, id: result.value.token?.id ?? 0 };
  };
  return {
    service,
    store,
    create,
    createBy: (grant: number, more: Partial<wire.CreateTokenRequest> = {}) =>
      create({ actor: { ...actor, means: common.Means.MEANS_PERSONAL_TOKEN, grant }, ...more }),
    introspect: async (token: string) =>
      (await service.introspect({ tokens: [{ token, askingApplication: 0 }] })).introspections[0],
    at: (time: string) => (now = time),
  };
};

describe('introspection', () => {
  it('is active for an access token only: a refresh token of the same grant is no bearer token (RFC 7662 §2.2)', async () => {
    const { create, introspect } = open();
    const { accessToken, refreshToken } = await create({ client });
    expect(refreshToken).toMatch(/^glr_/);
    expect([(await introspect(accessToken))?.active, (await introspect(refreshToken))?.active]).toEqual([true, false]);
  });
  it("tells the user's present name", async () => {
    const { service, create, introspect } = open();
    const { accessToken } = await create({ client });
    expect((await introspect(accessToken))?.username).toBe('alice');
    await service.noteUsername({ cause, user: 7, username: 'alicia', userVersion: 4 });
    expect((await introspect(accessToken))?.username).toBe('alicia');
    await service.noteUsername({ cause, user: 7, username: 'late', userVersion: 3 });
    expect((await introspect(accessToken))?.username).toBe('alicia');
  });
  it('AP-49 names nobody by a grant from before changes of names were noted, until one is', async () => {
    const { service, store, create, introspect } = open();
    const { id, accessToken } = await create({ client });
    for (const [key, commit] of store.commits)
      if (commit.stream === `grant-${id}`) {
        const events = commit.events.map((event) => ({ ...event, userVersion: undefined }));
        store.commits.set(key, { ...commit, events });
      }
    const old = open(store);
    expect(await old.introspect(accessToken)).toMatchObject({ active: true, username: '' });
    await old.service.noteUsername({ cause, user: 7, username: 'alicia', userVersion: 4 });
    expect((await introspect(accessToken))?.username).toBe('alicia');
    expect(await service.getToken({ id })).toHaveProperty('token');
  });
});

describe('a token that a token created', () => {
  it('ends with its parent, also where that is revoked, and never later', async () => {
    const { service, create, createBy, introspect, at } = open();
    const parent = await create({ expiresIn: 600 });
    const child = await createBy(parent.id);
    expect(child.token).toMatchObject({ parent: parent.id, expires: parent.token?.expires });
    expect((await introspect(child.accessToken))?.active).toBe(true);
    at('2026-01-01T12:10:00.000Z');
    expect((await introspect(child.accessToken))?.active).toBe(false);

    const other = await create();
    const ofOther = await createBy(other.id);
    await service.deleteToken({ cause, id: other.id });
    expect((await introspect(ofOther.accessToken))?.active).toBe(false);
    expect((await service.getToken({ id: ofOther.id })).token).toBeUndefined();
    await expect(createBy(other.id)).rejects.toThrow('ended');
  });
  it('is narrowed with its parent, and creates none', async () => {
    const { service, create, createBy, introspect } = open();
    const parent = await create();
    const child = await createBy(parent.id);
    await service.updateToken({ cause, actor, id: parent.id, scope: 'read' });
    expect((await introspect(child.accessToken))?.scope).toBe('read');
    const { token } = await service.getToken({ id: child.id });
    const described = await service.updateToken({ cause, actor, id: child.id, description: 'x' });
    expect([token?.scope, described.result]).toMatchObject(['read', { $case: 'token', value: { scope: 'read' } }]);
    await expect(createBy(child.id)).rejects.toThrow('creates none');
    await expect(createBy(parent.id)).rejects.toThrow('within the scope');
  });
});
