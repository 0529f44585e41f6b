import type { ExistingUser, Organization } from '@grantlog/accounts-domain';
import type { accounts as wire } from '@grantlog/contracts';
import type { Version } from '@grantlog/event-sourcing';

/** A user as other services see it; without the password's hash, which has no field there. */
export const toUser = (id: number, user: ExistingUser, version: Version): wire.User => ({
  id,
  username: user.username,
  firstName: user.firstName,
  lastName: user.lastName,
  email: user.email,
  isSuperuser: user.isSuperuser,
  isSystemAuditor: user.isSystemAuditor,
  isActive: user.status === 'Enabled',
  externalAccount: user.externalAccount,
  created: user.createdAt,
  modified: user.modifiedAt,
  lastLogin: user.lastLoginAt,
  memberOf: [...user.roles.member],
  adminOf: [...user.roles.admin],
  auditorOf: [...user.roles.auditor],
  version,
});

export const toOrganization = (
  id: number,
  organization: Extract<Organization, { status: 'Existing' }>,
  version: Version,
): wire.Organization => ({
  id,
  name: organization.name,
  description: organization.description,
  created: organization.createdAt,
  modified: organization.modifiedAt,
  version,
});
