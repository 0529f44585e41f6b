import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { allowedOrigin } from '@grantlog/origins';
import { Command } from 'commander';
import { admin } from '../e2e/clients.ts';
import type { Profile } from '../e2e/system.ts';
import { type GrantlogTarget, startGrantlog } from './grantlog-target.ts';
import { closeAll, postForm } from './http.ts';
import { lists } from './lists.ts';
import { measure, residentMiB, type Row } from './measure.ts';
import { comparePairs } from './pairs.ts';
import { startPeer } from './peer-target.ts';
import { clientCredentials, codeFlow, type Target } from './target.ts';

const NAMES = [
  'client-credentials',
  'code-flow',
  'refresh',
  'introspection',
  'revocation',
  'revoke-all',
  'start',
  'memory',
  'storage',
  'origins',
  'lists',
];
const REVOKE_ALL_SIZES = [1000, 100_000];

const { profile, clients, seconds, only, peer, json, tokens, applications, against, pairs } = new Command()
  .option('--profile <profile>', 'embedded or distributed', 'embedded')
  .option('--clients <numbers>', 'concurrent clients, separated by commas', '1,16,64')
  .option('--seconds <n>', 'how long each measurement runs', '20')
  .option('--only <names>', `some of ${NAMES.join(', ')}`, NAMES.filter((name) => name !== 'lists').join(','))
  .option('--peer <name>', 'oidc-provider or none', 'oidc-provider')
  .option('--tokens <numbers>', 'of `lists`, which has to be asked for: how many, smaller first', '100000,1000000')
  .option('--applications <n>', 'of `lists`: how many', '10000')
  .option('--json <file>', 'where the rows go')
  .option('--against <folder>', 'another checkout with its node_modules: both are measured alternately')
  .option('--pairs <n>', 'of `against`: how often', '10')
  .parse()
  .opts<{
    profile: Profile;
    clients: string;
    seconds: string;
    only: string;
    peer: string;
    json?: string;
    tokens: string;
    applications: string;
    against?: string;
    pairs: string;
  }>();

const HOT = ['client-credentials', 'code-flow', 'refresh', 'introspection', 'revocation'];

if (against !== undefined) {
  const hotOnly = only.split(',').filter((name) => HOT.includes(name));
  const options = ['--profile', profile, '--clients', clients, '--seconds', seconds, '--only', hotOnly.join(',')];
  comparePairs({ against, pairs: Number(pairs), options });
  process.exit(0);
}

const wanted = new Set(only.split(','));
const rows: Row[] = [];

const show = (row: Row): void => {
  rows.push(row);
  const cpu = Object.entries(row.cpu).map(([name, ms]) => `${name} ${ms}`).join(', '); // prettier-ignore
  const all = Object.values(row.cpu).reduce((sum, ms) => sum + ms, 0);
  const rate = row.seconds > 0 ? Math.round(row.operations / row.seconds) : 0;
  console.log(
    `${row.system.padEnd(14)} ${row.name.padEnd(19)} ${String(row.clients).padStart(3)} clients  ${String(rate).padStart(6)}/s  p50 ${row.p50}  p95 ${row.p95}  p99 ${row.p99} ms  errors ${row.errors}  CPU ${all.toFixed(3)} ms/op (${cpu})`,
  );
};

