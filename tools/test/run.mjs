import '../start/node-version.mjs';

const [what, ...more] = process.argv.slice(2);
/** How long a test may take where it says nothing else; no test is about time. */
const SECONDS = { unit: 30, int: 60, e2e: 60 };
/** Some files of one suite. */
const some = (suite, patterns) => [
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  'node_modules/jest/bin/jest.js',
  '--selectProjects', suite,
  '--testTimeout', String(1000 * SECONDS[suite]),
  '--forceExit',
  '--verbose',
  '--testPathPatterns', ...patterns,
]; // prettier-ignore

const program =
  what === 'clients'
    ? some('e2e', ['independent-clients', ...more])
    : what in SECONDS
      ? some(what, more)
      : ['tools/test/all.ts'];
// The same tests in the numbers that a release is tried with: hours.
if (what === 'release') process.env.GRANTLOG_RELEASE_TESTS = 'true';
import('../start/prepare.mjs').then(({ run }) => run(program, { everything: true }));
