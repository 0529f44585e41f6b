import type { common } from '@grantlog/contracts';
import { equals, everything, type Filter, nothing, oneOf } from '@grantlog/event-sourcing';

/** Whether the actor may change, delete, rotate and revoke for applications of this organization. */
export const mayChange = (actor: common.Actor | undefined, organization: number): boolean =>
  actor !== undefined && (actor.superuser || actor.adminOf.includes(organization));

/** Whether the actor may see applications of this organization. */
export const mayRead = (actor: common.Actor | undefined, organization: number): boolean =>
  actor !== undefined &&
  (actor.superuser ||
    actor.systemAuditor ||
    actor.adminOf.includes(organization) ||
    actor.memberOf.includes(organization));

/** The applications that the actor's lists may show. */
export const readable = (actor: common.Actor | undefined): Filter => {
  if (!actor) return nothing;
  if (actor.superuser || actor.systemAuditor) return everything;
  const organizations = [...new Set([...actor.adminOf, ...actor.memberOf])];
  if (organizations.length === 0) return nothing;
  return organizations.length === 1 ? equals('organization', organizations[0]) : oneOf('organization', organizations);
};
