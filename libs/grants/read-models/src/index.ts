export { tokenList, tokenListProjection } from './token-list.ts';
