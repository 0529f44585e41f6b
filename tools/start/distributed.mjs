import { prepare, runToTheEnd } from './prepare.mjs';

runToTheEnd(prepare(), ['tools/start/supervisor.ts']);
