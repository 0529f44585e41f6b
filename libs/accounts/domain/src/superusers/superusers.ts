import { accept, type Decider, type Version } from '@grantlog/event-sourcing';
import type { User } from '../user/user.ts';

/**
 * What decides that one superuser stays. Both facts come before the account's own: who is listed may be a superuser or
 * about to become one, and whose own stream is still at `version` may be about to lose it.
 */
export type SuperusersEvent =
  | { type: 'SuperusersExpected'; users: readonly number[] }
  | { type: 'SuperuserLeaving'; user: number; version: Version };

/** Each listed account with the version after which it last meant to leave; 0: never. */
export type Superusers = Readonly<Record<number, Version>>;

export type SuperusersCommand =
  | { readonly type: 'ExpectSuperusers'; readonly users: readonly number[] }
  | { readonly type: 'LeaveSuperusers'; readonly user: number; readonly version: Version };

export const superusersDecider: Decider<Superusers, SuperusersCommand, SuperusersEvent> = {
  initialState: {},
  decide: (command, superusers) => {
    if (command.type === 'LeaveSuperusers')
      return accept([{ type: 'SuperuserLeaving', user: command.user, version: command.version }]);
    const users = command.users.filter((user) => superusers[user] === undefined);
    return accept(users.length === 0 ? [] : [{ type: 'SuperusersExpected', users }]);
  },
  evolve: (superusers, event) =>
    event.type === 'SuperusersExpected'
      ? { ...Object.fromEntries(event.users.map((user) => [user, 0])), ...superusers }
      : { ...superusers, [event.user]: Math.max(event.version, superusers[event.user] ?? 0) },
};

/** Whether an account can administer the installation: a superuser that is enabled and can log in. */
export const administers = (user: User): boolean =>
  user.status === 'Enabled' && user.isSuperuser && user.externalAccount === '';
