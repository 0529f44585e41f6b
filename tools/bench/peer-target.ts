import { fork } from 'node:child_process';
import { once } from 'node:events';
import { freePort } from '../engines/engine.ts';
import { basic } from '../e2e/clients.ts';
import { call } from './http.ts';
import type { Target } from './target.ts';

const REDIRECT_URI = 'https://app.example/callback';

/** Starts oidc-provider and logs a user in. */
export const startPeer = async (): Promise<Target> => {
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  const child = fork(new URL('./peer.ts', import.meta.url), {
    env: { ...process.env, NODE_ENV: 'production', PEER_PORT: String(port) },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  await once(child, 'message');
  const pathFor = (state: string): string =>
    `/auth?${new URLSearchParams({ client_id: 'code', response_type: 'code', redirect_uri: REDIRECT_URI, scope: 'openid', state }).toString()}`;
  const path = pathFor('s');
  const cookies = new Map<string, string>();
  const follow = async (url: string): Promise<string> => {
    const { setCookie, location } = await call(base, 'GET', url.replace(base, ''), {
      cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
    });
    for (const text of setCookie) {
      const [pair = ''] = text.split(';');
      cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
    return location;
  };
  let next = await follow(path);
  for (let hop = 0; hop < 6 && next !== '' && !next.startsWith(REDIRECT_URI); hop += 1) next = await follow(next);
  const cookie = [...cookies]
    .filter(([name]) => name.startsWith('_session'))
    .map(([name, value]) => `${name}=${value}`)
    .join('; ');
  return {
    name: 'oidc-provider',
    base,
    pids: () => ({ 'oidc-provider': [child.pid as number] }),
    paths: { token: '/token', introspect: '/token/introspection', revoke: '/token/revocation' },
    codeClient: basic('code', 'code-secret'),
    machineClient: basic('machine', 'machine-secret'),
    redirectUri: REDIRECT_URI,
    // Its session is read and written back whole: two new grants at once, and one of them is lost.
    authorizationsAtOnce: 1,
    authorize: ({ ownGrant = false } = {}) => call(base, 'GET', ownGrant ? pathFor('own-grant') : path, { cookie }),
    settle: () => Promise.resolve(),
    stop: async () => {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
};
