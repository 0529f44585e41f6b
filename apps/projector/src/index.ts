export { createApplyEvents } from './apply-events.ts';
export { projections } from './projections.ts';
