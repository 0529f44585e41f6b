import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInstallationKey, createLogger, systemClock } from '@grantlog/service-kit';
import { createAdmission } from '../admission.ts';
import { apiRoutes } from '../api/routes.ts';
import { createApp } from '../app.ts';
import { createGateway } from '../gateway.ts';
import { LARGEST_PAGE_SIZE, MOST_ORDERS } from '../http/listing.ts';
import { LONGEST_WORD } from '../http/limits.ts';
import type { GatewayPorts } from '../ports.ts';
import { describeApi } from './describe.ts';

const NOON = '2026-01-01T12:00:00.000Z';
const REDIRECT_URI = 'https://app.example/callback';
const user = { id: 1, username: 'admin', isActive: true, isSuperuser: true, isSystemAuditor: false, memberOf: [1], adminOf: [], auditorOf: [], externalAccount: '' }; // prettier-ignore
const application = { id: 1, clientId: 'client', clientType: 'confidential', authorizationGrantType: 'authorization-code', redirectUris: [REDIRECT_URI], allowedOrigins: [], organization: 1 }; // prettier-ignore
const settings = { version: 1, values: JSON.stringify({ PKCE_REQUIRED: 'public', ALLOW_PASSWORD_GRANT: true, AUTH_BASIC_ENABLED: true, CORS_URLS_REGEX: '^$' }) }; // prettier-ignore

/** What is read before a request is judged. Whatever else is called has accepted what it was called with. */
const READS: Readonly<Record<string, unknown>> = {
  introspect: { introspections: [{ active: true, scope: 'write', user: 1, application: 0, grant: 9 }] },
  getUsers: { users: [{ user }] },
  getBrowserSessions: { sessions: [{ session: { user, csrfToken: 'c', authenticatedAt: NOON } }] },
  getOrganizations: { organizations: [{ organization: { id: 1 } }] },
  getApplications: { applications: [{ application }], settings },
  getSettings: { settings },
  getToken: { token: { id: 1, user: 1, application: 0 } },
  authenticateClients: { clients: [{ result: { $case: 'application', value: application } }], settings },
  countAttempts: { count: 1, retryAfterSeconds: 0 },
};
const service = new Proxy(
  {},
  {
    get: (_target, name) => () =>
      Object.hasOwn(READS, name)
        ? Promise.resolve(READS[String(name)])
        : Promise.reject(new Error(`${String(name)} was called`)),
  },
);

const ISSUER = 'http://127.0.0.1';
const ports = {
  accounts: service,
  applications: service,
  tokens: service,
  audit: service,
  clock: systemClock,
  key: createInstallationKey(new Uint8Array(32)),
  logger: createLogger('test', 'silent'),
  issuer: ISSUER,
  allowedHosts: ['127.0.0.1'],
  confFiles: () => [],
  refusals: { record: () => undefined, close: () => Promise.resolve() },
  observe: () => undefined,
  admission: createAdmission(() => undefined),
} as unknown as GatewayPorts;

let server: Server;
let base = '';
beforeAll(async () => {
  server = createServer(createApp(ports));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

type Property = {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: Property;
  readonly anyOf?: readonly Property[];
};
type Body = {
  readonly schema: { readonly properties: Readonly<Record<string, Property>>; readonly required?: string[] };
};
type Operation = {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: Property }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Body>> };
};
const paths = describeApi(apiRoutes(createGateway(ports)), ISSUER)['paths'] as Readonly<Record<string, Readonly<Record<string, Operation>>>>; // prettier-ignore
const operations = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    path: path.replace(/\{id\}/g, '1').replace('{slug}', 'all'),
    method: method.toUpperCase(),
    operation,
  })),
);

/** Values just outside of what a schema allows, each with the bound; undefined where it states none. */
const outside = ({ anyOf, ...own }: Property): readonly (readonly [value: unknown, bound: number])[] | undefined => {
  const { type, maxLength, maxItems, minimum, maximum, items, ...more } = anyOf?.[0] ?? own;
  if (type === 'boolean' || more.enum) return [];
  if (type === 'string') return maxLength === undefined ? undefined : [['x'.repeat(maxLength + 1), maxLength]];
  if (type === 'integer')
    return minimum === undefined || maximum === undefined ? undefined : [[minimum - 1, minimum], [maximum + 1, maximum]]; // prettier-ignore
  const inner = items && outside(items);
  if (type !== 'array' || maxItems === undefined || !inner) return undefined;
  const good = items.type === 'integer' ? 1 : 'x';
  return [[Array.from({ length: maxItems + 1 }, () => good), maxItems], ...inner.map(([value, bound]) => [[value], bound] as const)]; // prettier-ignore
};

/** What a body needs besides. */
const good = ({ properties, required = [] }: Body['schema']): Record<string, unknown> =>
  Object.fromEntries(required.map((name) => [name, properties[name]?.enum?.[0] ?? (properties[name]?.type === 'integer' ? 1 : 'some text')])); // prettier-ignore

type Case = readonly [what: string, send: () => Promise<Response>, name: string, bound: number];

const apiBodies = operations.flatMap(({ path, method, operation }) => {
  const schema = operation.requestBody?.content['application/json']?.schema;
  return Object.entries(schema?.properties ?? {}).map(([name, property]) => ({ path, method, schema, name, property }));
});
const bodyCases = apiBodies.flatMap(({ path, method, schema, name, property }) =>
  (outside(property) ?? []).map(([value, bound]): Case => [
    `${method} ${path} ${name}`,
    () =>
      fetch(base + path, {
        method,
        headers: { authorization: 'Bearer x', 'content-type': 'application/json' },
        body: JSON.stringify({ ...(schema && good(schema)), [name]: value }),
      }),
    name,
    bound,
  ]),
);

