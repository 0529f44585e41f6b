export { createApplyEvents } from './apply-events.ts';
export { entryProjections, projections } from './projections.ts';
export { projectJournal } from './rebuild.ts';
