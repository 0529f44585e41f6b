export * from './organization/organization.ts';
export * from './user/user.ts';
