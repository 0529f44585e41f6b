#!/usr/bin/env node
// Runs the command line under Node 24, whatever Node called it.
import { prepare, runToTheEnd } from '../../../tools/start/prepare.mjs';

runToTheEnd(await prepare(), ['dist/cli/main.js', ...process.argv.slice(2)]);
