import { hash, randomBytes } from 'node:crypto';
import { stringifySetCookie } from 'cookie';
import type { Request, Response } from 'express';
import { sameMac } from '@grantlog/service-kit';
import type { accounts, tokens } from '@grantlog/contracts';
import type { GatewayPorts } from '../ports.ts';
import { isOurOrigin } from '../public-address.ts';
import { cookieValues } from './cookies.ts';

/** A live session of a browser, and the digest that it is known by on the server. */
export type BrowserSession = accounts.BrowserSession & { readonly user: accounts.User; readonly digest: string };

const CSRF_COOKIE = 'csrftoken';

export type BrowserSessions = {
  readonly cookieName: string;
  /** The live session that the request's cookie names. */
  readonly current: (request: Request) => Promise<BrowserSession | undefined>;
  /** Those that the request's cookies name, alive or not. */
  readonly digestsOf: (request: Request) => readonly string[];
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
  const set = (
    response: Response,
    name: string,
    value: string,
    options: { httpOnly: boolean; maxAge?: number },
  ): void => {
    response.append('set-cookie', stringifySetCookie({ name, value, path: '/', sameSite: 'lax', secure, ...options }));
  };
  const digestsOf = (request: Request): string[] => cookieValues(request, cookieName).map(digestOfId);

  return {
    cookieName,
    digestsOf,
    current: async (request) => {
      const sessionDigests = digestsOf(request);
      if (sessionDigests.length === 0) return undefined;
      const { sessions } = await service.getBrowserSessions({ sessionDigests });
      const live = sessions.findIndex(({ session }) => session?.user !== undefined);
      const session = sessions[live]?.session;
      const digest = sessionDigests[live];
      return session?.user && digest !== undefined ? { ...session, user: session.user, digest } : undefined;
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
        replacesDigest: digestsOf(request)[0] ?? '',
      });
      if (refusal) return refusal.description;
      set(response, cookieName, id, { httpOnly: true });
      set(response, CSRF_COOKIE, csrfToken, { httpOnly: false });
      set(response, 'userLoggedIn', 'true', { httpOnly: false });
      response.set('x-api-session-cookie-name', cookieName);
      return undefined;
    },
    end: async (request, response, requestId) => {
      for (const sessionDigest of digestsOf(request))
        await service.endBrowserSession({ cause: { requestId, clientId: '' }, sessionDigest });
      set(response, cookieName, '', { httpOnly: true, maxAge: 0 });
      set(response, 'userLoggedIn', 'false', { httpOnly: false });
    },
    formToken: (request, response) => {
      const known = cookieValues(request, CSRF_COOKIE).find((value) => /^[A-Za-z0-9_-]{43}$/.test(value));
      if (known !== undefined) return known;
      const token = newId();
      set(response, CSRF_COOKIE, token, { httpOnly: false });
      return token;
    },
    isFromOurPages: (request, presented, session) => {
      const wanted = session ? [session.csrfToken] : cookieValues(request, CSRF_COOKIE);
      return (
        presented !== undefined &&
        wanted.some((one) => sameMac(one, presented)) &&
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

/** The session's user, as the tokens service is told. */
export const subjectOf = ({ user: { id, version, username } }: BrowserSession): tokens.Subject => ({
  user: id,
  version,
  username,
});
