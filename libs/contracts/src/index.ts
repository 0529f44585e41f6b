export * from './find-page.ts';
export * from './rpc.ts';
export * from './topics.ts';
export * from './translate.ts';
export * as accounts from './generated/grantlog/accounts/v1/accounts.ts';
export * as applications from './generated/grantlog/applications/v1/applications.ts';
export * as audit from './generated/grantlog/audit/v1/audit.ts';
export * as common from './generated/grantlog/common/v1/common.ts';
export * as tokens from './generated/grantlog/tokens/v1/tokens.ts';
