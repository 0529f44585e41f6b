import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** A role that prints what happens to it, in a process of its own. */
const ROLE = `
import { runService } from ${JSON.stringify(join(import.meta.dirname, 'index.ts'))};
runService('projector', async ({ config, onClose, onDrain, onStarted }) => {
  onClose(() => console.log('first opened closed'));
  onClose(() => console.log('last opened closed'));
  onDrain(() => console.log('drained'));
  onStarted(() => console.log('ready'));
  const live = ({ signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(console.log('worker ended'))));
  return [{ name: 'one', needs: 'none', mend: 'replace', stallAfterMs: 60_000, live }];
});`;

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

const given = {
  GRANTLOG_INSTALLATION_KEY: 'k'.repeat(43),
  GRANTLOG_MONGODB_URI: 'mongodb://127.0.0.1:1',
  GRANTLOG_KAFKA_BROKERS: '127.0.0.1:1',
  GRANTLOG_LOG_LEVEL: 'silent',
};

/** Runs the role to its end. @param onOutput may end it */
const run = (environment: Record<string, string>, onOutput: (text: string, stop: () => void) => void = () => {}) =>
  new Promise<{ code: number | null; lines: string[]; errors: string }>((resolve) => {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', ROLE], { env: environment });
    let output = '';
    let errors = '';
    child.stdout.on('data', (data: Buffer) => onOutput((output += data.toString()), () => child.kill('SIGTERM')));
    child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
    child.once('close', (code) => resolve({ code, lines: output.trim().split('\n'), errors }));
  });

describe('a service', () => {
  it('ends what takes requests, then its workers, then what they use, the last opened first', async () => {
    const environment = { ...given, GRANTLOG_MANAGEMENT_PORT: String(await freePort()) };
    const { code, lines } = await run(environment, (text, stop) => text.endsWith('ready\n') && stop());
    expect({ code, lines }).toEqual({
      code: 0,
      lines: ['ready', 'drained', 'worker ended', 'last opened closed', 'first opened closed'],
    });
  });

  it('says by its name what it cannot start without', async () => {
    const { code, errors } = await run({ ...given, GRANTLOG_MONGODB_URI: '' });
    expect({ code, errors }).toEqual({
      code: 1,
      errors: 'projector cannot start: GRANTLOG_MONGODB_URI is not set; this process cannot run without it\n',
    });
  });
});
