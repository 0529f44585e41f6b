import { deciderSpec } from '@grantlog/event-sourcing/testing';
import { type Profile, ROLES, userDecider, userStream } from './user.ts';

const { given } = deciderSpec(userDecider);
const NOON = '2026-01-01T12:00:00.000Z';
const LATER = '2026-01-01T13:00:00.000Z';
const profile: Profile = { firstName: 'Ann', lastName: 'Ox', email: 'ann@ex', isSuperuser: false, isSystemAuditor: false }; // prettier-ignore
const created = {
  at: NOON,
  events: [{ type: 'UserCreated', username: 'ann', externalAccount: '', ...profile } as const],
  sealed: { password: 'hash 1' },
};
const one = <T extends object>(event: T, sealed?: Record<string, string>) => ({ at: LATER, events: [event], ...(sealed && { sealed }) }); // prettier-ignore
const disabled = one({ type: 'UserDisabled' } as const);
const enabled = one({ type: 'UserEnabled' } as const);
const deleted = one({ type: 'UserDeleted' } as const);
const RESERVED = 'A username may not begin with "$".';
const GONE = ['not_found', 'No User matches the given query.'] as const;

describe('creating a user', () => {
  const create = {
    type: 'CreateUser',
    username: 'ann',
    externalAccount: '',
    profile,
    passwordHash: 'hash 1',
    roles: [{ organization: 3, role: 'member' }],
  } as const;
  it('records the profile and the first roles; the hash of the password is sealed', () => {
    const { decision, then } = given().when(create);
    then(
      { type: 'UserCreated', username: 'ann', externalAccount: '', ...profile },
      { type: 'RoleGiven', organization: 3, role: 'member' },
    );
    expect(decision.sealed).toEqual({ password: 'hash 1' });
  });
  it('refuses a number that is or was taken', () => {
    for (const past of [[created], [created, deleted]])
      given(...past)
        .when(create)
        .thenRefuses('taken', 'this user number is taken')
        .andRecordsNothing();
  });
  it.each(['$application-12', '\uff04application-12', '\ufe69application-12', '\u200b$application-12'])(
    'refuses %j, which is a service identity in the eyes of a claim',
    (username) => {
      given().when({ ...create, username }).thenRefuses('invalid', RESERVED).andRecordsNothing();
      given(created).when({ type: 'ChangeUser', changes: {}, username }).thenRefuses('invalid', RESERVED).andRecordsNothing();
      expect(given().when({ ...create, username, externalAccount: 'service' }).decision.events).toHaveLength(2);
    },
  ); // prettier-ignore
  it('makes an account that is enabled, without roles and never logged in', () => {
    expect(userStream(7)).toBe('user-7');
    expect(ROLES).toEqual(['member', 'admin', 'auditor']);
    expect(given(created).state).toEqual({
      status: 'Enabled',
      username: 'ann',
      externalAccount: '',
      ...profile,
      passwordHash: 'hash 1',
      roles: { member: [], admin: [], auditor: [] },
      signedOutAtVersion: 0,
      rightsEndedAtVersion: 0,
      createdAt: NOON,
      modifiedAt: NOON,
      lastLoginAt: '',
    });
  });
  it('without a password no password fits', () =>
    expect(given({ events: created.events }).state).toMatchObject({ passwordHash: '' }));
});

