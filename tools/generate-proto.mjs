// Generates libs/contracts/src/generated from proto/. The result is committed: a start needs no generator.
import './start/node-version.mjs';
import { spawnSync } from 'child_process';

import('./start/prepare.mjs').then(async ({ environmentFor, prepare, root }) => {
  const env = environmentFor(await prepare(true));
  for (const args of [['lint'], ['generate']]) {
    const { status } = spawnSync(`${root}/node_modules/.bin/buf`, args, {
      cwd: `${root}/proto`,
      env,
      stdio: 'inherit',
    });
    if (status !== 0) process.exit(status || 1);
  }
});
