import { type accounts as wire, common } from '@grantlog/contracts';
import type { DocumentStore } from '@grantlog/event-sourcing';
import { createScriptedStore } from '@grantlog/event-sourcing/testing';
import { createInstallationKey } from '@grantlog/service-kit';
import type { AttemptCounter, SessionStore } from '@grantlog/short-lived';
import { createAccountsService } from '../service.ts';

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

const open = async () => {
  const noted: string[] = [];
  const { service, prepareFirstStart } = createAccountsService({
    store: createScriptedStore(),
    documents: {} as DocumentStore,
    sessions: {} as SessionStore,
    attempts: {} as AttemptCounter,
    clock,
    key: createInstallationKey(Buffer.alloc(32, 7)),
    tokens: {
      revokeGrants: () => Promise.resolve({}),
      reopenUser: () => Promise.resolve({}),
      noteUsername: ({ username }) => {
        noted.push(username);
        return Promise.resolve({});
      },
    },
  });
  await prepareFirstStart({ username: 'admin', password: 'a password' });
  const newUser = { password: 'a long password', firstName: '', lastName: '', email: '', isSuperuser: false, isSystemAuditor: false, organization: 0 }; // prettier-ignore
  const created = (await service.createUser({ cause, actor: root, ...newUser, username: 'bob' })).result;
  if (created?.$case !== 'user') throw new Error('no user');
  const bob = created.value;
  return {
    service,
    noted,
    bob,
    change: (id: number, more: Partial<wire.UpdateUserRequest>) =>
      service.updateUser({ cause, actor: root, id, passwordKeepsGrants: false, currentPassword: '', address: '', ...more }), // prettier-ignore
    user: async (key: number | string) => {
      const by = typeof key === 'number' ? { $case: 'id' as const, value: key } : { $case: 'username' as const, value: key }; // prettier-ignore
      return (await service.getUsers({ keys: [{ key: by }] })).users[0]?.user;
    },
  };
};

describe('changing an account', () => {
  it('AP-47 is done whole or not at all: a change that is refused has renamed nobody', async () => {
    const { change, user, noted } = await open();
    const { result } = await change(1, { username: 'root', isSuperuser: false });
    expect(result).toMatchObject({ $case: 'refusal', value: { fields: { is_superuser: {} } } });
    expect(await user(1)).toMatchObject({ username: 'admin', isSuperuser: true });
    expect([await user('root'), noted]).toEqual([undefined, []]);
  });
  it('a name that is taken leaves the rest as it was', async () => {
    const { change, user, bob } = await open();
    expect((await change(bob.id, { username: 'ADMIN', firstName: 'Bob' })).result).toMatchObject({ $case: 'refusal' });
    expect(await user(bob.id)).toMatchObject({ username: 'bob', firstName: '' });
  });
  it('with a new name frees the old one and tells the tokens service, in one commit', async () => {
    const { change, user, noted, bob } = await open();
    await change(bob.id, { username: 'robert', firstName: 'Bob' });
    expect(await user('robert')).toMatchObject({ id: bob.id, firstName: 'Bob', version: bob.version + 1 });
    expect([await user('bob'), noted]).toEqual([undefined, ['robert']]);
    await change(bob.id, { username: 'Robert' });
    expect(await user('robert')).toMatchObject({ username: 'Robert' });
  });
  it('takes what a user was shown of its own account, and nothing that only a superuser changes', async () => {
    const { change, bob } = await open();
    const actor = { ...root, user: bob.id, superuser: false };
    const shown = { username: 'bob', isSuperuser: false, isSystemAuditor: false, isActive: true };
    expect((await change(bob.id, { actor, ...shown, email: 'b@example.com' })).result?.$case).toBe('user');
    for (const more of [{ username: 'x' }, { isSuperuser: true }, { isSystemAuditor: true }, { isActive: false }])
      expect((await change(bob.id, { actor, ...shown, ...more })).result).toMatchObject({
        $case: 'refusal',
        value: { error: 'forbidden' },
      });
  });
});

describe('giving a role', () => {
  it('AP-48 answers who may not the same whether there is such an organization or not', async () => {
    const { service, bob } = await open();
    const give = (actor: common.Actor, organization: number) =>
      service.changeMembership({ cause, actor, user: bob.id, organization, role: 'admin', remove: false });
    const actor = { ...root, user: bob.id, superuser: false };
    expect((await give(actor, 1)).refusal?.error).toBe('forbidden');
    expect((await give(actor, 99)).refusal?.error).toBe('forbidden');
    expect((await give(root, 99)).refusal?.error).toBe('not_found');
  });
});
