export * from './organization/organization.ts';
export * from './superusers/superusers.ts';
export * from './user/user.ts';
