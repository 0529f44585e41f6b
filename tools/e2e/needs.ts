import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const VERSION: Readonly<Record<string, string>> = { python3: '--version', go: 'version' };

/** `it` where `program` is on this machine; where it is not, a skip that says so in its title, and in CI a failure. */
export const itNeeds = (program: 'python3' | 'go') => {
  const isThere = process.env['CI'] === 'true' || spawnSync(program, [VERSION[program] as string]).status === 0;
  return (title: string, test: () => Promise<void>, timeoutMs?: number): void =>
    isThere ? it(title, test, timeoutMs) : it.skip(`${title} (needs ${program})`, test, timeoutMs);
};

const canMount = (): boolean => {
  const folder = mkdtempSync(join(tmpdir(), 'grantlog-mount-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]).status === 0;
  if (mounted) spawnSync('umount', [folder]);
  rmSync(folder, { recursive: true });
  return mounted;
};

/** `it` where a file system may be mounted; where not, a skip that says so in its title. */
export const itMounts = (title: string, test: () => Promise<void>, timeoutMs?: number): void =>
  canMount() ? it(title, test, timeoutMs) : it.skip(`${title} (needs the right to mount)`, test, timeoutMs);
