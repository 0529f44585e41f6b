export * from './attempt-counter.ts';
export * from './last-use.ts';
export * from './refusal-ring.ts';
export * from './session-store.ts';
