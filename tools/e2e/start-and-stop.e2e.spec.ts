import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { type Clone, type Command, freshClone, isListening } from './clone.ts';
import { PROFILE, until } from './system.ts';

const COMMAND = PROFILE === 'embedded' ? ['start'] : ['run', 'start:distributed'];
const STARTED_WITHIN_MS = 180_000;
const ENDED_WITHIN_MS = 15_000;
/** Of the output of a command that ended with another code than 0, in characters. */
const LAST_SAID = 2000;

/** What is sent, and to whom: npm alone, or its whole group as a terminal does. */
type Way = { readonly title: string; readonly signal: NodeJS.Signals; readonly toGroup: boolean };
const WAYS: readonly Way[] = [
  { title: 'SIGTERM to npm', signal: 'SIGTERM', toGroup: false },
  { title: 'SIGINT to npm', signal: 'SIGINT', toGroup: false },
  { title: 'SIGTERM to the group', signal: 'SIGTERM', toGroup: true },
  { title: 'Ctrl-C', signal: 'SIGINT', toGroup: true },
  { title: 'the end of the terminal', signal: 'SIGHUP', toGroup: true },
  { title: 'SIGKILL of npm', signal: 'SIGKILL', toGroup: false },
];
/** Those in which npm, the terminal and nobody hands the signal on. */
const DIFFERENT = WAYS.filter(({ title }) => /SIGTERM to npm|Ctrl-C|SIGKILL/.test(title));
/** npm itself ends by these; what it started ends in order. */
const ENDS_NPM: readonly string[] = ['SIGHUP', 'SIGKILL'];

const CTRL_C = WAYS[3] as Way;

/** What README shows in its blocks of commands, line by line. */
const blocks = [...readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8').matchAll(/```sh\n([\s\S]*?)```/g)].map(([, text = '']) => text.trimEnd().split('\n')); // prettier-ignore
/** The story as it is printed; only the port is one that is free here. */
const story = (): string[] => {
  const lines = blocks.find(([line]) => line === 'B=http://127.0.0.1:8080') ?? [];
  expect(lines.length).toBeGreaterThan(10);
  return [`B=http://127.0.0.1:${clone.port}`, ...lines.slice(1)];
};
const password = (): string => readFileSync(join(clone.folder, '.grantlog', PROFILE, 'admin-password'), 'utf8').trim();

/** Types lines into a shell in the clone. */
const typed = async (lines: readonly string[]): Promise<{ output: string; faults: string }> => {
  const shell = spawn('bash', [], { cwd: clone.folder, env: clone.env });
  const said = { output: '', faults: '' };
  shell.stdout.on('data', (chunk: Buffer) => (said.output += chunk.toString()));
  shell.stderr.on('data', (chunk: Buffer) => (said.faults += chunk.toString()));
  shell.stdin.end(`${lines.join('\n')}\n`);
  await once(shell, 'close');
  return said;
};

let clone: Clone;
const running: Command[] = [];

beforeAll(async () => {
  clone = await freshClone();
});
afterAll(() => {
  for (const pid of clone.processes()) process.kill(pid, 'SIGKILL');
  clone.remove();
});

const start = async (said: RegExp): Promise<Command> => {
  const command = clone.npm(...COMMAND);
  running.push(command);
  let isOver = false;
  void command.ended.then(() => (isOver = true));
  await until(() => isOver || said.test(command.output()), STARTED_WITHIN_MS);
  if (isOver) throw new Error(`npm ${COMMAND.join(' ')} ended:\n${command.output()}`);
  return command;
};

/** Its two streams come in any order. */
const says = async (command: Command, said: RegExp): Promise<void> => {
  await until(() => said.test(command.output()), ENDED_WITHIN_MS).catch(() => undefined);
  expect(command.output()).toMatch(said);
};

const endsBy = async (command: Command, { signal, toGroup }: Way): Promise<void> => {
  process.kill(toGroup ? -command.pid : command.pid, signal);
  const code = await command.ended;
  if (!ENDS_NPM.includes(signal)) expect([code, command.output().slice(-LAST_SAID)]).toEqual([0, expect.anything()]);
  await until(() => clone.processes().length === 0, ENDED_WITHIN_MS);
  expect(await isListening(clone.port)).toBe(false);
};

/** Connections that stay open after an answer. */
const keptClients = async (count: number): Promise<Agent> => {
  const agent = new Agent({ keepAlive: true, maxSockets: count });
  await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<void>((resolve, reject) => {
          get({ port: clone.port, host: '127.0.0.1', path: '/docs/openapi.json', agent }, (response) =>
            response.resume().once('end', resolve),
          ).once('error', reject);
        }),
    ),
  );
  return agent;
};

describe(`npm ${COMMAND.join(' ')}`, () => {
  if (PROFILE === 'embedded')
    it('ends with 0 when it is stopped while it installs, and installs anew at the next start', async () => {
      const command = await start(/^installing /m);
      await endsBy(command, WAYS[0] as Way);
      const again = await start(/^ready /m);
      await says(again, /^installing /m);
      await endsBy(again, WAYS[0] as Way);
      expect((await start(/^ready /m)).output()).not.toMatch(/^installing /m);
      await endsBy(running.at(-1) as Command, WAYS[0] as Way);
    }, 400_000);

  it('does what README says, line by line, as printed', async () => {
    expect(blocks.flat()).toContain(`npm ${COMMAND.join(' ')}`);
    const first = await start(/Ctrl-C stops it/);
    for (const said of [new RegExp(`^ready http://127\\.0\\.0\\.1:${clone.port}$`, 'm'), /^ {2}log in .*\/api\/login\/$/m, /^ {2}documentation .*\/docs\/$/m, /^ {2}password .*admin-password$/m])
      await says(first, said);
    const { output, faults } = await typed(['read -r PASSWORD', password(), ...story()]);
    expect(faults).toBe('');
    expect(output).not.toContain('undefined');
    expect(output).toMatch(/"access_token":.*"username":"admin".*"access_token":.*"active":false.*grantlog\.grant\./s);
    await endsBy(first, CTRL_C);

    clone.env['GRANTLOG_ADMIN_PASSWORD'] = 'correct-horse';
    const second = await start(/Ctrl-C stops it/);
    delete clone.env['GRANTLOG_ADMIN_PASSWORD'];
    await says(second, /GRANTLOG_ADMIN_PASSWORD has no effect: .*npm run grantlog -- users set-password/);
    const { output: applications } = await typed([`curl -s -u admin:${password()} http://127.0.0.1:${clone.port}/api/v2/applications/`]); // prettier-ignore
    expect(applications).toContain('"name":"AuthCodeApp"');
    await endsBy(second, CTRL_C);
  }, 500_000); // prettier-ignore

  it.each(PROFILE === 'embedded' ? WAYS : DIFFERENT)('ends all it started within 15 s by $title, with clients that stay connected', async (way) => {
    const command = await start(/^ready /m);
    const agent = await keptClients(16);
    await endsBy(command, way);
    agent.destroy();
  }, 250_000); // prettier-ignore

  it.each(DIFFERENT)('ends all it started within 15 s by $title before it is ready', async (way) => {
    await endsBy(await start(PROFILE === 'embedded' ? /^building /m : /^starting /m), way);
  }, 250_000); // prettier-ignore
});
