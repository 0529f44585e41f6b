export { applicationList, applicationListProjection } from './application-list.ts';
