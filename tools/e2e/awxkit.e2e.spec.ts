import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pythonPrograms } from '../engines/python.ts';
import { admin, basic, api, type Client, postAs, register } from './clients.ts';
import { itNeeds } from './needs.ts';
import { PROFILE, startSystem, type System } from './system.ts';

/** The last release of AWX's own client that knows OAuth applications; it needs an older setuptools. */
const PACKAGES = ['awxkit==24.6.1', 'setuptools==80.9.0'];

let system: System;
let awx: string;
const host = (): string => system.gateways[0] as string;

beforeAll(async () => {
  awx = join(pythonPrograms('awxkit-24.6.1', PACKAGES, console.log), 'awx');
  system = await startSystem({}, { instances: 1 });
}, 400_000);
afterAll(async () => {
  await system.stop();
}, 60_000);

type Ran = { readonly code: number; readonly text: string; readonly json: never };
type Login = { readonly user?: string; readonly password?: string; readonly token?: string };

/** Runs `awx` as a person does. */
const run = (
  args: readonly string[],
  { user = 'admin', password = system.adminPassword, token }: Login = {},
  input = '',
): Promise<Ran> =>
  new Promise((resolve) => {
    const env = {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      CONTROLLER_HOST: host(),
      PYTHONWARNINGS: 'ignore',
      ...(token === undefined
        ? { CONTROLLER_USERNAME: user, CONTROLLER_PASSWORD: password }
        : { CONTROLLER_OAUTH_TOKEN: token }),
    };
    const child = spawn(awx, [...args, '--conf.color', 'f'], { env });
    child.stdin.end(input);
    let text = '';
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => ((text += chunk.toString()), (out += chunk.toString())));
    child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.on('close', (code) => resolve({ code: code ?? 1, text, json: parse(out) as never }));
  });
const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
const good = async (args: readonly string[], login?: Login): Promise<Record<string, unknown>> => {
  const { code, text, json } = await run(args, login);
  if (code !== 0) throw new Error(`awx ${args.join(' ')}: ${code} ${text}`);
  return json ?? {};
};
const listed = async (resource: string, ...more: string[]): Promise<Record<string, unknown>[]> =>
  (await good([resource, 'list', '--all', ...more]))['results'] as Record<string, unknown>[];

const test = itNeeds('python3');

