import { deciderSpec } from '@grantlog/event-sourcing/testing';
import type { User } from '../user/user.ts';
import { administers, superusersDecider } from './superusers.ts';

const { given } = deciderSpec(superusersDecider);
const expected = { events: [{ type: 'SuperusersExpected', users: [1, 2] }] } as const;
const leaving = (user: number, version: number) => ({
  events: [{ type: 'SuperuserLeaving', user, version } as const],
});

describe('the list of superusers', () => {
  it('names each account once', () => {
    given(expected)
      .when({ type: 'ExpectSuperusers', users: [2, 3] })
      .then({ type: 'SuperusersExpected', users: [3] });
    given(expected)
      .when({ type: 'ExpectSuperusers', users: [1] })
      .thenNothing();
  });
  it('keeps after which version of its own an account may leave, the latest one', () => {
    expect(given(expected, leaving(2, 7), leaving(2, 5)).state).toEqual({ 1: 0, 2: 7 });
    given(expected)
      .when({ type: 'LeaveSuperusers', user: 1, version: 4 })
      .then({ type: 'SuperuserLeaving', user: 1, version: 4 });
  });
  it('forgets no leaving when the account is expected again', () =>
    expect(given(leaving(2, 7), expected).state).toEqual({ 1: 0, 2: 7 }));
});

describe('who administers the installation', () => {
  const user = { status: 'Enabled', isSuperuser: true, externalAccount: '' } as User;
  it('is an enabled superuser that can log in', () => {
    expect(administers(user)).toBe(true);
    for (const other of [{ status: 'Disabled' }, { isSuperuser: false }, { externalAccount: 'service' }])
      expect(administers({ ...user, ...other } as User)).toBe(false);
    expect(administers({ status: 'None' })).toBe(false);
  });
});
