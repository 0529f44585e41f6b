import { type Role, ROLES } from '@grantlog/accounts-domain';
import { roleKey } from '@grantlog/accounts-read-models';
import type { common } from '@grantlog/contracts';
import { equals, everything, type Filter, nothing } from '@grantlog/event-sourcing';

/** Whether the actor may see this user: oneself, one's members, or everybody. */
export const maySee = (
  actor: common.Actor | undefined,
  user: { id: number; organizations: readonly number[] },
): boolean =>
  actor !== undefined &&
  (actor.superuser ||
    actor.systemAuditor ||
    actor.user === user.id ||
    actor.adminOf.some((organization) => user.organizations.includes(organization)));

/** Who has a role in an organization. */
export const hasRole = (organization: number, role: Role): Filter => ({
  field: 'roles',
  lookup: 'has',
  value: roleKey(organization, role),
});

/** The users that the actor's lists may show. */
export const seeable = (actor: common.Actor | undefined): Filter => {
  if (!actor) return nothing;
  if (actor.superuser || actor.systemAuditor) return everything;
  const members = actor.adminOf.flatMap((organization) => ROLES.map((role) => hasRole(organization, role)));
  return { any: [equals('id', actor.user), ...members] };
};

/** Whether the actor may see this organization: one's own, or all. */
export const maySeeOrganization = (actor: common.Actor | undefined, id: number): boolean =>
  actor !== undefined &&
  (actor.superuser || actor.systemAuditor || [...actor.adminOf, ...actor.memberOf, ...actor.auditorOf].includes(id));

/** The organizations that the actor's lists may show. */
export const seeableOrganizations = (actor: common.Actor | undefined): Filter => {
  if (!actor) return nothing;
  if (actor.superuser || actor.systemAuditor) return everything;
  return { field: 'id', lookup: 'in', value: [...new Set([...actor.adminOf, ...actor.memberOf, ...actor.auditorOf])] };
};
