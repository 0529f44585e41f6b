import { type Setting, SETTINGS } from '@grantlog/settings';
import { admin, adminBrowser, api, type Client, codeFor, isActive, postAs, redeem, register } from './clients.ts';
import { PROFILE, startSystem, type System } from './system.ts';

const OF_PROVIDER = ['AUTHORIZATION_CODE_EXPIRE_SECONDS', 'ACCESS_TOKEN_EXPIRE_SECONDS', 'REFRESH_TOKEN_EXPIRE_SECONDS']; // prettier-ignore
const LIMITS = Object.entries<Setting>(SETTINGS).flatMap(([name, { least, most }]) =>
  least === undefined || most === undefined ? [] : [[name, [least, most]] as const],
);

/** The shipped embedded profile hands messages over as they are; tests serialise them, as gRPC does. */
const SHIPPED = PROFILE === 'embedded' ? [false, true] : [false];

describe.each(SHIPPED)(`settings at their limits (${PROFILE}, as shipped: %s)`, (production) => {
  let system: System;
  let client: Client;
  const base = (): string => system.gateways[0] as string;
  const set = async (name: string, value: number) =>
    (await admin(system)('PATCH', 'settings/all/', OF_PROVIDER.includes(name) ? { OAUTH2_PROVIDER: { [name]: value } } : { [name]: value })).status; // prettier-ignore

  beforeAll(async () => {
    system = await startSystem({}, { production });
    client = await register(system);
  });
  afterEach(async () => void (await admin(system)('DELETE', 'settings/all/')));
  afterAll(() => system.stop());

  it.each(LIMITS)('%s takes its least and its most, and nothing beyond', async (name, [least, most]) => {
    expect(await Promise.all([least - 1, most + 1].map((value) => set(name, value)))).toEqual([400, 400]);
    expect([await set(name, least), await set(name, most)]).toEqual([200, 200]);
  });

  it.each(LIMITS)(
    'with the most of %s everything works: login, code, tokens, refresh, a personal token',
    async (name, [, most]) => {
      expect(await set(name, most)).toBe(200);
      const { json, status } = await redeem(client, base(), await codeFor(await adminBrowser(system), client));
      expect([status, await isActive(client, base(), json['access_token'] as string)]).toEqual([200, true]);
      const refreshed = await postAs(client, base(), 'token', { grant_type: 'refresh_token', refresh_token: json['refresh_token'] as string }); // prettier-ignore
      expect(refreshed.status).toBe(200);
      const made = await admin(system)('POST', 'tokens/', { scope: 'read' });
      expect(made.status).toBe(201);
      const asToken = api(base(), `Bearer ${made.json['token'] as string}`);
      expect((await asToken('GET', 'me/')).json).toMatchObject({ count: 1 });
    },
  );

  it.each(LIMITS)('with the least of %s nothing fails but what has ended', async (name, [least]) => {
    expect(await set(name, least)).toBe(200);
    const code = await codeFor(await adminBrowser(system), client);
    expect([200, 400]).toContain((await redeem(client, base(), code)).status);
    expect((await admin(system)('POST', 'tokens/', { scope: 'read' })).status).toBe(201);
  });
});