describe(`awxkit 24.6.1 (${PROFILE})`, () => {
  test('logs in in its three ways, and the tokens work', async () => {
    const personal = (await good(['login', '--description', 'for a script']))['token'] as string;
    expect(await good(['me'], { token: personal })).toMatchObject({ results: [{ username: 'admin' }] });
    await good(['settings', 'modify', 'ALLOW_PASSWORD_GRANT', 'true']);
    const confidential = await register(system, { authorization_grant_type: 'password', redirect_uris: '' });
    const open = await register(system, {
      authorization_grant_type: 'password',
      redirect_uris: '',
      client_type: 'public',
    });
    const { clientId, clientSecret } = confidential;
    for (const client of [
      ['--conf.client_id', clientId, '--conf.client_secret', clientSecret],
      ['--conf.client_id', open.clientId],
    ]) {
      const token = (await good(['login', '--conf.scope', 'read', ...client]))['token'] as string;
      expect(await good(['me'], { token })).toMatchObject({ results: [{ username: 'admin' }] });
      expect((await run(['applications', 'delete', String(confidential.id)], { token })).code).not.toBe(0);
    }
    await good(['settings', 'modify', 'ALLOW_PASSWORD_GRANT', 'false']);
    const refused = await run(['login', '--conf.client_id', clientId, '--conf.client_secret', clientSecret]);
    expect(refused.text).toContain('Error retrieving an OAuth2.0 token');
    expect((await run(['me'], { password: 'wrong' })).code).not.toBe(0);
  }, 120_000);

  test('creates, lists, gets, modifies and deletes applications, by number and by name', async () => {
    const created = await good([
      'applications', 'create', '--name', 'From awx', '--client_type', 'confidential', '--authorization_grant_type', 'authorization-code',
      '--redirect_uris', 'https://awx.example/cb', '--organization', 'Default', '--description', 'first',
    ]); // prettier-ignore
    expect(created).toMatchObject({
      name: 'From awx',
      organization: 1,
      user: 1,
      client_secret: expect.stringMatching(/^\w{128}$/),
    });
    expect(await listed('applications')).toContainEqual(expect.objectContaining({ name: 'From awx' }));
    expect(await listed('applications', '--name', 'From awx')).toMatchObject([
      { id: created['id'], client_secret: '************' },
    ]);
    expect(await good(['applications', 'get', 'From awx'])).toMatchObject({ id: created['id'] });
    expect(await good(['applications', 'modify', String(created['id']), '--description', 'second'])).toMatchObject({
      description: 'second',
    });
    const wrong = await run(['applications', 'modify', String(created['id']), '--redirect_uris', 'ftp://x']);
    expect([wrong.code, wrong.text]).toEqual([1, expect.stringContaining('Unauthorized redirect scheme: ftp')]);
    expect((await run(['applications', 'create', '--name', 'x'])).code).toBe(2);
    await good(['applications', 'delete', 'From awx']);
    expect(await listed('applications')).not.toContainEqual(expect.objectContaining({ name: 'From awx' }));
    expect((await run(['applications', 'get', String(created['id'])])).code).toBe(1);
  }, 120_000);

  test('creates, lists, modifies and deletes tokens', async () => {
    const app = await register(system);
    const personal = await good(['tokens', 'create', '--scope', 'read', '--description', 'from awx']);
    const ofApplication = await good(['tokens', 'create', '--scope', 'write', '--application', String(app.id)]);
    expect([personal['application'], ofApplication['application']]).toEqual([null, app.id]);
    expect(await listed('tokens', '--application', String(app.id))).toHaveLength(1);
    expect(await good(['tokens', 'modify', String(personal['id']), '--description', 'changed'])).toMatchObject({
      description: 'changed',
      token: '************',
    });
    expect((await run(['tokens', 'create', '--scope', 'everything'])).code).toBe(1);
    await good(['tokens', 'delete', String(personal['id'])]);
    expect((await run(['tokens', 'get', String(personal['id'])])).code).toBe(1);
  }, 120_000);

  test('reads and changes settings', async () => {
    const changed = await good(['settings', 'modify', 'OAUTH2_PROVIDER', '{"ACCESS_TOKEN_EXPIRE_SECONDS": 1800}']);
    expect(changed).toMatchObject({
      value: { ACCESS_TOKEN_EXPIRE_SECONDS: 1800, AUTHORIZATION_CODE_EXPIRE_SECONDS: 600 },
    });
    expect(await good(['settings', 'list', '--slug', 'authentication'])).toMatchObject({
      OAUTH2_PROVIDER: { ACCESS_TOKEN_EXPIRE_SECONDS: 1800 },
    });
    const wrong = await run(['settings', 'modify', 'OAUTH2_PROVIDER', '{"AUTHORIZATION_CODE_EXPIRE_SECONDS": 601}']);
    expect([wrong.code, wrong.text]).toEqual([1, expect.stringContaining('600')]);
  }, 60_000);

  test('manages users and organizations, roles included', async () => {
    const organization = await good(['organizations', 'create', '--name', 'Ops', '--description', 'operators']);
    const user = await good([
      'users',
      'create',
      '--username',
      'carol',
      '--password',
      'a password of carol',
      '--email',
      'carol@example.com',
    ]);
    expect(await listed('users', '--username', 'carol')).toHaveLength(1);
    expect(await good(['users', 'modify', 'carol', '--first_name', 'Carol'])).toMatchObject({ first_name: 'Carol' });
    expect(await listed('organizations', '--name', 'Ops')).toHaveLength(1);
    const admins = `organizations/${String(organization['id'])}/admins/`;
    expect((await admin(system)('POST', admins, { id: user['id'] })).status).toBe(204);
    const asCarol = { user: 'carol', password: 'a password of carol' };
    expect(await good(['organizations', 'list'], asCarol)).toMatchObject({ results: [{ name: 'Ops' }] });
    await admin(system)('POST', admins, { id: user['id'], disassociate: true });
    expect(await good(['organizations', 'list'], asCarol)).toMatchObject({ results: [] });
    await good(['users', 'delete', 'carol']);
    await good(['organizations', 'delete', String(organization['id'])]);
    expect((await run(['organizations', 'delete', '1'])).code).toBe(1);
    expect(await good(['activity_stream', 'list', '--operation', 'associate'])).toMatchObject({
      count: expect.any(Number),
    });
  }, 120_000);

  test('exports and imports everything, pings, and tells its configuration', async () => {
    await register(system, { name: 'Taken along' });
    const exported = await run(['export']);
    expect([exported.code, exported.json]).toMatchObject([
      0,
      { applications: expect.arrayContaining([expect.objectContaining({ name: 'Taken along' })]) },
    ]);
    const target = await startSystem({}, { profile: 'embedded', instances: 1 });
    try {
      // It finds no application that is there already, at AWX as little as here.
      const imported = await run(['import', '--conf.host', target.gateways[0] as string], { password: target.adminPassword }, JSON.stringify(exported.json)); // prettier-ignore
      expect(imported).toMatchObject({ code: 0, text: expect.not.stringContaining('ERROR') });
      const { json: found } = await admin(target)('GET', 'applications/Taken%20along++Default/');
      expect(found).toMatchObject({ name: 'Taken along' });
    } finally {
      await target.stop();
    }
    expect(await good(['ping'])).toMatchObject({ version: expect.stringMatching(/^\d+\.\d+\.\d+$/) });
    expect(await good(['config'])).toMatchObject({ base_url: host() });
    expect((await fetch(`${host()}/api/v2/ping/`)).status).toBe(200);
    expect((await fetch(`${host()}/api/v2/config/`)).status).toBe(401);
    expect((await admin(system)('GET', 'config/')).json).toMatchObject({ license_info: { license_type: 'open' } });
  }, 120_000);

  test('each collection that it knows and that is not here is an empty list', async () => {
    const { json: root } = await admin(system)('GET', '');
    const own = [
      'ping',
      'config',
      'applications',
      'tokens',
      'me',
      'users',
      'organizations',
      'settings',
      'activity_stream',
    ];
    const foreign = Object.entries(root).flatMap(([name, url]) => (own.includes(name) ? [] : [url]));
    expect(foreign).toHaveLength(13);
    for (const url of foreign) {
      const { status, json } = await admin(system)('GET', String(url).replace('/api/v2/', ''));
      expect([url, status, json]).toEqual([url, 200, { count: 0, next: null, previous: null, results: [] }]);
    }
  });

  test('docs/moving-from-awx.md, followed command by command, lets external applications go on unchanged', async () => {
    const organization = (await admin(system)('POST', 'organizations/', { name: 'Moving' })).json['id'] as number;
    const user = (await admin(system)('POST', 'users/', { username: 'erin', password: 'a password of erin' })).json[
      'id'
    ];
    await admin(system)('POST', `organizations/${organization}/admins/`, { id: user });
    const origins = 'https://one.example https://two.example';
    const external = await register(system, { name: 'External', organization, allowed_origins: origins });
    const unknown = await register(system, { name: 'Secret not known', organization });
    const target = await startSystem({}, { profile: 'embedded' });
    const home = mkdtempSync(join(tmpdir(), 'grantlog-moving-'));
    const file = (name: string): string => join(home, 'moving', name);
    try {
      const env = {
        PATH: `${dirname(awx)}:${process.env['PATH']}`,
        HOME: home,
        CONTROLLER_HOST: host(),
        CONTROLLER_USERNAME: 'admin',
        CONTROLLER_PASSWORD: system.adminPassword,
        GRANTLOG_URL: target.gateways[0] as string,
        GRANTLOG_PASSWORD: target.adminPassword,
        CLIENT_ID: external.clientId,
        CLIENT_SECRET: external.clientSecret,
      };
      const page = readFileSync(join(import.meta.dirname, '../../docs/moving-from-awx.md'), 'utf8');
      const commands = [...page.matchAll(/^```sh\n(.*?)^```/gms)].map(([, block = '']) => block);
      expect(commands).toHaveLength(4);
      for (const [i, block] of commands.entries()) {
        // What AWX's own shell prints, which is not at hand.
        const printed = (name: string, { clientId, clientSecret }: Client) => ({ name, organization: 'Moving', client_id: clientId, client_secret: clientSecret }); // prettier-ignore
        if (i === 2)
          writeFileSync(file('awx-clients.json'), JSON.stringify([printed('External', external), { ...printed('Secret not known', unknown), client_secret: '************' }])); // prettier-ignore
        expect([block, await shell(block, env)]).toEqual([block, expect.objectContaining({ code: 0 })]);
      }
      const { json: moved } = await admin(target)('GET', 'applications/External++Moving/');
      expect(moved).toMatchObject({ client_id: external.clientId, allowed_origins: origins });
      const { status } = await postAs(external, target.gateways[0] as string, 'introspect', { token: 'none' });
      expect(status).toBe(200);
      const { json: admins } = await admin(target)('GET', 'organizations/Moving/admins/');
      expect(admins).toMatchObject({ results: [{ username: 'erin' }] });
      const secrets = JSON.parse(readFileSync(file('imported-secrets.json'), 'utf8')) as { client_id: string }[];
      expect(secrets).toContainEqual(expect.objectContaining({ client_id: unknown.clientId, client_secret: expect.stringMatching(/^\w{128}$/) })); // prettier-ignore
      expect(secrets.map(({ client_id: id }) => id)).not.toContain(external.clientId);
      expect(statSync(file('imported-secrets.json')).mode & 0o777).toBe(0o600);
    } finally {
      await target.stop();
      rmSync(home, { recursive: true, force: true });
    }
  }, 240_000);

  it.each([
    ['a file that is not there', undefined, 'cannot be read'],
    ['a list', '[]', 'is not an export of AWX'],
    ['an object of something else', '{"servers": [1]}', 'there is nothing to import'],
    ['an export of nothing', '{"applications": [], "users": null}', 'there is nothing to import'],
  ])('%s is no import: the exit code is 1, with words', async (_case, contents, words) => {
    const folder = mkdtempSync(join(tmpdir(), 'grantlog-import-'));
    const file = join(folder, 'export.json');
    if (contents !== undefined) writeFileSync(file, contents);
    const { code, text } = await grantlog(system, ['import', file]);
    expect([code, text]).toEqual([1, expect.stringContaining(words)]);
    rmSync(folder, { recursive: true, force: true });
  });

  test('what it exports, the importer takes into another installation, and again without any change', async () => {
    await admin(system)('POST', 'organizations/', { name: 'Exported' });
    const { json: dora } = await admin(system)('POST', 'users/', {
      username: 'dora',
      password: 'a password of dora',
      email: 'dora@example.com',
    });
    // Where it is imported, 2 is the number of another organization.
    const { json: digits } = await admin(system)('POST', 'organizations/', { name: '2' });
    await admin(system)('POST', `organizations/${String(digits['id'])}/admins/`, { id: dora['id'] });
    await register(system, { name: 'Exported application', description: 'with everything', skip_authorization: true });
    expect(await listed('applications', '--name', 'Exported application')).toHaveLength(1);
    expect(await listed('users', '--username', 'dora')).toHaveLength(1);
    const { code, json } = await run(['export', '--applications', '--users', '--organizations']);
    expect(code).toBe(0);
    const folder = mkdtempSync(join(tmpdir(), 'grantlog-export-'));
    const file = join(folder, 'awx-export.json');
    writeFileSync(file, JSON.stringify(json));
    const target = await startSystem({}, { profile: 'embedded' });
    try {
      expect((await admin(target)('POST', 'organizations/', { name: 'There before' })).json['id']).toBe(2);
      const importing = async (): Promise<Record<string, { outcome: string }[]>> => {
        const { code: ended, out } = await grantlog(target, [
          'import',
          file,
          '--json',
          '--secrets',
          join(folder, 'secrets.json'),
        ]);
        expect(ended).toBe(0);
        return JSON.parse(out) as never;
      };
      const first = await importing();
      const outcomes = (report: Record<string, { outcome: string }[]>) =>
        new Set(
          Object.values(report)
            .flat()
            .map(({ outcome }) => outcome),
        );
      expect(outcomes(first)).toContain('created');
      const { json: found } = await admin(target)('GET', 'applications/Exported%20application++Default/');
      expect(found).toMatchObject({
        name: 'Exported application',
        description: 'with everything',
        skip_authorization: true,
      });
      expect((await api(target.gateways[0] as string, basic('dora', 'a password of dora'))('GET', 'me/')).status).toBe(
        401,
      );
      const { json: organizations } = await admin(target)('GET', 'organizations/?name=2');
      const [{ id } = { id: 0 }] = organizations['results'] as { id: number }[];
      expect(id).toBeGreaterThan(2);
      expect((await admin(target)('GET', `organizations/${id}/admins/`)).json).toMatchObject({ results: [{ username: 'dora' }] }); // prettier-ignore
      const second = await importing();
      expect(outcomes(second)).not.toContain('created');
      expect(outcomes(second)).not.toContain('changed');
    } finally {
      await target.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  }, 120_000);
});

/** Our own command line, against a running installation. */
const grantlog = (target: System, args: readonly string[]): Promise<{ code: number; out: string; text: string }> =>
  new Promise((resolve) => {
    const child = spawn(
      process.execPath,
      ['dist/cli/main.js', ...args, '--url', target.gateways[0] as string, '--user', 'admin'],
      {
        env: { PATH: process.env['PATH'], GRANTLOG_PASSWORD: target.adminPassword },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    let out = '';
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => ((out += chunk.toString()), (text += chunk.toString())));
    child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.on('close', (code) => resolve({ code: code ?? 1, out, text }));
  });

/** One block of commands, in the checkout; it ends with the first that fails. */
const shell = (script: string, env: NodeJS.ProcessEnv): Promise<{ code: number; text: string }> =>
  new Promise((resolve) => {
    const child = spawn('bash', ['-eu', '-c', script], { env, cwd: join(import.meta.dirname, '../..') });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.on('close', (code) => resolve({ code: code ?? 1, text }));
  });
