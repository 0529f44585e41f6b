import { type ExistingUser, type Role, ROLES, type User } from '@grantlog/accounts-domain';
import { roleKey } from '@grantlog/accounts-read-models';
import type { common } from '@grantlog/contracts';
import { equals, everything, type Filter, nothing } from '@grantlog/event-sourcing';

/** Whether there is such a user and the actor may see it: oneself, one's members, or everybody. */
export const isVisible = (actor: common.Actor | undefined, id: number, user: User): user is ExistingUser =>
  actor !== undefined &&
  user.status !== 'None' &&
  user.status !== 'Deleted' &&
  (actor.superuser ||
    actor.systemAuditor ||
    actor.user === id ||
    Object.values(user.roles)
      .flat()
      .some((organization) => actor.adminOf.includes(organization)));

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
