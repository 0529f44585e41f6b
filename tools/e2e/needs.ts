import { spawnSync } from 'node:child_process';

const VERSION: Readonly<Record<string, string>> = { python3: '--version', go: 'version' };

/** `it` where `program` is on this machine; where it is not, a skip that says so in its title, and in CI a failure. */
export const itNeeds = (program: 'python3' | 'go') => {
  const isThere = process.env['CI'] === 'true' || spawnSync(program, [VERSION[program] as string]).status === 0;
  return (title: string, test: () => Promise<void>, timeoutMs?: number): void =>
    isThere ? it(title, test, timeoutMs) : it.skip(`${title} (needs ${program})`, test, timeoutMs);
};