const hot = async (target: Target, count: number): Promise<void> => {
  const options = { clients: count, seconds: Number(seconds), pids: target.pids(), settle: target.settle };
  // What a revocation ended is made anew by one request, before many come at once.
  await codeFlow(target);
  if (wanted.has('client-credentials')) {
    show(
      await measure(
        'client-credentials',
        target.name,
        options,
        async () => (await clientCredentials(target)).status === 200,
      ),
    );
  }
  if (wanted.has('code-flow'))
    show(await measure('code-flow', target.name, options, async () => (await codeFlow(target)) !== undefined));
  if (wanted.has('refresh')) {
    const chains = await Promise.all(
      Array.from({ length: count }, async () => (await codeFlow(target))?.refresh_token ?? ''),
    );
    show(
      await measure('refresh', target.name, options, async (client) => {
        const { status, body } = await postForm(target.base, target.paths.token, target.codeClient, {
          grant_type: 'refresh_token',
          refresh_token: chains[client] ?? '',
        });
        if (status === 200) chains[client] = (JSON.parse(body) as { refresh_token: string }).refresh_token;
        return status === 200;
      }),
    );
  }
  if (wanted.has('introspection')) {
    const tokens = await Promise.all(
      Array.from({ length: Math.max(count, 100) }, async () => (await codeFlow(target))?.access_token ?? ''),
    );
    let turn = 0;
    show(
      await measure('introspection', target.name, options, async () => {
        const { body } = await postForm(target.base, target.paths.introspect, target.codeClient, {
          token: tokens[(turn += 1) % tokens.length] ?? '',
        });
        return body.includes('"active":true');
      }),
    );
  }
  if (wanted.has('revocation')) {
    // Of a refresh token, which ends the whole grant with either of them: with us every revocation does.
    const tokens = await manyTokens(target, Math.min(200 * count, 6000), 'refresh_token');
    show(
      await measure('revocation', target.name, options, async () => {
        const token = tokens.pop();
        if (token === undefined) return 'done';
        return (await postForm(target.base, target.paths.revoke, target.codeClient, { token })).status === 200;
      }),
    );
  }
};

const manyTokens = async (
  target: Target,
  total: number,
  kind: 'access_token' | 'refresh_token' = 'access_token',
): Promise<string[]> => {
  const tokens: string[] = [];
  let failed = 0;
  await Promise.all(
    Array.from({ length: target.authorizationsAtOnce }, async () => {
      while (tokens.length < total) {
        const token = (await codeFlow(target, { ownGrant: true }))?.[kind];
        if (token !== undefined) tokens.push(token);
        else if ((failed += 1) > total)
          throw new Error(`${target.name}: ${tokens.length} of ${total} tokens were issued`);
      }
    }),
  );
  return tokens;
};

const row = (name: string, more: Record<string, unknown>): Row => ({
  name,
  system: 'grantlog',
  clients: 1,
  operations: 1,
  errors: 0,
  seconds: 0,
  p50: 0,
  p95: 0,
  p99: 0,
  cpu: {},
  ...more,
});

/** How long it takes until introspection says inactive, whatever the number of live tokens. */
const revokeAll = async (target: GrantlogTarget): Promise<void> => {
  let live = 0;
  let sample = '';
  for (const size of REVOKE_ALL_SIZES) {
    if (size > 1000 && Number(seconds) < 20) continue;
    const tokens = await manyTokens(target, size - live);
    live += tokens.length;
    sample = tokens[0] ?? sample;
    await target.settle();
    const began = performance.now();
    const { status } = await admin(target.system)('POST', `applications/${target.codeApplication}/revoke_tokens/`);
    const { body } = await postForm(target.base, target.paths.introspect, target.codeClient, { token: sample });
    const ms = Math.round((performance.now() - began) * 100) / 100;
    live = 0;
    const good = status === 204 && body === '{"active":false}';
    rows.push(row('revoke-all', { tokens: size, p50: ms, p95: ms, p99: ms, errors: good ? 0 : 1 }));
    console.log(
      `grantlog       revoke-all of ${size} live tokens: inactive after ${ms} ms${good ? '' : ' (NOT inactive)'}`,
    );
  }
};

const filesBelow = (folder: string): number =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('grantlog.sqlite'))
    .reduce((sum, name) => sum + (statSync(join(folder, name)).isFile() ? statSync(join(folder, name)).size : 0), 0);

