import { z } from 'zod';
import type { accounts as wire } from '@grantlog/contracts';
import type { Gateway } from '../gateway.ts';
import { fromRefusal, invalid, notFound } from '../http/api-error.ts';
import { flag, integer, parseFields } from '../http/fields.ts';
import type { Answer, Call, Methods } from './endpoint.ts';
import { boundsOf, type Field, type Fields } from './field.ts';
import { maySee, visibleOrganization } from './organizations.ts';
import { visibleUser } from './users.ts';

/** AWX's names of the roles in an organization; a role's number is the organization's with one of these at its end. */
const ROLES = [
  { role: 'admin', name: 'Admin' },
  { role: 'member', name: 'Member' },
  { role: 'auditor', name: 'Auditor' },
] as const;
type Role = (typeof ROLES)[number]['role'];
const PER_ORGANIZATION = 4;

export const RoleChange = z.object({ id: integer(1, Number.MAX_SAFE_INTEGER), disassociate: flag.optional() });

const NUMBER: Field = {
  type: 'integer',
  label: 'ID',
  help_text: 'A role of an organization.',
  writable: 'always',
  required: true,
};
export const ROLE_FIELDS: Fields = {
  id: { ...NUMBER, ...boundsOf(RoleChange.shape.id) },
  name: { type: 'string', label: 'Name', help_text: 'Admin, Member or Auditor.' },
};

/** `/api/v2/organizations/N/object_roles/` */
export const organizationRoles = (gateway: Gateway): Methods => ({
  GET: async (call) => {
    const organization = await visibleOrganization(gateway, call);
    return listOf(ROLES.map(({ role }) => represent(organization, role)));
  },
});

/** `/api/v2/users/N/roles/`: what N is in which organization that the caller may see; POST gives a role, or takes it with `disassociate`. */
export const userRoles = (gateway: Gateway): Methods => ({
  GET: async (call) => {
    const user = await visibleUser(gateway, call);
    const of: Readonly<Record<Role, readonly number[]>> = { admin: user.adminOf, member: user.memberOf, auditor: user.auditorOf }; // prettier-ignore
    const ids = [...new Set(Object.values(of).flat())].filter((id) => maySee(call.caller, id));
    const { organizations } = await gateway.accounts.getOrganizations({ ids });
    return listOf(
      organizations.flatMap(({ organization }) =>
        organization
          ? ROLES.filter(({ role }) => of[role].includes(organization.id)).map(({ role }) =>
              represent(organization, role),
            )
          : [],
      ),
    );
  },
  POST: async (call) => {
    const { id: user } = await visibleUser(gateway, call);
    const { id, disassociate = false } = parseFields(RoleChange, await call.body());
    const role = ROLES[(id % PER_ORGANIZATION) - 1]?.role;
    if (role === undefined) throw invalid({ id: [`Invalid pk "${id}" - object does not exist.`] });
    const { refusal, version } = await gateway.accounts.changeMembership({
      cause: call.cause,
      actor: call.caller.actor,
      user,
      organization: Math.floor(id / PER_ORGANIZATION),
      role,
      remove: disassociate,
    });
    if (refusal) throw fromRefusal(refusal);
    call.wrote({ stream: `user-${user}`, version });
    return { status: 204 };
  },
});

/** `/api/v2/roles/N/` */
export const roleDetail = (gateway: Gateway): Methods => ({
  GET: async (call: Call) => {
    const role = ROLES[(call.id % PER_ORGANIZATION) - 1]?.role;
    if (role === undefined) throw notFound('Role');
    const organization = await visibleOrganization(gateway, { ...call, id: Math.floor(call.id / PER_ORGANIZATION) });
    return { body: represent(organization, role) };
  },
});

const listOf = (results: readonly unknown[]): Answer => ({
  body: { count: results.length, next: null, previous: null, results },
});

const represent = ({ id: organization, name }: wire.Organization, role: Role): Record<string, unknown> => {
  const at = ROLES.findIndex((one) => one.role === role);
  const id = organization * PER_ORGANIZATION + at + 1;
  return {
    id,
    type: 'role',
    url: `/api/v2/roles/${id}/`,
    related: { organization: `/api/v2/organizations/${organization}/` },
    summary_fields: { resource_name: name, resource_type: 'organization', resource_id: organization },
    name: ROLES[at]?.name,
  };
};
