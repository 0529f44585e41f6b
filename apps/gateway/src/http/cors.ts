import type { Request, RequestHandler, Response } from 'express';
import type { ApplicationsClient } from '@grantlog/contracts';
import {
  actualHeaders,
  answersOthers,
  type CorsRules,
  type CorsSources,
  type FileRules,
  mergeRules,
  preflightHeaders,
} from '@grantlog/origins';
import type { Refusals } from '../refusals.ts';
import type { Settings } from '@grantlog/settings';
import { settingsOf } from '../settings.ts';

export type Cors = {
  /** Answers preflights, and sets the headers of actual requests before anything can go wrong. */
  readonly handler: RequestHandler;
  /** Adds what the application that was proven in this request allows for itself. */
  readonly allowOwnOrigins: (
    request: Request,
    response: Response,
    ownOrigins: readonly string[],
    settings: Settings,
  ) => void;
  /** Notes that who asks is proven: from here on an error is readable where the success would be. */
  readonly proven: (request: Request) => void;
  /**
   * Sets the headers of an error's reply. Where nobody was proven, or the proof failed (401), it is readable by whom a
   * preflight lets in; otherwise by whom the success would be.
   */
  readonly allowError: (request: Request, response: Response, status: number) => Promise<void>;
  /** Everything that is decided by, as it is now. */
  readonly sources: () => Promise<CorsSources>;
};

/** How long the applications' own origins are kept, so that preflights of strangers cost no scan each. */
const ORIGINS_KEPT_MS = 300;

/**
 * Enforces the allowlist of origins. CORS is no access control: a request is judged by its credentials all the same.
 * @param isOurs whether an origin is this installation's own: browsers name it with forms and scripts of our pages too
 */
export const createCors = (
  applications: Pick<ApplicationsClient, 'getSettings' | 'listAllowedOrigins'>,
  confFiles: () => readonly FileRules[],
  refusals: Pick<Refusals, 'record'>,
  isOurs: (origin: string) => boolean,
): Cors => {
  let lastMerge: { files: readonly FileRules[]; settings: Settings; rules: CorsRules } | undefined;
  const inForce = (settings: Settings): CorsRules => {
    const files = confFiles();
    if (lastMerge?.files !== files || lastMerge.settings !== settings)
      lastMerge = { files, settings, rules: mergeRules(files, settings) };
    return lastMerge.rules;
  };

  let origins: { readonly at: number; readonly list: Promise<CorsSources['applications']> } | undefined;
  let lastOrigins: CorsSources['applications'] = [];
  /** Of all applications: a preflight names no client. At most 0.3 s old. */
  const ownOrigins = (): Promise<CorsSources['applications']> => {
    if (origins && performance.now() - origins.at < ORIGINS_KEPT_MS) return origins.list;
    const list = applications
      .listAllowedOrigins({})
      .then(
        ({ applications: some }) =>
          (lastOrigins = some.map(({ application, values }) => ({ id: application, origins: values }))),
      );
    list.catch(() => (origins = undefined));
    origins = { at: performance.now(), list };
    return list;
  };

  const union = (some: CorsSources['applications']): Set<string> => new Set(some.flatMap((one) => one.origins));
  const provenRequests = new WeakSet<Request>();

  const refused = (request: Request, origin: string): void =>
    refusals.record(request, 'refused_origin', `${request.method} from origin ${origin.slice(0, 200)}`);

  const preflight = async (request: Request, response: Response, origin: string, method: string): Promise<void> => {
    const [{ settings }, some] = await Promise.all([applications.getSettings({}), ownOrigins()]);
    const asked = request.headers['access-control-request-headers'];
    const headers = preflightHeaders(
      inForce(settingsOf(settings)),
      { origin, path: request.path, method, headers: typeof asked === 'string' ? namesIn(asked) : [] },
      union(some),
    );
    if (Object.keys(headers).length === 0) refused(request, origin);
    response.set(headers).status(200).end();
  };

  const actual = async (request: Request, response: Response, origin: string): Promise<void> => {
    const { settings } = await applications.getSettings({});
    const rules = inForce(settingsOf(settings));
    response.set(actualHeaders(rules, origin, request.path));
    // Known only at the end: the application that is proven later may allow it.
    response.once('finish', () => {
      const allowed = response.hasHeader('access-control-allow-origin');
      if (!allowed && !isOurs(origin) && answersOthers(rules, request.path)) refused(request, origin);
    });
  };

  return {
    handler: (request, response, next) => {
      const { origin } = request.headers;
      response.set('vary', 'Accept, Cookie, Origin');
      if (origin === undefined) return next();
      const method = request.headers['access-control-request-method'];
      if (request.method === 'OPTIONS' && method !== undefined)
        preflight(request, response, origin, method).catch(next);
      else actual(request, response, origin).then(() => next(), next);
    },
    allowOwnOrigins: (request, response, own, settings) => {
      const { origin } = request.headers;
      if (origin === undefined) return;
      provenRequests.add(request);
      if (own.length === 0) return;
      response.set(actualHeaders(inForce(settings), origin, request.path, new Set(own)));
    },
    proven: (request) => {
      if (request.headers.origin !== undefined) provenRequests.add(request);
    },
    allowError: async (request, response, status) => {
      const { origin } = request.headers;
      if (origin === undefined || response.hasHeader('access-control-allow-origin')) return;
      if (status !== 401 && provenRequests.has(request)) return;
      const [rules, some] = await Promise.all([
        // What was known last is enough to say that a service is away.
        applications.getSettings({}).then(
          ({ settings }) => inForce(settingsOf(settings)),
          () => lastMerge?.rules,
        ),
        ownOrigins().catch(() => lastOrigins),
      ]);
      if (rules) response.set(actualHeaders(rules, origin, request.path, union(some)));
    },
    sources: async () => {
      const [{ settings }, some] = await Promise.all([applications.getSettings({}), ownOrigins()]);
      return { files: confFiles(), settings: settingsOf(settings), applications: some };
    },
  };
};

const namesIn = (list: string): string[] =>
  list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
