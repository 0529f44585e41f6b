import { prepare, runToTheEnd } from '../start/prepare.mjs';

const [what] = process.argv.slice(2);
const CLIENTS = [
  '--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js', '--selectProjects', 'e2e', '--testPathPatterns', 'independent-clients', '--testTimeout', '60000', '--forceExit', '--verbose',
]; // prettier-ignore

const node = await prepare();
// The same tests in the numbers that a release is tried with: hours.
if (what === 'release') process.env.GRANTLOG_RELEASE_TESTS = 'true';
runToTheEnd(node, what === 'clients' ? CLIENTS : ['tools/test/all.ts']);
