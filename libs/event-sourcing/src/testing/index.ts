export * from './damage.contract.ts';
export * from './decider-spec.ts';
export * from './document-store.contract.ts';
export * from './event-store.contract.ts';
export * from './interleavings.ts';
export * from './scripted-store.ts';
export * from './until.ts';
