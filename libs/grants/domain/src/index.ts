export * from './consent/consent.ts';
export * from './grant/commands.ts';
export * from './grant/events.ts';
export * from './grant/grant-number.ts';
export * from './grant/state.ts';
export { scopeUnder } from './grant/decide/child.ts';
export { grantDecider, type GrantDecision } from './grant/decide/index.ts';
export * from './revocations/revocations.ts';
