import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { createWriteStream, mkdirSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** An engine at hand: how to reach it, what it is, how to stop it. */
export type Engine = {
  readonly address: string;
  readonly name: string;
  readonly version: string;
  /** Undefined when it was there already. */
  readonly pid: number | undefined;
  /** Where it listens; undefined for one whose process is not ours. */
  readonly port?: number;
  /** Resolves when its process has ended, with how. */
  readonly ended?: Promise<string>;
  readonly stop: () => Promise<void>;
};

const LEASH = fileURLToPath(new URL('./leash.mjs', import.meta.url));

/** Starts a program that dies with this process; what it prints goes to a file. */
export const startLeashed = (
  program: string,
  args: readonly string[],
  log: string,
  env: NodeJS.ProcessEnv = process.env,
): ChildProcess => {
  mkdirSync(dirname(log), { recursive: true });
  // Detached from the terminal's signals: who works with an engine ends before it.
  const child = spawn(process.execPath, [LEASH, program, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
  });
  const file = createWriteStream(log, { flags: 'a' });
  child.stdout?.pipe(file);
  child.stderr?.pipe(file);
  return child;
};

/** The process behind the leash. @throws when it ends before it says so */
const pidOf = (child: ChildProcess): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    child.once('message', (message) => resolve((message as { pid?: number }).pid));
    child.once('exit', () => reject(new Error('it ended as soon as it listened')));
    child.send('pid', (error) => error && reject(error));
  });

const stopLeashed = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });

/** What is known of an engine that runs on a leash. */
export const leashed = async (
  child: ChildProcess,
  port: number,
): Promise<Pick<Engine, 'pid' | 'port' | 'ended' | 'stop'>> => ({
  pid: await pidOf(child),
  port,
  ended: new Promise((resolve) => {
    if (child.exitCode !== null) resolve(String(child.exitCode));
    else child.once('exit', (code, signal) => resolve(String(signal ?? code)));
  }),
  stop: () => stopLeashed(child),
});

/** Below the ports that outgoing connections are given, which come and go by themselves. */
const FIRST_PORT = 15_000;
const PORTS = 15_000;
const given = new Set<number>();

/** Takes a port out of what `freePort` gives: somebody here will listen on it. */
export const reservePort = (port: number): void => void given.add(port);

/** A port that is free at this moment, and that this process has not been given before. */
export const freePort = async (): Promise<number> => {
  for (;;) {
    const port = FIRST_PORT + randomInt(PORTS);
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
};

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, () => server.close(() => resolve(true)));
  });

/** Waits until something listens; rejects when the process ends before, or after a minute. */
export const untilListening = async (port: number, child: ChildProcess, log: string): Promise<void> => {
  const giveUpAt = Date.now() + 60_000;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`it ended with code ${child.exitCode}; see ${log}`);
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
    if (open) return;
    if (Date.now() > giveUpAt) {
      // It would hold port and data against the next try.
      await stopLeashed(child);
      throw new Error(`it did not listen within a minute; see ${log}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
};

const EARLIER_ENDS_WITHIN_MS = 20_000;

/** Starts an engine; one of a start that was killed may need some seconds to let go of the data. */
export const startInTurn = async (start: () => Promise<Engine>): Promise<Engine> => {
  const giveUpAt = Date.now() + EARLIER_ENDS_WITHIN_MS;
  for (;;) {
    try {
      return await start();
    } catch (error) {
      if (Date.now() > giveUpAt) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
};
