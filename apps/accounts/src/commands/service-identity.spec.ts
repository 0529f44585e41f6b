import { type accounts as wire, common } from '@grantlog/contracts';
import type { DocumentStore, DomainEvent } from '@grantlog/event-sourcing';
import { createScriptedStore } from '@grantlog/event-sourcing/testing';
import { createInstallationKey } from '@grantlog/service-kit';
import type { AttemptCounter, SessionStore } from '@grantlog/short-lived';
import { createAccountsService } from '../service.ts';
import { usernameClaim } from '../streams.ts';

const clock = { now: () => '2026-01-01T12:00:00.000Z', setting: () => undefined };
const cause = { requestId: 'request', clientId: '' };
const root: common.Actor = {
  user: 1,
  superuser: true,
  systemAuditor: false,
  adminOf: [],
  memberOf: [],
  auditorOf: [],
  means: common.Means.MEANS_BASIC,
  grant: 0,
};

const attempts: AttemptCounter = {
  count: () => Promise.resolve(1),
  uncount: () => Promise.resolve(),
  forget: () => Promise.resolve(),
  peek: () => Promise.resolve(0),
};

const open = async () => {
  const ended: number[] = [];
  const store = createScriptedStore();
  const { service, prepareFirstStart } = createAccountsService({
    store,
    documents: {} as DocumentStore,
    sessions: {} as SessionStore,
    attempts,
    clock,
    key: createInstallationKey(Buffer.alloc(32, 7)),
    tokens: {
      reopenUser: () => Promise.resolve({}),
      revokeGrants: ({ subject }) => {
        ended.push(subject?.value ?? 0);
        return Promise.resolve({});
      },
      noteUsername: () => Promise.resolve({}),
    },
  });
  await prepareFirstStart({ username: 'admin', password: 'a password' });
  const identity = async (application: number, organization = 1) => {
    const { result } = await service.getServiceIdentity({ cause, application, organization });
    return result?.$case === 'user' ? result.value : undefined;
  };
  const organization = async (name: string): Promise<number> => {
    const { result } = await service.createOrganization({ cause, actor: root, name, description: '' });
    if (result?.$case !== 'organization') throw new Error('no organization');
    return result.value.id;
  };
  return { service, identity, organization, ended, store };
};

describe('the service identity of an application', () => {
  it('is one user for each, whoever asks at once, with the rights of a member', async () => {
    const { identity } = await open();
    const [one, again, other] = await Promise.all([identity(5), identity(5), identity(6)]);
    expect(one).toMatchObject({ username: '$application-5', externalAccount: 'service', memberOf: [1], adminOf: [] });
    expect([again?.id, (await identity(5))?.id]).toEqual([one?.id, one?.id]);
    expect(other?.id).not.toBe(one?.id);
  });
  it('moves with its application, and takes no role along', async () => {
    const { service, identity, organization } = await open();
    const id = (await identity(5))?.id ?? 0;
    const made = { cause, actor: root, user: id, organization: 1, role: 'admin', remove: false };
    await service.changeMembership(made);
    expect(await identity(5, await organization('B'))).toMatchObject({ id, memberOf: [2], adminOf: [] });
  });
  it('is not there for an organization that is not, and not while it is disabled', async () => {
    const { service, identity } = await open();
    expect(await identity(5, 9)).toBeUndefined();
    const id = (await identity(5))?.id ?? 0;
    const disable = { cause, actor: root, id, isActive: false, passwordKeepsGrants: false, currentPassword: '', address: '' }; // prettier-ignore
    await service.updateUser(disable);
    expect(await identity(5)).toBeUndefined();
  });
  it('AP-45 is no person, whatever the spelling of its name: none can take it, and one that has it from before is left alone', async () => {
    const { service, identity, store, ended } = await open();
    const person = { cause, actor: root, password: 'a long password', firstName: '', lastName: '', email: '', isSuperuser: false, isSystemAuditor: false, organization: 0 }; // prettier-ignore
    for (const username of ['\uff04application-5', '\ufe69application-5', '\u200b$application-5'])
      expect((await service.createUser({ ...person, username })).result).toMatchObject({ $case: 'refusal', value: { fields: { username: {} } } }); // prettier-ignore
    const before = (await service.createUser({ ...person, username: 'planted' })).result;
    if (before?.$case !== 'user') throw new Error('no user');
    const standsFor = [...store.commits.values()].find(({ stream }) => stream === `user-${before.value.id}`);
    const claim = { type: 'NameClaimed', holder: `user-${before.value.id}` } as DomainEvent;
    await store.append({ id: 'claim', stream: usernameClaim('\uff04application-5'), version: 1, at: clock.now(), cause, events: [claim], sealed: { standsFor: JSON.stringify(standsFor) } }); // prettier-ignore
    expect(await identity(5)).toBeUndefined();
    await service.deleteServiceIdentity({ cause, application: 5 });
    const { users } = await service.getUsers({ keys: [{ key: { $case: 'id', value: before.value.id } }] });
    expect([users[0]?.user?.memberOf, ended]).toEqual([[], []]);
  });
  it('AP-46 cannot be made to log in and keeps its name; what it is can be sent back', async () => {
    const { service, identity, store } = await open();
    const { id, username } = (await identity(5)) ?? { id: 0, username: '' };
    const change = (more: Partial<wire.UpdateUserRequest>) =>
      service.updateUser({ cause, actor: root, id, passwordKeepsGrants: false, currentPassword: '', address: '', ...more }); // prettier-ignore
    expect((await change({ password: 'a long password' })).result).toMatchObject({ $case: 'refusal' });
    expect((await change({ username: 'x' })).result).toMatchObject({ $case: 'refusal' });
    expect((await change({ username, isActive: true, firstName: 'machine' })).result).toMatchObject({ $case: 'user' });
    expect((await identity(5))?.id).toBe(id);
    // One that was given a password before that was refused.
    const sealed = [...store.commits.values()].find(({ stream }) => stream === 'user-1')?.sealed ?? {};
    const { version } = (await identity(5)) ?? { version: 0 };
    const events = [{ type: 'PasswordChanged', endsGrants: false } as DomainEvent];
    await store.append({
      id: 'old',
      stream: `user-${id}`,
      version: version + 1,
      at: clock.now(),
      cause,
      events,
      sealed,
    });
    const logIn = async (name: string) =>
      (await service.verifyPassword({ username: name, password: 'a password', address: '', deviceUser: 0, deviceId: '' })).result?.$case; // prettier-ignore
    expect([await logIn('admin'), await logIn(username)]).toEqual(['user', 'refusal']);
  });
  it('ends with its application, whose number brings nothing back', async () => {
    const { service, identity, ended } = await open();
    const id = (await identity(5))?.id ?? 0;
    await service.deleteServiceIdentity({ cause, application: 5 });
    await service.deleteServiceIdentity({ cause, application: 5 });
    expect(ended).toEqual([id]);
    expect((await service.getUsers({ keys: [{ key: { $case: 'id', value: id } }] })).users[0]?.user).toBeUndefined();
  });
});