const others = async (target: GrantlogTarget): Promise<void> => {
  const pids = Object.values(target.pids()).flat();
  if (wanted.has('start')) {
    rows.push(row('start', { p50: target.startedInMs, p95: target.startedInMs, p99: target.startedInMs }));
    console.log(`grantlog       start with an empty data folder: ready after ${target.startedInMs} ms`);
  }
  if (wanted.has('memory')) {
    const MiB = Object.fromEntries(
      Object.entries(target.pids()).map(([name, list]) => [
        name,
        Math.round(list.reduce((sum, pid) => sum + residentMiB(pid), 0)),
      ]),
    );
    rows.push(row('memory', { MiB }));
    console.log(`grantlog       memory now (MiB resident, ${pids.length} processes): ${JSON.stringify(MiB)}`);
  }
  if (wanted.has('storage') && profile === 'embedded') {
    const count = 2000;
    const before = filesBelow(join(target.system.dataFolder, 'embedded'));
    for (let i = 0; i < count; i += 50) await Promise.all(Array.from({ length: 50 }, () => clientCredentials(target)));
    await target.settle();
    // The write-ahead log is bounded and emptied into the file by check-points; it is no cost of a token.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const bytes = Math.round((filesBelow(join(target.system.dataFolder, 'embedded')) - before) / count);
    rows.push(row('storage', { bytesPerToken: bytes }));
    console.log(
      `grantlog       storage: ${bytes} bytes a client-credentials token (journal, chain and list row; the file after its check-point)`,
    );
  }
};

/** The slowest of many decisions about hostile origins by hostile patterns, in this process. */
const origins = (): void => {
  const hostile = ['https://(a+)+x', '(.*)*x', 'https://(a|aa)+\\.ex', '(?:[a-z:/]+)*\\.example', '.*.*.*=.*'];
  const rules = {
    CORS_ALLOW_ALL_ORIGINS: false,
    CORS_ALLOWED_ORIGINS: [],
    CORS_ALLOWED_ORIGIN_REGEXES: hostile,
    CORS_ALLOW_CREDENTIALS: false,
    CORS_ALLOW_HEADERS: [],
    CORS_ALLOW_METHODS: [],
    CORS_EXPOSE_HEADERS: [],
    CORS_PREFLIGHT_MAX_AGE: 0,
    CORS_URLS_REGEX: '^.*$',
  };
  const times = Array.from({ length: 2000 }, (_, i) => {
    const origin = `https://${'a'.repeat(50 + (i % 200))}`;
    // The best of three: what the decision costs, not what the machine did meanwhile.
    const once = (): number => {
      const began = performance.now();
      allowedOrigin(rules, origin, '/api/o/token/');
      return performance.now() - began;
    };
    return Math.min(once(), once(), once());
  }).slice(200);
  const sorted = times.sort((a, b) => a - b);
  const [p50 = 0, p99 = 0, worst = 0] = [0.5, 0.99, 1].map((share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0); // prettier-ignore
  rows.push(row('origins', { operations: times.length, p50, p99, worst }));
  console.log(
    `grantlog       origins: ${hostile.length} hostile patterns over hostile origins of up to 249 letters: p50 ${p50.toFixed(3)}, p99 ${p99.toFixed(3)}, slowest ${worst.toFixed(3)} ms`,
  );
};

const counts = clients.split(',').map(Number);
const grantlog = await startGrantlog(profile);
const other = peer === 'oidc-provider' ? await startPeer() : undefined;
console.log(
  `profile ${profile}, ${seconds} s each, Node ${process.version}${other ? '; oidc-provider over node:sqlite with synchronous=FULL in the same run' : ''}`,
);
if (wanted.has('start') || wanted.has('memory') || wanted.has('storage')) await others(grantlog);
for (const count of counts) {
  await hot(grantlog, count);
  if (other) await hot(other, count);
}
if (wanted.has('origins')) origins();
if (wanted.has('lists'))
  await lists(
    grantlog,
    { tokens: tokens.split(',').map(Number), applications: Number(applications) },
    Number(seconds),
    show,
  );
if (wanted.has('revoke-all')) await revokeAll(grantlog);
for (const mine of rows.filter(({ system, operations }) => system === 'grantlog' && operations > 1)) {
  const theirs = rows.find(
    ({ system, name, clients: count }) => system === 'oidc-provider' && name === mine.name && count === mine.clients,
  );
  if (!theirs) continue;
  const sum = ({ cpu }: Row): number => Object.values(cpu).reduce((total, ms) => total + ms, 0);
  console.log(
    `ratio          ${mine.name.padEnd(19)} ${String(mine.clients).padStart(3)} clients  CPU ${(sum(mine) / sum(theirs)).toFixed(2)} of the peer's`,
  );
}
closeAll();
await Promise.all([grantlog.stop(), other?.stop()]);
if (json !== undefined) writeFileSync(json, `${JSON.stringify({ rows }, null, 2)}\n`);
process.exit(0);
