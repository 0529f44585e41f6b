export * from './conf-file.ts';
export * from './decide.ts';
export { compilePattern, matchesWhole } from './pattern.ts';
