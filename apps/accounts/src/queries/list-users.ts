import { readable } from '@grantlog/access';
import { type Role, userStream } from '@grantlog/accounts-domain';
import { organizationList, userList } from '@grantlog/accounts-read-models';
import { type accounts as wire, findPage } from '@grantlog/contracts';
import { everything, type Filter, nothing, oneOf, type StoredDocument } from '@grantlog/event-sourcing';
import { hasRole, readableUsers } from '../rights.ts';
import type { Deps } from '../service-deps.ts';

/** A page of the users that the actor may see, from the read model. */
export const listUsers =
  ({ documents }: Deps) =>
  async ({ actor, query, organization, role }: wire.ListUsersRequest): Promise<wire.ListUsersResponse> => {
    const among: Filter = organization === 0 ? everything : hasRole(organization, role as Role);
    const page = await findPage(documents, userList, 'user', query, { all: [readableUsers(actor), among] });
    return { users: page.documents.map(toUser), outcome: page.outcome };
  };

/** A page of the organizations that the actor may see, from the read model. */
export const listOrganizations =
  ({ documents, streams }: Deps) =>
  async ({ actor, query, user }: wire.ListOrganizationsRequest): Promise<wire.ListOrganizationsResponse> => {
    const among = user === 0 ? everything : await organizationsOf(streams, user);
    const page = await findPage(documents, organizationList, 'organization', query, {
      all: [readable(actor, 'organization', { organization: 'id' }), among],
    });
    return { organizations: page.documents.map(toOrganization), outcome: page.outcome };
  };

const organizationsOf = async ({ users }: Deps['streams'], user: number): Promise<Filter> => {
  const { state } = await users.load(userStream(user));
  return state.status === 'None' || state.status === 'Deleted'
    ? nothing
    : oneOf('id', [...new Set(Object.values(state.roles).flat())]);
};

const toUser = ({ id, version, fields }: StoredDocument): wire.User => ({
  id,
  version,
  username: fields['username'] as string,
  firstName: fields['first_name'] as string,
  lastName: fields['last_name'] as string,
  email: fields['email'] as string,
  isSuperuser: fields['is_superuser'] as boolean,
  isSystemAuditor: fields['is_system_auditor'] as boolean,
  isActive: fields['is_active'] as boolean,
  externalAccount: (fields['external_account'] as string | null) ?? '',
  created: fields['created'] as string,
  modified: fields['modified'] as string,
  lastLogin: (fields['last_login'] as string | null) ?? '',
  memberOf: fields['member_of'] as number[],
  adminOf: fields['admin_of'] as number[],
  auditorOf: fields['auditor_of'] as number[],
});

const toOrganization = ({ id, version, fields }: StoredDocument): wire.Organization => ({
  id,
  version,
  name: fields['name'] as string,
  description: fields['description'] as string,
  created: fields['created'] as string,
  modified: fields['modified'] as string,
});
