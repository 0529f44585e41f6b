export { tokenList, tokenListProjection } from './token-list.ts';
export { activityStream, activityStreamProjection } from './activity-stream.ts';
