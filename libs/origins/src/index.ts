export { BadConfFile, parseConfFile } from './conf-file.ts';
export * from './decide.ts';
export { type CorsSources, explain, type Explanation, type Question } from './explain.ts';
export { lintPattern, type PatternWarning } from './lint.ts';
export { matchesWhole } from './pattern.ts';
export {
  combinationProblem,
  type CorsRules,
  type FileRules,
  isSerializedOrigin,
  LONGEST_AGE_SECONDS,
  LONGEST_LIST,
  LONGEST_PATTERN,
  mergeRules,
  type RuleName,
  ruleProblem,
} from './rules.ts';
