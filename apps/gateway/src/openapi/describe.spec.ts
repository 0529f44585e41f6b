import { FOREIGN_COLLECTIONS } from '../api/foreign.ts';
import { apiRoutes } from '../api/routes.ts';
import { createApp } from '../app.ts';
import { createGateway } from '../gateway.ts';
import type { GatewayPorts } from '../ports.ts';
import { describeApi } from './describe.ts';

const ISSUER = 'http://127.0.0.1:8080';
/** Nothing is called here; the routes are only looked at. */
const ports = {
  issuer: ISSUER,
  allowedHosts: [],
  key: { derive: () => Buffer.alloc(32) },
  confFiles: () => [],
} as unknown as GatewayPorts;

type Layer = { readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> } };
type Paths = Readonly<Record<string, Readonly<Record<string, { operationId?: string }>>>>;

const paths = describeApi(apiRoutes(createGateway(ports)), ISSUER)['paths'] as Paths;
const described = (path: string): string => path.replace(/:(\w+)/g, '{$1}');

describe("the API's description", () => {
  it('names every route that is mounted', () => {
    const { stack } = createApp(ports).router as unknown as { stack: readonly Layer[] };
    const mounted = stack.flatMap(({ route }) => (route ? [route.path] : []));
    const known = new Set(Object.keys(paths));
    // Not for programs: pages, the description itself, and what AWX's client asks of collections that are not here.
    const left = mounted.filter(
      (path) => !known.has(described(path)) && !/^\/docs\/|^\/api\/(login|logout|o\/authorize)\/$/.test(path),
    );
    const foreign = Object.values(FOREIGN_COLLECTIONS);
    expect(left.filter((path) => !foreign.includes(path))).toEqual([]);
    expect([...known].filter((path) => !mounted.map(described).includes(path))).toEqual([]);
  });

  it('names every method of every route, and each operation once', () => {
    for (const [path, { methods }] of Object.entries(apiRoutes(createGateway(ports))))
      expect([path, Object.keys(paths[described(path)] ?? {})]).toEqual([
        path,
        Object.keys(methods).map((method) => method.toLowerCase()),
      ]);
    const ids = Object.values(paths).flatMap((operations) =>
      Object.values(operations).flatMap(({ operationId }) => operationId ?? []),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });
});
