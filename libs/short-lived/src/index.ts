export * from './attempt-counter.ts';
export * from './refusal-ring.ts';
export * from './session-store.ts';
