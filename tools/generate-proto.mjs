// Generates libs/contracts/src/generated from proto/. The result is committed: a start needs no generator.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { environmentFor, prepare, root } from './start/prepare.mjs';

const env = environmentFor(await prepare());
for (const args of [['lint'], ['generate']]) {
  const { status } = spawnSync(join(root, 'node_modules/.bin/buf'), args, {
    cwd: join(root, 'proto'),
    env,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}
