import { prepare, runToTheEnd } from './prepare.mjs';

runToTheEnd(prepare(), ['apps/standalone/src/main.ts']);
