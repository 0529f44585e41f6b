import { prepare, runToTheEnd } from '../start/prepare.mjs';

runToTheEnd(await prepare(), ['tools/test/all.ts', ...process.argv.slice(2)]);
