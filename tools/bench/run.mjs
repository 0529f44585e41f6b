import { prepare, runToTheEnd } from '../start/prepare.mjs';

runToTheEnd(await prepare(), [
  '--disable-warning=ExperimentalWarning',
  'tools/bench/bench.ts',
  ...process.argv.slice(2),
]);
