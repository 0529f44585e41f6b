import { basic, admin, adminBrowser, register } from '../e2e/clients.ts';
import { type Profile, startSystem, type System, until } from '../e2e/system.ts';
import { call } from './http.ts';
import type { Target } from './target.ts';

/** What was written and is not listed after so long will not be. */
const SETTLED_WITHIN_MS = 600_000;
const REDIRECT_URI = 'https://app.example/callback';

export type GrantlogTarget = Target & {
  readonly system: System;
  readonly startedInMs: number;
  readonly codeApplication: number;
};

/** Starts Grantlog as users do and makes the two clients. */
export const startGrantlog = async (profile: Profile): Promise<GrantlogTarget> => {
  const began = performance.now();
  const system = await startSystem({ GRANTLOG_LOG_LEVEL: 'warn' }, { profile, production: true, instances: 1 });
  const startedInMs = Math.round(performance.now() - began);
  const base = system.gateways[0] as string;
  const code = await register(system, { redirect_uris: REDIRECT_URI, skip_authorization: true });
  const machine = await register(system, { authorization_grant_type: 'client-credentials', redirect_uris: '' });
  const chrome = await adminBrowser(system);
  const cookie = `grantlog-session=${chrome.cookie('grantlog-session') ?? ''}`;
  const path = `/api/o/authorize/?${new URLSearchParams({ client_id: code.clientId, response_type: 'code', redirect_uri: REDIRECT_URI, state: 's' }).toString()}`;
  return {
    name: 'grantlog',
    system,
    startedInMs,
    codeApplication: code.id,
    base,
    pids: () => {
      const processes = system.processes().map(({ app, pid }) => [app, [pid]] as const);
      const engines = Object.entries(system.engines()).flatMap(([app, { pid }]) =>
        pid === undefined ? [] : [[app, [pid]] as const],
      );
      return Object.fromEntries([...processes, ...engines]);
    },
    paths: { token: '/api/o/token/', introspect: '/api/o/introspect/', revoke: '/api/o/revoke_token/' },
    codeClient: basic(code.clientId, code.clientSecret),
    machineClient: basic(machine.clientId, machine.clientSecret),
    redirectUri: REDIRECT_URI,
    authorizationsAtOnce: 16,
    authorize: () => call(base, 'GET', path, { cookie }),
    // A list that waits for a write is answered when the projections are there; until then it says that it is stale.
    settle: async () => {
      let position: string | null = null;
      await until(async () => {
        position = (await admin(system)('POST', 'tokens/', { scope: 'read' })).headers.get('grantlog-position');
        return position !== null;
      }, SETTLED_WITHIN_MS);
      await until(async () => {
        const { status, headers } = await admin(system)('GET', 'tokens/?page_size=1&count_disabled', undefined, {
          'grantlog-position': position ?? '',
        });
        return status === 200 && headers.get('grantlog-stale') === null;
      }, SETTLED_WITHIN_MS);
    },
    stop: async () => void (await system.stop()),
  };
};
