import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { importExport } from './import.ts';

type Row = { id: number; name?: string; username?: string } & Record<string, unknown>;
type Reports = Record<'organizations' | 'users' | 'applications', { outcome: string; notes: string[] }[]>;

let server: Server;
let folder: string;
let rows: Record<string, Row[]>;
/** `<organization> <path of the role> <user>` */
let roles: string[];
/** Which requests the installation refuses; each test sets its own. */
let refused: (method: string, path: string) => boolean;

const numberOf = (collection: string, named: string): number | undefined =>
  /^\d+$/.test(named)
    ? Number(named)
    : rows[collection]?.find(({ name, username }) => (name ?? username)?.toLowerCase() === named.toLowerCase())?.id;

/** As the API answers: a named URL takes digits for a number and folds case, a filter is exact, a name is there once. */
const answer = (method: string, url: URL, body: Record<string, unknown>): [number, unknown] => {
  const [collection = '', named, sub] = url.pathname.replace('/api/v2/', '').split('/').map(decodeURIComponent);
  const all = rows[collection] ?? [];
  if (refused(method, url.pathname)) return [503, {}];
  if (named === undefined || named === '') {
    const wanted = [...url.searchParams];
    if (method === 'GET') return [200, { results: all.filter((row) => wanted.every(([field, value]) => String(row[field]) === value)) }]; // prettier-ignore
    const name = String(body['name'] ?? body['username']);
    if (all.some((row) => (row.name ?? row.username)?.toLowerCase() === name.toLowerCase())) return [400, { name: ['already exists'] }]; // prettier-ignore
    const { imported_client_id: client_id = 'made', imported_client_secret: _, ...given } = body;
    const row = { ...given, id: all.length + 1, is_active: true, client_id };
    all.push(row);
    return [201, { ...row, ...(collection === 'applications' && { client_secret: `secret of ${name}` }) }];
  }
  const [name, organization] = named.split('++');
  const id = organization === undefined ? numberOf(collection, named) : all.find((row) => row.name === name)?.id;
  const row = all.find((one) => one.id === id);
  if (!row) return [404, {}];
  if (sub === 'roles')
    return [
      200,
      {
        results: roles
          .map((role) => role.split(' '))
          .filter(([, , user]) => user === String(id))
          .map(([of, path = '']) => ({ name: { users: 'Member', admins: 'Admin' }[path], summary_fields: { resource_id: Number(of) } })), // prettier-ignore
      },
    ];
  if (method === 'POST') roles.push(`${id} ${sub} ${String(body['id'])}`);
  else Object.assign(row, body);
  return [200, row];
};

const user = (username: string, ...of: [string, string][]) => ({
  username,
  related: { roles: of.map(([name, organization]) => ({ name, content_object: { type: 'organization', name: organization } })) }, // prettier-ignore
});
const application = (name: string, organization: string) => ({ name, organization: { name: organization }, client_type: 'confidential', authorization_grant_type: 'authorization-code' }); // prettier-ignore

const imported = async (exported: unknown, clients?: unknown): Promise<Reports> => {
  const file = (name: string): string => join(folder, name);
  writeFileSync(file('export.json'), JSON.stringify(exported));
  writeFileSync(file('clients.json'), JSON.stringify(clients ?? []));
  const printed: string[] = [];
  const log = jest.spyOn(console, 'log').mockImplementation((line: string) => void printed.push(line));
  const { port } = server.address() as AddressInfo;
  await importExport(file('export.json'), { url: `http://127.0.0.1:${port}`, user: 'admin', secrets: file('secrets.json'), clients: file('clients.json'), json: true }); // prettier-ignore
  log.mockRestore();
  return JSON.parse(printed.join('')) as Reports;
};
const outcomes = (report: Reports): string[] =>
  Object.values(report).flatMap((lines) => lines.map(({ outcome }) => outcome));

