import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

// Beside this command's own bundle.
const STANDALONE = fileURLToPath(new URL('../standalone/set-password.js', import.meta.url));

/** `grantlog users set-password <username>`: runs the standalone app's own code for this one command, under its file's lock. */
export const usersSetPassword = (username: string, { json = false }: { json?: boolean }): void => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [STANDALONE, username], {
    stdio: ['inherit', 'pipe', 'pipe'],
    encoding: 'utf8',
  });
  if (json) console.log(JSON.stringify(status === 0 ? { username, changed: true } : { error: stderr.trim() }));
  else if (status === 0) process.stdout.write(stdout);
  else process.stderr.write(stderr);
  process.exitCode = status === 0 ? 0 : 1;
};
