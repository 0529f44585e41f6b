import {
  accept,
  type Decider,
  type Decision,
  foldedName,
  type Instant,
  refuse,
  unreachable,
  type Version,
} from '@grantlog/event-sourcing';

export type Profile = {
  readonly firstName: string;
  readonly lastName: string;
  readonly email: string;
  readonly isSuperuser: boolean;
  readonly isSystemAuditor: boolean;
};

export type Role = 'member' | 'admin' | 'auditor';
export const ROLES = ['member', 'admin', 'auditor'] as const satisfies readonly Role[];

export type UserEvent =
  | ({ type: 'UserCreated'; username: string; externalAccount: string } & Profile)
  | { type: 'UserChanged'; changes: Partial<Profile>; previous: Partial<Profile> }
  | { type: 'UsernameChanged'; username: string; previous: string }
  | { type: 'PasswordChanged'; endsGrants: boolean }
  | { type: 'RoleGiven'; organization: number; role: Role }
  | { type: 'RoleTaken'; organization: number; role: Role }
  | { type: 'UserDisabled' }
  | { type: 'UserEnabled' }
  | { type: 'UserDeleted' }
  | { type: 'LoggedIn' }
  | { type: 'LoggedOut' };

export type User =
  | { readonly status: 'None' }
  | { readonly status: 'Deleted'; readonly username: string; readonly deletedAtVersion: Version }
  | (Profile & {
      readonly status: 'Enabled' | 'Disabled';
      readonly username: string;
      /** `service` for an application's service identity: it cannot log in. */
      readonly externalAccount: string;
      /** argon2id, PHC form; empty: no password fits. */
      readonly passwordHash: string;
      readonly roles: Readonly<Record<Role, readonly number[]>>;
      /** Version of the last fact that ended browser sessions: password changed, disabled. */
      readonly signedOutAtVersion: Version;
      /** Version of the last password change that ended codes and tokens too. 0: none. */
      readonly rightsEndedAtVersion: Version;
      readonly createdAt: Instant;
      readonly modifiedAt: Instant;
      /** Empty: never. */
      readonly lastLoginAt: Instant;
      /** Version of the last change of its name. Absent: it has its first one. */
      readonly renamedAtVersion?: Version;
    });

export type ExistingUser = Exclude<User, { status: 'None' | 'Deleted' }>;

export type UserCommand =
  | {
      readonly type: 'CreateUser';
      readonly username: string;
      readonly externalAccount: string;
      readonly profile: Profile;
      readonly passwordHash: string;
      readonly roles: readonly { organization: number; role: Role }[];
    }
  | {
      readonly type: 'ChangeUser';
      readonly changes: Partial<Profile>;
      readonly username?: string;
      readonly isActive?: boolean;
      readonly password?: { readonly hash: string; readonly endsGrants: boolean };
    }
  | { readonly type: 'ChangeRole'; readonly organization: number; readonly role: Role; readonly remove: boolean }
  | { readonly type: 'DeleteUser' }
  | { readonly type: 'RecordLogin' }
  | { readonly type: 'RecordLogout' };

const gone = refuse('not_found', 'No User matches the given query.');

const decide = (command: UserCommand, user: User): Decision<UserEvent> => {
  if (command.type === 'CreateUser') return createUser(command, user);
  if (user.status === 'None' || user.status === 'Deleted') return gone;
  switch (command.type) {
    case 'ChangeUser':
      return changeUser(command, user);
    case 'ChangeRole':
      return changeRole(command, user);
    case 'DeleteUser':
      return accept([{ type: 'UserDeleted' }]);
    case 'RecordLogin':
      return user.status === 'Enabled'
        ? accept([{ type: 'LoggedIn' }])
        : refuse('forbidden', 'the account is disabled');
    case 'RecordLogout':
      return accept([{ type: 'LoggedOut' }]);
    default:
      return unreachable(command);
  }
};

/** Names that begin with a dollar sign, however it is spelled, are those of service identities. */
const isReserved = (username: string): boolean => foldedName(username).startsWith('$');
const RESERVED = 'A username may not begin with "$".';

const notYours = (field: string, message: string) => refuse('invalid', message, { fields: { [field]: [message] } });

