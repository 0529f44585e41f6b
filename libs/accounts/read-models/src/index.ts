export { organizationList, organizationListProjection } from './organization-list.ts';
export { roleKey, userList, userListProjection } from './user-list.ts';
