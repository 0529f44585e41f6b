import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import { mount, working } from './api/endpoint.ts';
import { FOREIGN_COLLECTIONS, foreignCollection, PING } from './api/foreign.ts';
import { apiRoutes } from './api/routes.ts';
import { mountDocs } from './openapi/docs.ts';
import { isUnavailable } from '@grantlog/contracts';
import type { OAuthErrorCode } from '@grantlog/oauth';
import { createGateway, type Gateway } from './gateway.ts';
import { ApiError } from './http/api-error.ts';
import { refuseEarly } from './http/early-refusal.ts';
import { errorForm } from './http/error-form.ts';
import { noStore, OAuthError, sendOAuthError, tooMany } from './http/oauth-error.ts';
import { RefusedRequest, bodyTooLarge } from './http/refused-request.ts';
import { repeatedHeader } from './http/single-headers.ts';
import { LARGEST_BODY_BYTES, readForm } from './http/read-body.ts';
import { retryAfter } from './http/retry-after.ts';
import { requestId, senderOf, sendRequestId } from './http/request-context.ts';
import { authorize } from './oauth/authorize.ts';
import { errorPage } from './pages/error-page.ts';
import { introspect } from './oauth/introspect.ts';
import { metadata, oauthRoot } from './oauth/metadata.ts';
import { revokeToken } from './oauth/revoke-token.ts';
import { token } from './oauth/token.ts';
import { userinfo } from './oauth/userinfo.ts';
import { login, loginPage, logout } from './pages/login.ts';
import type { GatewayPorts } from './ports.ts';
import { isAllowedHost } from './public-address.ts';
import type { RefusalReason } from './refusals.ts';

/** The gateway as an Express application: the one process that the world talks to. It parses, calls and renders. */
export const createApp = (ports: GatewayPorts, trustedProxies: readonly string[] = []): Express => {
  const gateway = createGateway(ports);
  const app = express();
  app.set('etag', false);
  app.set('x-powered-by', false);
  app.set('query parser', false);
  app.set('strict routing', true);
  app.set('case sensitive routing', true);
  app.set('trust proxy', [...trustedProxies]);

  app.use(entry(gateway));
  app.use(gateway.cors.handler);
  mountOAuth(app, gateway);
  mountPages(app, gateway);
  mountApi(app, gateway);
  app.use((request: Request, response: Response) => {
    if (!request.path.startsWith('/api/v2/') && request.accepts(['json', 'html']) === 'html') {
      return errorPage(request, response, 404, 'There is nothing here.');
    }
    throw new ApiError(404, { detail: 'Not found.' });
  });
  app.use(onError(gateway));
  return app;
};

/** Whether an address is a trusted proxy's. */
export const trustedBy =
  (app: Express): ((address: string) => boolean) =>
  (address) =>
    (app.get('trust proxy fn') as (address: string, hop: number) => boolean)(address, 0);

/** Request id, metrics, and refusal of hosts that this installation does not serve. */
const entry = ({ allowedHosts, issuer, observe, logger }: Gateway): RequestHandler => {
  let lastAllowed: string | undefined;
  return (request, response, next) => {
    const began = performance.now();
    sendRequestId(request, response);
    response.on('finish', () => {
      const route: unknown = (request.route as { path?: unknown } | undefined)?.path;
      const seconds = (performance.now() - began) / 1000;
      observe(typeof route === 'string' ? route : 'none', request.method, response.statusCode, seconds);
      // The path only: queries carry codes and states.
      logger.debug(
        {
          requestId: requestId(request),
          method: request.method,
          path: request.path,
          status: response.statusCode,
          ms: Math.round(seconds * 1e4) / 10,
        },
        'request',
      );
    });
    request.url = withFinalSlash(request.url);
    const twice = repeatedHeader(request);
    if (twice !== undefined) throw new RefusedRequest(400, `The ${twice} header is there twice.`);
    const { host, 'content-length': length } = request.headers;
    if (host === undefined || (host !== lastAllowed && !isAllowedHost(host, allowedHosts, issuer)))
      return refuseEarly(request, response, 421);
    lastAllowed = host;
    if (Number(length ?? 0) > LARGEST_BODY_BYTES) throw bodyTooLarge();
    next();
  };
};