beforeAll(async () => {
  process.env['GRANTLOG_PASSWORD'] = 'any';
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = (chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()) : {}) as Record<string, unknown>;
      const [status, json] = answer(request.method ?? '', new URL(request.url ?? '', 'http://any'), body);
      response.writeHead(status, { connection: 'close' }).end(JSON.stringify(json));
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => server.close());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'grantlog-import-'));
  rows = {
    organizations: [{ id: 1, name: 'Default', description: '' }, { id: 2, name: 'Another', description: '' }],
    users: [{ id: 1, username: 'admin' }],
    applications: [],
  }; // prettier-ignore
  roles = [];
  refused = () => false;
  process.exitCode = 0;
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  process.exitCode = 0;
});

describe('grantlog import', () => {
  it('takes a name of digits for a name, also the second time', async () => {
    const exported = {
      organizations: [{ name: '2' }],
      users: [user('1', ['Admin', '2'])],
      applications: [{ ...application('App', '2'), user: { username: '1' } }],
    };
    expect(outcomes(await imported(exported))).toEqual(['created', 'created', 'created']);
    expect(roles).toEqual(['3 admins 2']);
    expect(rows['applications']).toMatchObject([{ organization: 3, user: 2 }]);
    expect(outcomes(await imported(exported))).toEqual(['exists', 'exists', 'exists']);
    expect(process.exitCode).toBe(0);
  });

  it('gives nobody the roles of one whose name differs in case only', async () => {
    rows['users']?.push({ id: 2, username: 'anna' });
    const { users } = await imported({ users: [user('Anna', ['Admin', 'Another'])] });
    expect([users.map(({ outcome }) => outcome), roles]).toEqual([['refused'], []]);
  });

  it('gives the other roles when one is refused, and that one the next time', async () => {
    const exported = { users: [{ ...user('bob', ['Admin', 'Another'], ['Member', 'Gone'], ['Member', 'Default']), is_active: false }] }; // prettier-ignore
    refused = (method, path) => (method === 'POST' && path.endsWith('/admins/')) || method === 'PATCH';
    const [first] = (await imported(exported)).users;
    expect([first?.outcome, roles, process.exitCode]).toEqual(['incomplete', ['1 users 2'], 1]);
    expect(first?.notes).toEqual([
      expect.stringContaining('passwords are not exported'),
      'is now Member of organization Default',
      expect.stringContaining('is disabled: PATCH'),
      expect.stringContaining('Admin of organization Another: POST'),
      'Member of organization Gone: there is no such organization',
    ]);
    refused = () => false;
    rows['organizations']?.push({ id: 3, name: 'Gone', description: '' });
    const [second] = (await imported(exported)).users;
    expect([second?.outcome, roles]).toEqual(['exists', ['1 users 2', '2 admins 2', '3 users 2']]);
    expect(second?.notes).toContain('is_active differs and stays as it is here');
  });

  it('says that a client secret which is named later is not taken', async () => {
    const exported = { applications: [application('App', 'Default')] };
    await imported(exported);
    const [{ outcome, notes } = { outcome: '', notes: [''] }] = (
      await imported(exported, [
        { name: 'App', organization: 'Default', client_id: 'made', client_secret: 'known now' },
      ])
    ).applications;
    expect([outcome, notes]).toEqual(['exists', expect.arrayContaining([expect.stringContaining('client_secret stays as it is here')])]); // prettier-ignore
  });

  it('keeps the secrets of before, and all of them readable by their owner only', async () => {
    const file = join(folder, 'secrets.json');
    writeFileSync(file, JSON.stringify([{ application: 'Before' }]));
    chmodSync(file, 0o644);
    await imported({ applications: [application('App', 'Default')] });
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject([{ application: 'Before' }, { application: 'App' }]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('makes passwords as long as any setting asks for', async () => {
    await imported({ users: [user('carol')] });
    expect(rows['users']?.[1]?.['password']).toHaveLength(128);
  });

  it('refuses an application whose organization is not there, and goes on', async () => {
    const report = await imported({ applications: [application('Lost', 'Gone'), application('App', 'Default')] });
    expect(outcomes(report)).toEqual(['refused', 'created']);
    expect(process.exitCode).toBe(1);
  });
});
