import { hash, randomBytes } from 'node:crypto';
import { parseCookie, stringifySetCookie } from 'cookie';
import type { Request, Response } from 'express';
import { sameMac } from '@grantlog/service-kit';
import type { accounts, tokens } from '@grantlog/contracts';
import type { GatewayPorts } from '../ports.ts';

/** A live session of a browser, and the digest that it is known by on the server. */
export type BrowserSession = accounts.BrowserSession & { readonly user: accounts.User; readonly digest: string };

export const CSRF_COOKIE = 'csrftoken';

export type BrowserSessions = {
  readonly cookieName: string;
  /** The live session that the request's cookie names. */
  readonly current: (request: Request) => Promise<BrowserSession | undefined>;
  readonly digestOf: (request: Request) => string;
  /** Begins a session under a new id and gives the browser its cookies. @returns why it could not */
  readonly start: (
    request: Request,
    response: Response,
    user: accounts.User,
    lifetimeSeconds: number,
    requestId: string,
  ) => Promise<string | undefined>;
  readonly end: (request: Request, response: Response, requestId: string) => Promise<void>;
  /** The token a form outside a session carries twice, as field and cookie; makes one when there is none. */
  readonly formToken: (request: Request, response: Response) => string;
  /** Whether the form token fits the cookie, or the session where there is one; and the request comes from our pages. */
  readonly isFromOurPages: (request: Request, presented: string | undefined, session?: BrowserSession) => boolean;
};

const digestOfId = (id: string): string => hash('sha256', `session:${id}`, 'base64url');
const newId = (): string => randomBytes(32).toString('base64url');

export const createBrowserSessions = ({ accounts: service, issuer, allowedHosts }: GatewayPorts): BrowserSessions => {
  const secure = issuer.startsWith('https:');
  // The prefix needs Secure, which a plain http issuer on a loopback address cannot have.
  const cookieName = secure ? '__Host-grantlog-session' : 'grantlog-session';
  const cookies = (request: Request): Record<string, string | undefined> => parseCookie(request.headers.cookie ?? '');
  const set = (
    response: Response,
    name: string,
    value: string,
    options: { httpOnly: boolean; maxAge?: number },
  ): void => {
    response.append('set-cookie', stringifySetCookie({ name, value, path: '/', sameSite: 'lax', secure, ...options }));
  };
  const digestOf = (request: Request): string => digestOfId(cookies(request)[cookieName] ?? '');

  return {
    cookieName,
    digestOf,
    current: async (request) => {
      const id = cookies(request)[cookieName];
      if (id === undefined || id === '') return undefined;
      const digest = digestOfId(id);
      const { sessions } = await service.getBrowserSessions({ sessionDigests: [digest] });
      const session = sessions[0]?.session;
      return session?.user ? { ...session, user: session.user, digest } : undefined;
    },
    start: async (request, response, user, lifetimeSeconds, requestId) => {
      const id = newId();
      const csrfToken = newId();
      const { refusal } = await service.startBrowserSession({
        cause: { requestId, actor: user.id, clientId: '' },
        user: user.id,
        userVersion: user.version,
        sessionDigest: digestOfId(id),
        csrfToken,
        lifetimeSeconds,
        replacesDigest: cookies(request)[cookieName] === undefined ? '' : digestOf(request),
      });
      if (refusal) return refusal.description;
      set(response, cookieName, id, { httpOnly: true });
      set(response, CSRF_COOKIE, csrfToken, { httpOnly: false });
      set(response, 'userLoggedIn', 'true', { httpOnly: false });
      response.set('x-api-session-cookie-name', cookieName);
      return undefined;
    },
    end: async (request, response, requestId) => {
      await service.endBrowserSession({ cause: { requestId, clientId: '' }, sessionDigest: digestOf(request) });
      set(response, cookieName, '', { httpOnly: true, maxAge: 0 });
      set(response, 'userLoggedIn', 'false', { httpOnly: false });
    },
    formToken: (request, response) => {
      const known = cookies(request)[CSRF_COOKIE];
      if (known !== undefined && /^[A-Za-z0-9_-]{43}$/.test(known)) return known;
      const token = newId();
      set(response, CSRF_COOKIE, token, { httpOnly: false });
      return token;
    },
    isFromOurPages: (request, presented, session) => {
      const wanted = session ? session.csrfToken : cookies(request)[CSRF_COOKIE];
      return (
        wanted !== undefined &&
        presented !== undefined &&
        wanted !== '' &&
        sameMac(wanted, presented) &&
        isOwnOrigin(request, issuer, allowedHosts)
      );
    },
  };
};

/** Whether `Origin`, or `Referer` where there is none, is one of ours. A browser sends one of them with every form. */
const isOwnOrigin = ({ headers }: Request, issuer: string, allowedHosts: readonly string[]): boolean => {
  // Our pages send no referrer, so a browser that posts their forms says `Origin: null`; where it is from is told by
  // a header that no page can set (Fetch Metadata §2.3).
  if (headers.origin === 'null') return headers['sec-fetch-site'] === 'same-origin';
  const origin = headers.origin ?? (headers.referer === undefined ? undefined : URL.parse(headers.referer)?.origin);
  return origin !== undefined && isOurOrigin(origin, issuer, allowedHosts);
};

/** Whether an origin is one that this installation is reached at. */
export const isOurOrigin = (origin: string, issuer: string, allowedHosts: readonly string[]): boolean => {
  const url = URL.parse(origin);
  return (
    origin === issuer ||
    (url !== null && url.protocol === new URL(issuer).protocol && isAllowedHost(url.host, allowedHosts))
  );
};

/** Whether a `Host` value is served: listed with its port, or its name without one. */
export const isAllowedHost = (host: string, allowedHosts: readonly string[]): boolean =>
  allowedHosts.includes(host) || allowedHosts.includes(host.replace(/:\d+$/, ''));

/** The session's user, as the tokens service is told. */
export const subjectOf = ({ user: { id, version, username } }: BrowserSession): tokens.Subject => ({
  user: id,
  version,
  username,
});
