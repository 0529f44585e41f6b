export { organizationList, organizationListProjection } from './organization-list.ts';
export { userList, userListProjection } from './user-list.ts';