describe('changing a user', () => {
  const change = (more: object) => ({ type: 'ChangeUser', changes: {}, ...more }) as const;
  it('records what differs, with what it was', () => {
    given(created)
      .when(change({ changes: { firstName: 'Anna', lastName: 'Ox', email: undefined } }))
      .then({ type: 'UserChanged', changes: { firstName: 'Anna' }, previous: { firstName: 'Ann' } });
    given(created)
      .when(change({ username: 'anna' }))
      .then({ type: 'UsernameChanged', username: 'anna', previous: 'ann' });
  });
  it('records nothing when nothing differs', () => {
    given(created).when(change({})).thenNothing();
    given(created)
      .when(change({ changes: profile, username: 'ann', isActive: true }))
      .thenNothing();
    given(created, disabled)
      .when(change({ isActive: false }))
      .thenNothing();
  });
  it('a password is a fact each time, its hash sealed', () => {
    const { decision, then } = given(created).when(change({ password: { hash: 'hash 2', endsGrants: true } }));
    then({ type: 'PasswordChanged', endsGrants: true });
    expect(decision.sealed).toEqual({ password: 'hash 2' });
    expect(given(created).when(change({ username: 'anna' })).decision).not.toHaveProperty('sealed');
  });
  it('disables and enables', () => {
    given(created)
      .when(change({ isActive: false }))
      .then({ type: 'UserDisabled' });
    given(created, disabled)
      .when(change({ isActive: true }))
      .then({ type: 'UserEnabled' });
  });
  it('of a service identity leaves it its name and gives it no password', () => {
    const service = { at: NOON, events: [{ type: 'UserCreated', username: '$application-5', externalAccount: 'service', ...profile } as const] }; // prettier-ignore
    for (const [field, more] of [
      ['username', { username: 'x' }],
      ['password', { password: { hash: 'h', endsGrants: true } }],
    ] as const) {
      const { decision, thenRefuses } = given(service).when(change(more));
      thenRefuses('invalid', 'A service identity keeps its name and cannot log in.').andRecordsNothing();
      expect(Object.keys(decision.refusal?.fields ?? {})).toEqual([field]);
    }
    given(service)
      .when(change({ username: '$application-5', isActive: false }))
      .then({ type: 'UserDisabled' });
  });
  it('all at once is one commit', () =>
    expect(
      given(created)
        .when(change({ changes: { email: '' }, username: 'b', isActive: false, password: { hash: 'h', endsGrants: false } }))
        .decision.events.map(({ type }) => type),
    ).toEqual(['UserChanged', 'UsernameChanged', 'PasswordChanged', 'UserDisabled'])); // prettier-ignore
  it('is seen in the account', () => {
    expect(
      given(created, one({ type: 'UserChanged', changes: { isSuperuser: true }, previous: {} } as const)).state,
    ).toMatchObject({ isSuperuser: true, firstName: 'Ann', modifiedAt: LATER, createdAt: NOON });
    expect(
      given(created, one({ type: 'UsernameChanged', username: 'b', previous: 'ann' } as const)).state,
    ).toMatchObject({ username: 'b', modifiedAt: LATER, renamedAtVersion: 2 });
  });
  it('a new password signs out everywhere, and ends tokens when the policy says so', () => {
    const changed = (endsGrants: boolean) => one({ type: 'PasswordChanged', endsGrants } as const, { password: 'hash 2' }); // prettier-ignore
    expect(given(created, changed(false)).state).toMatchObject({
      passwordHash: 'hash 2',
      signedOutAtVersion: 2,
      rightsEndedAtVersion: 0,
      modifiedAt: LATER,
    });
    expect(given(created, changed(true), changed(false)).state).toMatchObject({
      signedOutAtVersion: 3,
      rightsEndedAtVersion: 2,
    });
    expect(given(created, one({ type: 'PasswordChanged', endsGrants: false } as const)).state).toMatchObject({
      passwordHash: '',
    });
  });
  it('disabling signs out everywhere; enabling brings no session back', () => {
    expect(given(created, disabled).state).toMatchObject({
      status: 'Disabled',
      signedOutAtVersion: 2,
      modifiedAt: LATER,
    });
    expect(given(created, disabled, enabled).state).toMatchObject({ status: 'Enabled', signedOutAtVersion: 2 });
    expect(given(created, enabled).state).toMatchObject({ status: 'Enabled', modifiedAt: LATER });
  });
});

describe('roles', () => {
  const give = { type: 'ChangeRole', organization: 3, role: 'admin', remove: false } as const;
  const given3 = one({ type: 'RoleGiven', organization: 3, role: 'admin' } as const);
  const given4 = one({ type: 'RoleGiven', organization: 4, role: 'admin' } as const);
  const taken3 = one({ type: 'RoleTaken', organization: 3, role: 'admin' } as const);
  it('are given and taken, once each', () => {
    given(created).when(give).then({ type: 'RoleGiven', organization: 3, role: 'admin' });
    given(created, given3).when(give).thenNothing();
    given(created, given3)
      .when({ ...give, remove: true })
      .then({ type: 'RoleTaken', organization: 3, role: 'admin' });
    given(created)
      .when({ ...give, remove: true })
      .thenNothing();
  });
  it('are by organization', () => {
    const { state } = given(created, given3, given4, taken3);
    expect(state).toMatchObject({ roles: { member: [], admin: [4], auditor: [] } });
  });
});

describe('logging in and out', () => {
  it('are facts; a login shows as the last one', () => {
    given(created).when({ type: 'RecordLogin' }).then({ type: 'LoggedIn' });
    given(created).when({ type: 'RecordLogout' }).then({ type: 'LoggedOut' });
    expect(given(created, one({ type: 'LoggedIn' } as const)).state).toMatchObject({
      lastLoginAt: LATER,
      modifiedAt: NOON,
    });
    expect(given(created, one({ type: 'LoggedOut' } as const)).state).toEqual(given(created).state);
  });
  it('a disabled account cannot log in', () =>
    given(created, disabled)
      .when({ type: 'RecordLogin' })
      .thenRefuses('forbidden', 'the account is disabled')
      .andRecordsNothing());
});

describe('deleting a user', () => {
  it('is a fact that keeps the name, which the name claim is freed by', () => {
    given(created).when({ type: 'DeleteUser' }).then({ type: 'UserDeleted' });
    expect(given(created, deleted).state).toEqual({ status: 'Deleted', username: 'ann', deletedAtVersion: 2 });
    expect(given(created, deleted, enabled).state).toEqual(given(created, deleted).state);
  });
  it.each([[[]], [[created, deleted]]])('nothing is done to one who is not there', (past) => {
    for (const command of [
      { type: 'DeleteUser' },
      { type: 'RecordLogin' },
      { type: 'RecordLogout' },
      { type: 'ChangeUser', changes: {} },
      { type: 'ChangeRole', organization: 3, role: 'admin', remove: false },
    ] as const)
      given(...past)
        .when(command)
        .thenRefuses(...GONE)
        .andRecordsNothing();
    expect(given(one({ type: 'UserEnabled' } as const)).state).toEqual({ status: 'None' });
  });
});
