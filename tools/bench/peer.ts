// The peer in a process of its own: oidc-provider over node:sqlite with the durability that we have.
import { DatabaseSync } from 'node:sqlite';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Provider from 'oidc-provider';

const database = new DatabaseSync(join(mkdtempSync(join(tmpdir(), 'peer-')), 'peer.sqlite'));
database.exec(`
  PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
  CREATE TABLE entities (key TEXT PRIMARY KEY, payload TEXT NOT NULL, grant_id TEXT, uid TEXT, expires_at INTEGER) WITHOUT ROWID;
  CREATE INDEX by_grant ON entities (grant_id) WHERE grant_id IS NOT NULL;
  CREATE INDEX by_uid ON entities (uid) WHERE uid IS NOT NULL;
`);
const put = database.prepare('INSERT OR REPLACE INTO entities VALUES (?, ?, ?, ?, ?)');
const get = database.prepare('SELECT payload FROM entities WHERE key = ?');
const byUid = database.prepare('SELECT payload FROM entities WHERE uid = ?');
const remove = database.prepare('DELETE FROM entities WHERE key = ?');
const removeGrant = database.prepare('DELETE FROM entities WHERE grant_id = ?');
const parse = (row: Record<string, unknown> | undefined): unknown =>
  row ? (JSON.parse(String(row['payload'])) as unknown) : undefined;

class SqliteAdapter {
  readonly model: string;
  constructor(model: string) {
    this.model = model;
  }
  key(id: string): string {
    return `${this.model}:${id}`;
  }
  upsert(id: string, payload: { grantId?: string; uid?: string }, expiresIn: number): Promise<void> {
    put.run(
      this.key(id),
      JSON.stringify(payload),
      payload.grantId ?? null,
      payload.uid ?? null,
      Math.floor(Date.now() / 1000) + expiresIn,
    );
    return Promise.resolve();
  }
  find(id: string): Promise<unknown> {
    return Promise.resolve(parse(get.get(this.key(id))));
  }
  findByUid(uid: string): Promise<unknown> {
    return Promise.resolve(parse(byUid.get(uid)));
  }
  findByUserCode(): Promise<unknown> {
    return Promise.resolve(undefined);
  }
  consume(id: string): Promise<void> {
    const payload = parse(get.get(this.key(id))) as { consumed?: number; grantId?: string; uid?: string };
    payload.consumed = Math.floor(Date.now() / 1000);
    return this.upsert(id, payload, 3600);
  }
  destroy(id: string): Promise<void> {
    remove.run(this.key(id));
    return Promise.resolve();
  }
  revokeByGrantId(grantId: string): Promise<void> {
    removeGrant.run(grantId);
    return Promise.resolve();
  }
}

const port = Number(process.env['PEER_PORT']);
const provider = new Provider(`http://127.0.0.1:${port}`, {
  adapter: SqliteAdapter as never,
  clients: [
    {
      client_id: 'code',
      client_secret: 'code-secret',
      redirect_uris: ['https://app.example/callback'],
      grant_types: ['authorization_code', 'refresh_token'],
    },
    {
      client_id: 'machine',
      client_secret: 'machine-secret',
      redirect_uris: [],
      response_types: [],
      grant_types: ['client_credentials'],
    },
  ],
  scopes: ['read', 'write', 'offline_access'],
  pkce: { required: () => false },
  features: {
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
    devInteractions: { enabled: false },
  },
  findAccount: (_context: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id }) }),
  issueRefreshToken: () => true,
  rotateRefreshToken: true,
  cookies: { keys: ['a key of the bench'] },
  ttl: {
    AccessToken: 3600,
    RefreshToken: 2_628_000,
    AuthorizationCode: 600,
    Grant: 2_628_000,
    Session: 86_400,
    Interaction: 600,
    ClientCredentials: 3600,
  },
  interactions: { url: (_context: unknown, interaction: { uid: string }) => `/interaction/${interaction.uid}` },
  loadExistingGrant: async (context: {
    oidc: {
      params: { state?: string };
      client: { clientId: string };
      session: { accountId?: string; grantIdFor: (id: string) => string | undefined };
    };
  }) => {
    const { client, session, params } = context.oidc;
    // Its grants are per session and client; where one is to be ended by each request, each needs its own.
    const known = params.state === 'own-grant' ? undefined : session.grantIdFor(client.clientId);
    const found = known === undefined ? undefined : await provider.Grant.find(known);
    // What the session remembers may have been ended by a revocation.
    if (found) return found;
    const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId as string });
    grant.addOIDCScope('openid read write offline_access');
    await grant.save();
    return grant;
  },
});
provider.use(async (context, next) => {
  if (!context.path.startsWith('/interaction/')) return next();
  await provider.interactionFinished(
    context.req,
    context.res,
    { login: { accountId: 'admin' } },
    { mergeWithLastSubmission: false },
  );
});
provider.listen(port, () => process.send?.('ready'));
process.on('disconnect', () => process.exit(0));
