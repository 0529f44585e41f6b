/**
 * Mutation testing of the pure code: what decides, parses and compares, without engines. Outside `npm test`, because it
 * runs the unit tests once for each of a few thousand changes. The report that was seen last is in docs/mutation.md.
 * @type {import('@stryker-mutator/api/core').PartialStrykerOptions}
 */
export default {
  mutate: [
    'libs/oauth/src/**/*.ts',
    'libs/origins/src/**/*.ts',
    'libs/settings/src/**/*.ts',
    'libs/grants/domain/src/**/*.ts',
    'libs/applications/domain/src/**/*.ts',
    'libs/accounts/domain/src/**/*.ts',
    '!**/*.spec.ts',
    '!**/testing/**',
    '!libs/*/src/index.ts',
    '!libs/*/*/src/index.ts',
  ],
  testRunner: 'jest',
  testRunnerNodeArgs: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
  jest: { configFile: 'jest.mutation.config.mjs', enableFindRelatedTests: true },
  coverageAnalysis: 'perTest',
  concurrency: 2,
  // Each run of an ES module leaves its memory behind in jest's module registry.
  maxTestRunnerReuse: 100,
  reporters: ['clear-text', 'json', 'html'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: 'test-results/mutation/report.json' },
  htmlReporter: { fileName: 'test-results/mutation/report.html' },
  thresholds: { high: 95, low: 90, break: 90 },
  tempDirName: '.stryker',
  ignorePatterns: ['dist', '.nx', '.grantlog', 'test-results', '.stryker'],
  disableTypeChecks: false,
};