const createUser = (command: Extract<UserCommand, { type: 'CreateUser' }>, user: User): Decision<UserEvent> => {
  if (user.status !== 'None') return refuse('taken', 'this user number is taken');
  const { username, externalAccount, profile, passwordHash, roles } = command;
  if (externalAccount === '' && isReserved(username)) return notYours('username', RESERVED);
  return accept(
    [
      { type: 'UserCreated', username, externalAccount, ...profile },
      ...roles.map(({ organization, role }) => ({ type: 'RoleGiven' as const, organization, role })),
    ],
    undefined,
    { password: passwordHash },
  );
};

const changeUser = (
  { changes, username, isActive, password }: Extract<UserCommand, { type: 'ChangeUser' }>,
  user: ExistingUser,
): Decision<UserEvent> => {
  const names = (Object.keys(changes) as (keyof Profile)[]).filter(
    (name) => changes[name] !== undefined && changes[name] !== user[name],
  );
  const pick = (from: Partial<Profile>): Partial<Profile> =>
    Object.fromEntries(names.map((name) => [name, from[name]]));
  const renames = username !== undefined && username !== user.username;
  if (user.externalAccount !== '' && (renames || password))
    return notYours(renames ? 'username' : 'password', 'A service identity keeps its name and cannot log in.');
  if (renames && isReserved(username)) return notYours('username', RESERVED);
  const events: UserEvent[] = [];
  if (names.length > 0) events.push({ type: 'UserChanged', changes: pick(changes), previous: pick(user) });
  if (renames) events.push({ type: 'UsernameChanged', username, previous: user.username });
  if (password) events.push({ type: 'PasswordChanged', endsGrants: password.endsGrants });
  if (isActive === false && user.status === 'Enabled') events.push({ type: 'UserDisabled' });
  if (isActive === true && user.status === 'Disabled') events.push({ type: 'UserEnabled' });
  return accept(events, undefined, password && { password: password.hash });
};

const changeRole = (
  { organization, role, remove }: Extract<UserCommand, { type: 'ChangeRole' }>,
  user: ExistingUser,
): Decision<UserEvent> => {
  const has = user.roles[role].includes(organization);
  if (has !== remove) return accept([]);
  return accept([{ type: remove ? 'RoleTaken' : 'RoleGiven', organization, role }]);
};

/** One account: profile, password, roles, whether it is enabled, logins. A failed login is never recorded here. */
export const userDecider: Decider<User, UserCommand, UserEvent> = {
  initialState: { status: 'None' },
  decide,
  evolve: (user, event, commit) => {
    if (event.type === 'UserCreated') {
      const { type: _type, ...fields } = event;
      return {
        status: 'Enabled',
        ...fields,
        passwordHash: commit.sealed?.['password'] ?? '',
        roles: { member: [], admin: [], auditor: [] },
        signedOutAtVersion: 0,
        rightsEndedAtVersion: 0,
        createdAt: commit.at,
        modifiedAt: commit.at,
        lastLoginAt: '',
      };
    }
    if (user.status === 'None' || user.status === 'Deleted') return user;
    const modifiedAt = commit.at;
    switch (event.type) {
      case 'UserChanged':
        return { ...user, ...event.changes, modifiedAt };
      case 'UsernameChanged':
        return { ...user, username: event.username, renamedAtVersion: commit.version, modifiedAt };
      case 'PasswordChanged':
        return {
          ...user,
          modifiedAt,
          passwordHash: commit.sealed?.['password'] ?? '',
          signedOutAtVersion: commit.version,
          rightsEndedAtVersion: event.endsGrants ? commit.version : user.rightsEndedAtVersion,
        };
      case 'RoleGiven':
        return { ...user, roles: { ...user.roles, [event.role]: [...user.roles[event.role], event.organization] } };
      case 'RoleTaken':
        return {
          ...user,
          roles: { ...user.roles, [event.role]: user.roles[event.role].filter((id) => id !== event.organization) },
        };
      case 'UserDisabled':
        return { ...user, modifiedAt, status: 'Disabled', signedOutAtVersion: commit.version };
      case 'UserEnabled':
        return { ...user, modifiedAt, status: 'Enabled' };
      case 'UserDeleted':
        return { status: 'Deleted', username: user.username, deletedAtVersion: commit.version };
      case 'LoggedIn':
        return { ...user, lastLoginAt: commit.at };
      default:
        return user;
    }
  },
};

export const userStream = (id: number): string => `user-${id}`;
