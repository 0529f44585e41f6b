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

/** The users that the actor's lists may show. */
export const seeable = (actor: common.Actor | undefined): Filter => {
  if (!actor) return nothing;
  return actor.superuser || actor.systemAuditor ? everything : equals('id', actor.user);
};

/** The organizations that the actor's lists may show. */
export const seeableOrganizations = (actor: common.Actor | undefined): Filter => {
  if (!actor) return nothing;
  if (actor.superuser || actor.systemAuditor) return everything;
  return { field: 'id', lookup: 'in', value: [...new Set([...actor.adminOf, ...actor.memberOf, ...actor.auditorOf])] };
};
