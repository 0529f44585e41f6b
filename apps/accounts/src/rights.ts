import { type Actor, permits, readable } from '@grantlog/access';
import { type ExistingUser, type Role, ROLES, type User } from '@grantlog/accounts-domain';
import { roleKey } from '@grantlog/accounts-read-models';
import type { Filter } from '@grantlog/event-sourcing';

/** Whether there is such a user and the actor may see it: oneself, one's members, or everybody. */
export const isVisible = (actor: Actor | undefined, id: number, user: User): user is ExistingUser =>
  user.status !== 'None' &&
  user.status !== 'Deleted' &&
  permits(actor, 'read', 'user', { owner: id, organizations: Object.values(user.roles).flat() });

/** Who has a role in an organization. */
export const hasRole = (organization: number, role: Role): Filter => ({
  field: 'roles',
  lookup: 'has',
  value: roleKey(organization, role),
});

/** The users that the actor's lists may show. */
export const readableUsers = (actor: Actor | undefined): Filter =>
  readable(actor, 'user', {
    owner: 'id',
    organization: (organizations) => ({
      any: organizations.flatMap((organization) => ROLES.map((role) => hasRole(organization, role))),
    }),
  });
