import { until } from '@grantlog/event-sourcing/testing';
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../engines/engine.ts';

export type Profile = 'embedded' | 'distributed';
export type ProcessInfo = {
  readonly app: string;
  readonly instance: number;
  readonly pid: number;
  readonly managementPort: number;
  readonly port?: number;
};

/** A running installation, seen from outside. */
export type System = {
  readonly profile: Profile;
  /** Base URLs of every gateway. */
  readonly gateways: readonly string[];
  readonly adminPassword: string;
  readonly dataFolder: string;
  readonly confFolder: string;
  /** Everything the processes have printed. */
  readonly log: () => string;
  readonly processes: () => readonly ProcessInfo[];
  readonly engines: () => Readonly<Record<string, { name: string; version: string; pid?: number; address: string }>>;
  /** Sets the clock of every process; it holds from then on. */
  readonly setClock: (setting: string) => Promise<void>;
  /** Ends it in order and starts it again with the same data. */
  readonly restart: (whileStopped?: () => void) => Promise<void>;
  /** kill -9 of the process that answers requests, then a start with the same data. */
  readonly crash: () => Promise<void>;
  readonly stop: () => Promise<number | null>;
};

/** The profile that this run of the suite is about. */
export const PROFILE: Profile = process.env['E2E_PROFILE'] === 'distributed' ? 'distributed' : 'embedded';
/** Whether the suite runs in the numbers that a release is tried with (`npm run test:release`). */
export const RELEASE = process.env['GRANTLOG_RELEASE_TESTS'] === 'true';
const READY_MS = 180_000;

/** Starts an installation of its own, by the commands that users have, with two instances of each role where there are several. */
export const startSystem = async (
  environment: Record<string, string> = {},
  {
    profile = PROFILE,
    production = false,
    instances = profile === 'distributed' ? 2 : 1,
  }: { profile?: Profile; production?: boolean; instances?: number } = {},
): Promise<System> => {
  const folder = mkdtempSync(join(tmpdir(), `grantlog-${profile}-`));
  const confFolder = mkdtempSync(join(tmpdir(), 'grantlog-conf-'));
  const clockFile = join(folder, 'clock');
  writeFileSync(clockFile, 'offset 0');
  const managementPort = await freePort();
  const port = await firstPort(instances);
  const adminPassword = 'an-admin-password-for-tests';
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    NODE_OPTIONS: '',
    GRANTLOG_PORT: String(port),
    GRANTLOG_MANAGEMENT_PORT: String(managementPort),
    GRANTLOG_DATA_DIR: folder,
    GRANTLOG_CONF_DIR: confFolder,
    ...(production ? { NODE_ENV: 'production' } : { NODE_ENV: 'test', GRANTLOG_TEST_CLOCK: clockFile }),
    GRANTLOG_ADMIN_PASSWORD: adminPassword,
    GRANTLOG_INSTANCES: String(instances),
    GRANTLOG_KAFKA_PARTITIONS: '4',
    ...environment,
  };
  let output = '';
  let child: ChildProcess;
  const start = async (): Promise<void> => {
    const args = profile === 'embedded' ? ['dist/standalone/main.js'] : ['tools/start/supervisor.ts'];
    child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`not ready in time:\n${output}`)), READY_MS);
      const read = (chunk: Buffer): void => {
        output += chunk.toString();
        if (/^ready /m.test(chunk.toString())) {
          clearTimeout(timer);
          resolve();
        }
      };
      child.stdout?.on('data', read);
      child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
      child.once('exit', (code) => reject(new Error(`ended with ${code}:\n${output}`)));
    });
  };
  const end = (signal: NodeJS.Signals): Promise<number | null> =>
    new Promise((resolve) => {
      // One that is gone already says so no second time.
      if (child.exitCode !== null || child.signalCode !== null) return resolve(child.exitCode);
      child.once('exit', (code) => resolve(code));
      child.kill(signal);
    });
  const state = (): {
    processes: ProcessInfo[];
    engines: { app: string; name: string; version: string; pid?: number; address: string }[];
  } => JSON.parse(readFileSync(join(folder, 'distributed/processes.json'), 'utf8')) as never;
  const processes = (): readonly ProcessInfo[] =>
    profile === 'embedded'
      ? [{ app: 'standalone', instance: 1, pid: child.pid as number, managementPort, port }]
      : state().processes;

  await start();
  return {
    profile,
    gateways: Array.from({ length: instances }, (_, i) => `http://127.0.0.1:${port + i * 100}`),
    adminPassword,
    dataFolder: folder,
    confFolder,
    log: () => output,
    processes,
    engines: () =>
      profile === 'embedded' ? {} : Object.fromEntries(state().engines.map((engine) => [engine.app, engine])),
    setClock: async (setting) => {
      // Renamed, so that nobody reads half of it; every process reads it whenever it asks for the time.
      await writeFile(`${clockFile}.new`, setting);
      await rename(`${clockFile}.new`, clockFile);
    },
    restart: async (whileStopped) => {
      await end('SIGTERM');
      whileStopped?.();
      await start();
    },
    crash: async () => {
      await end('SIGKILL');
      await start();
    },
    stop: async () => {
      const code = await end('SIGTERM');
      rmSync(folder, { recursive: true, force: true });
      rmSync(confFolder, { recursive: true, force: true });
      return code;
    },
  };
};

/** A port whose neighbours at steps of a hundred are free too. */
const firstPort = async (instances: number): Promise<number> => {
  for (;;) {
    const port = await freePort();
    if (port + (instances - 1) * 100 > 65_000) continue;
    const free = await Promise.all(Array.from({ length: instances - 1 }, (_, i) => isFree(port + (i + 1) * 100)));
    if (free.every(Boolean)) return port;
  }
};

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, () => server.close(() => resolve(true)));
  });

export { until };
