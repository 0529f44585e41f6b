import { prepare, runToTheEnd } from './prepare.mjs';

runToTheEnd(await prepare(), ['dist/standalone/main.js']);