const queries = operations.flatMap(({ path, method, operation }) =>
  (operation.parameters ?? []).filter((one) => one.in === 'query').map((one) => ({ path, method, ...one })),
);
/** Taken as the most that there is, or as nothing, as AWX does: said in their descriptions. */
const CAPPED = ['page_size', 'order_by', 'next'];
const AUTHORIZATION = { client_id: 'client', response_type: 'code', redirect_uri: REDIRECT_URI };
const queryCases = queries
  .filter(({ name }) => !CAPPED.includes(name))
  .flatMap(({ path, name, schema }) =>
    (outside(schema) ?? []).map(([value, bound]): Case => {
      const isPage = path === '/api/o/authorize/';
      const query = new URLSearchParams({ ...(isPage && AUTHORIZATION), [name]: String(value) });
      const headers: Record<string, string> = isPage ? { cookie: 'grantlog-session=s' } : { authorization: 'Bearer x' };
      return [
        `${path} ${name}`,
        () => fetch(`${base}${path}?${query.toString()}`, { headers, redirect: 'manual' }),
        name,
        bound,
      ];
    }),
  );

const forms = operations.flatMap(({ path, operation }) => {
  const schema = operation.requestBody?.content['application/x-www-form-urlencoded']?.schema;
  return Object.entries(schema?.properties ?? {}).map(([name, property]) => ({ path, name, property }));
});
const formCases = forms.flatMap(({ path, name, property }) =>
  (outside(property) ?? []).map(([value, bound]): Case => {
    const form = { grant_type: 'authorization_code', code: 'c', token: 't', client_id: 'client', client_secret: 's' };
    const body = new URLSearchParams({ ...form, [name]: String(value) });
    return [`${path} ${name}`, () => fetch(base + path, { method: 'POST', body }), name, bound];
  }),
);

describe('every string, list and number from outside', () => {
  it('IN-31 has a bound that is stated', () => {
    // What is no token is answered as one that has ended.
    const unbounded = [...apiBodies, ...forms].filter(({ name, property }) => !outside(property) && name !== 'token');
    expect(unbounded.map(({ path, name }) => `${path} ${name}`)).toEqual([]);
    const queried = queries.filter(({ name, schema }) => !outside(schema) && !CAPPED.includes(name));
    expect(queried.map(({ path, name }) => `${path} ${name}`)).toEqual([]);
  });

  it('IN-31 is refused outside of its bound, by an answer that names both', async () => {
    const cases = [...bodyCases, ...queryCases, ...formCases];
    expect(cases.length).toBeGreaterThan(100);
    const wrong: string[] = [];
    for (const [what, send, name, bound] of cases) {
      const response = await send();
      const text = (await response.text()) + decodeURIComponent(response.headers.get('location') ?? '');
      const isRefusal = [400, 401, 413].includes(response.status) || /[?&]error=/.test(text);
      // A page that there is not, in AWX's words; and what JSON cannot carry is the number of no object.
      const isNamed =
        response.status === 413 ||
        bound === Number.MAX_SAFE_INTEGER ||
        text.includes('pk value') ||
        new RegExp(`${name}.*\\b${bound}\\b`).test(text.replaceAll('+', ' '));
      if (!(isRefusal && isNamed) && !text.includes('Invalid page.'))
        wrong.push(`${what}: ${response.status} ${text.slice(0, 300)}`);
    }
    expect(wrong).toEqual([]);
  }, 30_000);

  it('IN-31 fields of an order, values of a filter and pages of events have one too', async () => {
    const asked = async (query: string): Promise<unknown[]> => {
      const response = await fetch(`${base}/api/v2/users/?${query}`, { headers: { authorization: 'Bearer x' } });
      return [response.status, ((await response.json()) as { detail: string }).detail];
    };
    const long = 'x'.repeat(LONGEST_WORD + 1);
    expect(await asked(`order_by=${Array.from({ length: MOST_ORDERS + 1 }, () => 'id').join()}`)).toEqual([400, `order_by: at most ${MOST_ORDERS} fields.`]); // prettier-ignore
    for (const name of ['username', 'username__icontains', 'username__in', 'search'])
      expect(await asked(`${name}=${long}`)).toEqual([400, `${name}: at most ${LONGEST_WORD} characters.`]);
    expect(await asked(`id__in=${Array.from({ length: 201 }, () => '1').join()}`)).toEqual([400, 'id__in: at most 200 values.']); // prettier-ignore
  });

  it('OPTIONS states the same bounds', async () => {
    for (const { path, method, schema, name } of apiBodies.filter(({ path: one }) => !one.includes('explain'))) {
      const response = await fetch(base + path, { method: 'OPTIONS', headers: { authorization: 'Bearer x' } });
      const { actions, max_page_size } = (await response.json()) as { actions?: Record<string, Record<string, { max_length?: number; min_value?: number; max_value?: number }>>; max_page_size: number }; // prettier-ignore
      expect(max_page_size).toBe(LARGEST_PAGE_SIZE);
      const told = actions?.[method]?.[name];
      const property = schema?.properties[name];
      const { maxLength, maxItems, minimum, maximum } = property?.anyOf?.[0] ?? property ?? {};
      if (told) expect([path, name, told.max_length, told.min_value, told.max_value]).toEqual([path, name, maxLength ?? maxItems, minimum, maximum]); // prettier-ignore
    }
  });
});
