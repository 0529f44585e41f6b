export { organizationList, organizationListProjection } from './organization-list.ts';
export { roleText, userList, userListProjection } from './user-list.ts';
