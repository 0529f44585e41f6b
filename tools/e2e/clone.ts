import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../engines/engine.ts';
import { PROFILE } from './system.ts';

/** A fresh clone of what is committed, with ports of its own, run by the commands that users type. */
export type Clone = {
  readonly folder: string;
  readonly port: number;
  readonly env: NodeJS.ProcessEnv;
  readonly npm: (...args: readonly string[]) => Command;
  /** Processes that were started with this clone's environment. */
  readonly processes: () => readonly number[];
  readonly remove: () => void;
};

/** A command in a process group of its own, as a terminal would start it. */
export type Command = {
  readonly pid: number;
  readonly output: () => string;
  readonly ended: Promise<number | null>;
};

const root = join(import.meta.dirname, '../..');

/**
 * Embedded: nothing is installed, so the first start does it. Distributed: the packages of this checkout are used, as
 * the start needs all of them.
 */
export const freshClone = async (): Promise<Clone> => {
  const folder = mkdtempSync(join(tmpdir(), 'grantlog-clone-'));
  execFileSync('git', ['clone', '--quiet', '--no-hardlinks', root, folder], { stdio: 'inherit' });
  if (PROFILE === 'distributed') symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const port = await freePort();
  const strangers = Object.entries(process.env).filter(([name]) => !/^(GRANTLOG_|npm_|NODE_OPTIONS$|NODE_ENV$|INIT_CWD$)/.test(name)); // prettier-ignore
  const env = {
    ...Object.fromEntries(strangers),
    PATH: process.env['PATH']?.split(':').filter((part) => !part.includes('node_modules')).join(':'),
    GRANTLOG_PORT: String(port),
    GRANTLOG_MANAGEMENT_PORT: String(await freePort()),
    GRANTLOG_CONF_DIR: join(folder, 'conf.d'),
    GRANTLOG_KAFKA_PARTITIONS: '4',
  }; // prettier-ignore
  return {
    folder,
    port,
    env,
    npm: (...args) => {
      const child = spawn('npm', args, { cwd: folder, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
      let output = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
      const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
      return { pid: child.pid as number, output: () => output, ended };
    },
    processes: () =>
      readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name))
        .filter((pid) => environmentOf(pid).includes(`GRANTLOG_CONF_DIR=${folder}`))
        .map(Number),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
};

const environmentOf = (pid: string): string => {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return '';
  }
};

export const isListening = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
