import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { engineCache } from './cache.ts';

/**
 * A virtual environment with packages from PyPI, made once and kept in the user's cache.
 * @param packages with exact versions
 * @returns the folder of its programs
 */
export const pythonPrograms = (name: string, packages: readonly string[], say: (text: string) => void): string => {
  const folder = join(engineCache('python'), name);
  const programs = join(folder, 'bin');
  if (existsSync(join(folder, 'installed'))) return programs;
  say(`installing ${packages.join(', ')} from PyPI (once) ...`);
  rmSync(folder, { recursive: true, force: true });
  const run = (program: string, ...args: string[]): void => {
    const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr.slice(-500)}`);
  };
  run('python3', '-m', 'venv', folder);
  run(join(programs, 'pip'), 'install', '--quiet', '--disable-pip-version-check', ...packages);
  mkdirSync(join(folder, 'installing'), { recursive: true });
  renameSync(join(folder, 'installing'), join(folder, 'installed'));
  return programs;
};
