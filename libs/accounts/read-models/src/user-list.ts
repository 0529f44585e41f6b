import type { Fields, Projection, ReadModel } from '@grantlog/event-sourcing';
import type { Profile, Role, UserEvent } from '@grantlog/accounts-domain';

/** The users; the user's number is the document's id. */
export const userList: ReadModel = {
  name: 'user_list',
  fields: {
    username: 'text',
    first_name: 'text',
    last_name: 'text',
    email: 'text',
    is_superuser: 'boolean',
    is_system_auditor: 'boolean',
    is_active: 'boolean',
    external_account: 'text',
    created: 'text',
    modified: 'text',
    last_login: 'text',
    member_of: 'json',
    admin_of: 'json',
    auditor_of: 'json',
    // `3:member`, for lists of who has a role where.
    roles: 'keys',
  },
  indexes: [
    ['username'],
    ['first_name'],
    ['last_name'],
    ['email'],
    ['is_superuser'],
    ['is_system_auditor'],
    ['is_active'],
    ['external_account'],
    ['created'],
    ['modified'],
    ['last_login'],
  ],
  // 1: absence is null.
  rule: 1,
  searched: ['username', 'first_name', 'last_name'],
};

const COLUMNS: { readonly [Name in keyof Profile]: string } = {
  firstName: 'first_name',
  lastName: 'last_name',
  email: 'email',
  isSuperuser: 'is_superuser',
  isSystemAuditor: 'is_system_auditor',
};

const columns = (changes: Partial<Profile>): Fields =>
  Object.fromEntries(
    (Object.keys(COLUMNS) as (keyof Profile)[])
      .filter((name) => changes[name] !== undefined)
      .map((name) => [COLUMNS[name], changes[name] as Fields[string]]),
  );

const LIST_OF: Readonly<Record<Role, string>> = { member: 'member_of', admin: 'admin_of', auditor: 'auditor_of' };

/** How a role stands among a user's roles. */
export const roleKey = (organization: number, role: Role): string => `${organization}:${role}`;

export const userListProjection: Projection = {
  model: userList,
  category: 'user',
  project: (fields, recorded) => {
    const event = recorded.event as UserEvent;
    const modified = recorded.at;
    if (event.type === 'UserCreated') {
      return {
        username: event.username,
        ...columns(event),
        is_active: true,
        external_account: event.externalAccount || null,
        created: recorded.at,
        modified,
        last_login: null,
        member_of: [],
        admin_of: [],
        auditor_of: [],
        roles: [],
      };
    }
    if (fields === null) return null;
    switch (event.type) {
      case 'UserChanged':
        return { ...fields, ...columns(event.changes), modified };
      case 'RoleGiven':
      case 'RoleTaken': {
        const list = LIST_OF[event.role];
        const others = (fields[list] as number[]).filter((id) => id !== event.organization);
        const given = event.type === 'RoleGiven';
        const role = roleKey(event.organization, event.role);
        const otherRoles = (fields['roles'] as string[]).filter((key) => key !== role);
        return {
          ...fields,
          [list]: given ? [...others, event.organization] : others,
          roles: given ? [...otherRoles, role] : otherRoles,
        };
      }
      case 'UsernameChanged':
        return { ...fields, username: event.username, modified };
      case 'UserDisabled':
        return { ...fields, is_active: false, modified };
      case 'UserEnabled':
        return { ...fields, is_active: true, modified };
      case 'LoggedIn':
        return { ...fields, last_login: recorded.at };
      case 'UserDeleted':
        return null;
      default:
        return fields;
    }
  },
};
