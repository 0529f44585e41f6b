import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pythonPrograms } from '../engines/python.ts';
import { adminBrowser, type Browser, hiddenFields, type Json, register, REDIRECT_URI } from './clients.ts';
import { itNeeds } from './needs.ts';
import { PROFILE, startSystem, type System } from './system.ts';

const CLIENTS = join(import.meta.dirname, '../clients');
const scratch = mkdtempSync(join(tmpdir(), 'grantlog-clients-'));

/** How each client is run: they are other people's code, and only their public interfaces are used. */
const COMMANDS: Readonly<Record<string, () => readonly string[]>> = {
  oauth4webapi: () => [process.execPath, join(CLIENTS, 'oauth4webapi.mjs')],
  'openid-client': () => [process.execPath, join(CLIENTS, 'openid-client.mjs')],
  'simple-oauth2': () => [process.execPath, join(CLIENTS, 'simple-oauth2.mjs')],
  'passport-oauth2': () => [process.execPath, join(CLIENTS, 'passport-oauth2.mjs')],
  Authlib: () => [
    python('authlib-1.9.10', ['authlib==1.9.10', 'requests==2.34.2']),
    join(CLIENTS, 'authlib_client.py'),
  ],
  'requests-oauthlib': () => [
    python('requests-oauthlib-2.0.0', ['requests-oauthlib==2.0.0', 'requests==2.34.2']),
    join(CLIENTS, 'requests_oauthlib_client.py'),
  ],
  'golang.org/x/oauth2': () => {
    const program = join(scratch, 'client');
    const { status, stderr } = spawnSync('go', ['build', '-o', program, '.'], {
      cwd: join(CLIENTS, 'go'),
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(stderr);
    return [program];
  },
};
const python = (name: string, packages: readonly string[]): string =>
  join(pythonPrograms(name, packages, console.log), 'python');

const NEEDS: Readonly<Record<string, 'python3' | 'go'>> = {
  Authlib: 'python3',
  'requests-oauthlib': 'python3',
  'golang.org/x/oauth2': 'go',
};

let system: System;
let chrome: Browser;
const host = (): string => system.gateways[0] as string;

beforeAll(async () => {
  system = await startSystem({}, { instances: 1 });
  chrome = await adminBrowser(system);
}, 200_000);
afterAll(async () => {
  await system.stop();
  rmSync(scratch, { recursive: true });
}, 60_000);

/** Opens the URL as the user does, allows what it asks, and tells where the browser was sent. */
const allow = async (url: string): Promise<string> => {
  const page = await chrome.get(url);
  const answer =
    page.status === 200
      ? await chrome.submit('/api/o/authorize/', { ...hiddenFields(page.text), allow: 'Authorize' })
      : page;
  const location = answer.headers.get('location');
  if (location === null) throw new Error(`authorization: ${answer.status} ${answer.text.slice(0, 500)}`);
  return location;
};

/** Runs a client to its end: it prints a URL, is told where the browser was sent, and prints what it saw. */
const run = async ([program, ...args]: readonly string[]): Promise<Json> => {
  const { clientId, clientSecret } = await register(system, { name: `a client ${args.join()} ${program}`.slice(-200) });
  const child = spawn(program as string, [...args, host(), clientId, clientSecret, REDIRECT_URI]);
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    if (lines.length === 1) void allow(line).then((landed) => child.stdin.write(`${landed}\n`), fail);
  });
  const fail = (error: Error): void => {
    errors += String(error);
    child.kill();
  };
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${errors}`);
  return JSON.parse(lines[1] ?? '{}') as Json;
};

describe(`independent clients (${PROFILE})`, () => {
  for (const [name, command] of Object.entries(COMMANDS)) {
    const program = NEEDS[name];
    const test = program === undefined ? it : itNeeds(program);
    test(`${name} authorizes, exchanges, calls, refreshes, revokes, and is refused afterwards`, async () => {
      const result = await run(command());
      console.log(`${name}: ${JSON.stringify(result)}`);
      expect(result).toEqual({ user: 'admin', rotated: true, revoked: 200, after: 401 });
    }, 200_000);
  }
});