/** Both spellings of a path below `/api` reach the same handler: a redirected POST would lose its body. */
const withFinalSlash = (url: string): string => {
  const end = url.indexOf('?');
  const path = end < 0 ? url : url.slice(0, end);
  return !path.endsWith('/') && /^\/api(?:\/|$)/.test(path) ? `${path}/${url.slice(path.length)}` : url;
};

const mountOAuth = (app: Express, gateway: Gateway): void => {
  const endpoints = { token: token(gateway), revoke_token: revokeToken(gateway), introspect: introspect(gateway) };
  for (const [name, endpoint] of Object.entries(endpoints)) {
    app.post(`/api/o/${name}/`, async (request, response) => {
      const form = await readForm(request);
      await gateway.admission.working(() => endpoint(request, response, form));
    });
    app.all(`/api/o/${name}/`, (request, response) => {
      noStore(response).set('allow', 'POST, OPTIONS');
      if (request.method === 'OPTIONS') return void response.status(200).end();
      throw new OAuthError(405, 'invalid_request', `Method ${request.method} is not allowed; use POST.`);
    });
  }
  app.get('/api/o/authorize/', working(gateway, authorize(gateway)));
  app.post('/api/o/authorize/', working(gateway, authorize(gateway)));
  app.get('/api/o/', oauthRoot);
  app.get('/api/o/userinfo/', working(gateway, userinfo(gateway)));
  app.all('/api/o/userinfo/', (request, response) => {
    noStore(response).set('allow', 'GET, HEAD, OPTIONS');
    if (request.method === 'OPTIONS') return void response.status(200).end();
    throw new OAuthError(405, 'invalid_request', `Method ${request.method} is not allowed; use GET.`);
  });
  // RFC 8414 §5: discovery of OpenID Connect clients asks at their own place.
  for (const name of ['oauth-authorization-server', 'openid-configuration'])
    app.get(`/.well-known/${name}`, metadata(gateway));
};

