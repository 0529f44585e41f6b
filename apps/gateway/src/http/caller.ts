import type { Request, Response } from 'express';
import { type accounts, common, type tokens } from '@grantlog/contracts';
import { permits } from '@grantlog/oauth';
import { settingsOf } from '../settings.ts';
import type { GatewayPorts } from '../ports.ts';
import { ApiError } from './api-error.ts';
import { decodeBasic, decodeBearer } from './authorization-header.ts';
import type { BrowserSessions } from './browser-session.ts';
import { NO_DEVICE } from './device-cookie.ts';
import type { Cors } from './cors.ts';
import { senderOf } from './request-context.ts';

/** Who calls `/api/v2/`, with roles as they are now. */
export type Caller = {
  readonly user: accounts.User;
  readonly actor: common.Actor;
  /** A token of scope `read` may change nothing. */
  readonly mayWrite: boolean;
};

/** Who asks for introspection: the gateway itself may know every token. */
const GATEWAY = 0;
const CHALLENGE = 'Bearer realm="api", authorization_url="/api/o/authorize/"';
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

const NOT_PROVIDED = 'Authentication credentials were not provided. To establish a login session, visit /api/login/.';

const unauthenticated = (error = '', detail = NOT_PROVIDED): ApiError =>
  new ApiError(401, { detail }, { 'www-authenticate': CHALLENGE + error });

/**
 * Authenticates by the first that is present: bearer token, Basic, browser session. An `Authorization` header is judged
 * alone; the cookie is then ignored.
 * @throws ApiError 401, or 403 for a scope that is too small or a missing CSRF token
 */
export const createAuthenticate =
  ({ accounts: service, applications, tokens, refusals }: GatewayPorts, sessions: BrowserSessions, cors: Cors) =>
  async (request: Request, response: Response): Promise<Caller> => {
    const header = request.headers.authorization;
    const unsafe = !SAFE.has(request.method);
    if (header === undefined) {
      const session = await sessions.current(request);
      if (!session) throw unauthenticated();
      cors.proven(request);
      const presented = request.headers['x-csrftoken'];
      if (unsafe && !sessions.isFromOurPages(request, typeof presented === 'string' ? presented : undefined, session)) {
        refusals.record(request, 'refused_form', 'the CSRF token is missing or not of this session');
        throw new ApiError(403, { detail: 'CSRF Failed: CSRF token missing or incorrect.' });
      }
      return toCaller(session.user, true, common.Means.MEANS_BROWSER_SESSION);
    }
    const token = decodeBearer(header);
    if (token !== undefined) {
      const [introspection] = (await tokens.introspect({ tokens: [{ token, askingApplication: GATEWAY }] }))
        .introspections;
      if (!introspection?.active) {
        refusals.record(request, 'refused_token', 'a bearer token that is not live');
        throw unauthenticated(', error="invalid_token"');
      }
      cors.proven(request);
      // Whom the global list lets in needs no look at the application.
      const mayBeOwn = request.headers.origin !== undefined && !response.hasHeader('access-control-allow-origin');
      if (mayBeOwn && introspection.application !== 0) {
        const { applications: found, settings } = await applications.getApplications({
          keys: [{ key: { $case: 'id', value: introspection.application } }],
        });
        cors.allowOwnOrigins(request, response, found[0]?.application?.allowedOrigins ?? [], settingsOf(settings));
      }
      if (unsafe && !permits(introspection.scope, 'write')) {
        refusals.record(
          request,
          'refused_scope',
          `${request.method} with scope ${introspection.scope}`,
          introspection.clientId,
        );
        throw new ApiError(
          403,
          { detail: 'You do not have permission to perform this action.' },
          { 'www-authenticate': `${CHALLENGE}, error="insufficient_scope", scope="write"` },
        );
      }
      const { users } = await service.getUsers({ keys: [{ key: { $case: 'id', value: introspection.user } }] });
      const user = users[0]?.user;
      if (!user?.isActive) throw unauthenticated(', error="invalid_token"');
      return toCaller(user, permits(introspection.scope, 'write'), meansOf(introspection, user), introspection.grant);
    }
    const basic = decodeBasic(header);
    if (!basic) throw unauthenticated(/^bearer/i.test(header) ? ', error="invalid_token"' : '');
    const { settings } = await applications.getSettings({});
    if (!settingsOf(settings).AUTH_BASIC_ENABLED) throw unauthenticated();
    const verified = await service.verifyPassword({
      username: basic.name,
      password: basic.password,
      address: senderOf(request),
      ...NO_DEVICE,
    });
    if (verified.result?.$case === 'user') {
      cors.proven(request);
      return toCaller(verified.result.value, true, common.Means.MEANS_BASIC);
    }
    const limited = verified.retryAfterSeconds > 0;
    refusals.record(request, limited ? 'too_many_attempts' : 'failed_login', 'HTTP Basic');
    if (limited) {
      throw new ApiError(
        429,
        { detail: 'Too many wrong passwords. Try again later.' },
        { 'retry-after': String(verified.retryAfterSeconds) },
      );
    }
    throw unauthenticated('', 'Invalid username or password.');
  };

/** Only client-credentials tokens are for a service identity. */
const meansOf = ({ application }: tokens.Introspection, { externalAccount }: accounts.User): common.Means => {
  if (application === 0) return common.Means.MEANS_PERSONAL_TOKEN;
  return externalAccount === 'service' ? common.Means.MEANS_CLIENT_CREDENTIALS : common.Means.MEANS_APPLICATION_TOKEN;
};

const toCaller = (user: accounts.User, mayWrite: boolean, means: common.Means, grant = 0): Caller => ({
  user,
  mayWrite,
  actor: {
    user: user.id,
    superuser: user.isSuperuser,
    systemAuditor: user.isSystemAuditor,
    adminOf: user.adminOf,
    memberOf: user.memberOf,
    auditorOf: user.auditorOf,
    means,
    grant,
  },
});
