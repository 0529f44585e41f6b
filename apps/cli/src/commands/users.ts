import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

// Beside this command's own bundle.
const OPERATOR = fileURLToPath(new URL('../standalone/operator.js', import.meta.url));

/** `grantlog users <command> <username>`: runs the standalone app's own code for this one command, under its folder's lock. */
export const onStoppedInstallation =
  (command: 'set-password' | 'grant-superuser') =>
  (username: string, { json = false }: { json?: boolean }): void => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [OPERATOR, command, username], {
      stdio: ['inherit', 'pipe', 'pipe'],
      encoding: 'utf8',
    });
    if (json) console.log(JSON.stringify(status === 0 ? { username, changed: true } : { error: stderr.trim() }));
    else if (status === 0) process.stdout.write(stdout);
    else process.stderr.write(stderr);
    process.exitCode = status === 0 ? 0 : 1;
  };