const mountPages = (app: Express, gateway: Gateway): void => {
  app.get('/api/login/', loginPage(gateway));
  app.post('/api/login/', working(gateway, login(gateway)));
  app.post('/api/logout/', working(gateway, logout(gateway)));
  for (const [path, allow] of [
    ['/api/logout/', 'POST'],
    ['/api/login/', 'GET, HEAD, POST'],
    ['/api/o/authorize/', 'GET, HEAD, POST'],
  ] as const) {
    app.all(path, (request, response) => {
      response.set('allow', allow);
      errorPage(request, response, 405, `This address takes ${allow} only.`);
    });
  }
  app.get('/api/', (request, response) => {
    gateway.sessions.formToken(request, response);
    response.set('cache-control', 'no-store').json({
      description: 'Grantlog REST API',
      current_version: '/api/v2/',
      available_versions: { v2: '/api/v2/' },
      oauth2: '/api/o/',
      custom_logo: '',
      custom_login_info: '',
      login_redirect_override: '',
    });
  });
  app.get('/api/v2/ping/', (_request, response) => {
    response.set('cache-control', 'no-store').json(PING);
  });
  app.get('/api/v2/', (_request, response) => {
    const names = [
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
    const own = Object.fromEntries(names.map((name) => [name, `/api/v2/${name}/`]));
    response.set('cache-control', 'no-store').json({ ...own, ...FOREIGN_COLLECTIONS });
  });
};

const mountApi = (app: Express, gateway: Gateway): void => {
  const routes = apiRoutes(gateway);
  for (const [path, resource] of Object.entries(routes)) mount(app, gateway, path, resource);
  mountDocs(app, routes, gateway.issuer);
  for (const [name, path] of Object.entries(FOREIGN_COLLECTIONS)) mount(app, gateway, path, foreignCollection(name));
};

/** Of one client from one address, within an hour. */
const MOST_WRONG_TRIES = 300;

/** A secret, code or token that nobody was given. What was given and is over is told as often as it is asked. */
const isWrongTry = ({ code, isGuess }: OAuthError): boolean => code === 'invalid_client' || isGuess;

/** The refusals of the token, revocation and introspection endpoints that operators want to see. */
const OAUTH_REASONS: { readonly [Code in OAuthErrorCode]?: RefusalReason } = {
  invalid_client: 'failed_client_authentication',
  invalid_grant: 'refused_grant',
  invalid_scope: 'refused_grant',
  unauthorized_client: 'refused_grant',
  slow_down: 'too_many_attempts',
};

/** Every error in the form of the place it happened at; an unknown fault is a fixed text and the request's id. */
const onError =
  (gateway: Gateway): ErrorRequestHandler =>
  async (thrown: unknown, request, response, next) => {
    if (response.headersSent) return next(thrown);
    const { logger, refusals, cors } = gateway;
    const error = thrown instanceof OAuthError && isWrongTry(thrown) ? await counted(gateway, request, thrown) : thrown;
    const { status, text } = described(error, request);
    await cors.allowError(request, response, status);
    if (error instanceof ApiError) return void response.status(status).set(error.headers).json(error.body);
    if (error instanceof OAuthError) {
      const reason = OAUTH_REASONS[error.code];
      if (reason) refusals.record(request, reason, error.message, error.clientId);
      return sendOAuthError(response, error);
    }
    const id = requestId(request);
    if (status === 500) logger.error({ err: error, requestId: id, path: request.path }, 'fault');
    if (status === 503) logger.warn({ err: error, requestId: id, path: request.path }, 'an engine or service is away');
    if (status === 413) response.set('connection', 'close');
    const form = errorForm(request.path);
    if (form === 'page') {
      if (status === 503) response.set('retry-after', retryAfter());
      return errorPage(request, response, status, text);
    }
    if (form === 'oauth') {
      return sendOAuthError(
        response,
        new OAuthError(
          status,
          status === 503 ? 'temporarily_unavailable' : status === 500 ? 'server_error' : 'invalid_request',
          `${text} (${id})`,
        ),
      );
    }
    if (status === 503) response.set('retry-after', retryAfter());
    response.status(status).json({ detail: `${text} (${id})` });
  };

/** The error of a wrong try, or 429 when there were too many. */
const counted = async ({ accounts }: Gateway, request: Request, error: OAuthError): Promise<OAuthError> => {
  // The limit is on failures only: whoever has the right secret or code is never kept out by who has not.
  const key = `guess:${error.clientId.slice(0, 64)}:${senderOf(request)}`;
  try {
    const { count, retryAfterSeconds } = await accounts.countAttempts({ key });
    return count > MOST_WRONG_TRIES ? tooMany(retryAfterSeconds, error.clientId) : error;
  } catch {
    // The count is lost, the answer is not.
    return error;
  }
};

const described = (error: unknown, { method, path }: Request): { status: number; text: string } => {
  if (error instanceof ApiError || error instanceof OAuthError || error instanceof RefusedRequest)
    return { status: error.status, text: error.message };
  const { status } = error as { status?: number };
  if (isUnavailable(error)) {
    const mayBeDone = method === 'POST' && path.startsWith('/api/v2/');
    const again = mayBeDone ? 'What was asked may have been done: look before you try again.' : 'Try again.';
    return { status: 503, text: `The service is not available at the moment. ${again}` };
  }
  if (typeof status === 'number' && status >= 400 && status < 500)
    return { status: 400, text: 'The request is malformed.' };
  return { status: 500, text: 'An unexpected fault happened; it was logged under this number.' };
};
