#!/usr/bin/env node
// Runs the command line under Node 24, whatever Node called it.
import '../../../tools/start/node-version.mjs';

import('../../../tools/start/prepare.mjs').then(({ run }) => run(['dist/cli/main.js', ...process.argv.slice(2)]));
