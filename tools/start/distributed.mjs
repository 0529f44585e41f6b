import { prepare, runToTheEnd } from './prepare.mjs';

runToTheEnd(await prepare(), ['tools/start/supervisor.ts']);
