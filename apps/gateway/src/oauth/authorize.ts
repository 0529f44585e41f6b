import type { Request, Response } from 'express';
import type { applications, common, tokens } from '@grantlog/contracts';
import {
  isCodeChallenge,
  isLoopback,
  matchesRedirectUri,
  type OAuthErrorCode,
  parseScope,
  withParameters,
} from '@grantlog/oauth';
import type { Gateway } from '../gateway.ts';
import type { BrowserSession } from '../http/browser-session.ts';
import { type FlatForm, hasControls, parseFlatForm, queryText } from '../http/flat-form.ts';
import { readPageForm } from '../http/read-body.ts';
import { causeOf, requestId } from '../http/request-context.ts';
import { sendPage } from '../pages/views.ts';
import { lifetimesOf, type Settings, settingsOf } from '../settings.ts';
import { clientOf } from './token.ts';

const LONGEST_STATE = 2048;
const EVERYTHING = 'read write';

/** An authorization request whose client and redirect URI are validated; only such a one may be answered by redirect. */
type Validated = {
  readonly form: FlatForm;
  readonly application: applications.Application;
  readonly settings: Settings;
  readonly redirectUri: string;
  readonly redirectUriGiven: boolean;
  /** Absent when it was not sent, or cannot be echoed. */
  readonly state: string | undefined;
};

/** `GET|POST /api/o/authorize/` @see RFC 6749 §4.1.1, RFC 7636 §4.3, RFC 9207 §2 */
export const authorize =
  (gateway: Gateway) =>
  async (request: Request, response: Response): Promise<void> => {
    const posted = request.method === 'POST';
    const form = posted ? await readPageForm(request, response) : parseFlatForm(queryText(request.url));
    if (!form || (posted && request.url.includes('?')))
      return errorPage(request, response, 400, 'The request is not a well-formed form or query.');
    if (posted && form.has('transaction')) return decide(gateway, form, request, response);

    const validated = await validateClient(gateway, form);
    if (typeof validated === 'string') {
      gateway.refusals.record(request, 'refused_authorization', validated, form.get('client_id'));
      return errorPage(request, response, 400, validated);
    }
    const session = await gateway.sessions.current(request);
    const neverAsk = form.get('prompt') === 'none';
    // No error leaves on its own while nobody is logged in: it would make this server a redirector (RFC 9700 §4.11.2).
    if (!session && !neverAsk) return toLogin(form, response);
    const problem = requestProblem(validated);
    if (problem) return redirectError(gateway, response, validated, ...problem);
    if (!session || needsLogin(form, session, gateway.clock.now())) {
      if (neverAsk) return redirectError(gateway, response, validated, 'login_required', 'The user has to log in.');
      return toLogin(form, response);
    }
    return begin(gateway, validated, session, { request, response, neverAsk });
  };

/** Step 1: nothing goes to a redirect URI before client and URI are known to belong together. */
const validateClient = async (gateway: Gateway, form: FlatForm): Promise<Validated | string> => {
  for (const name of ['client_id', 'redirect_uri'])
    if (form.duplicates.includes(name)) return `Duplicate ${name} parameter.`;
  const clientId = form.get('client_id');
  if (!clientId) return 'Missing client_id parameter.';
  const { applications: found, settings } = await gateway.applications.getApplications({
    keys: [{ key: { $case: 'clientId', value: clientId } }],
  });
  const application = found[0]?.application;
  if (!application) return 'Invalid client_id parameter value.';
  const given = form.get('redirect_uri') || undefined;
  const [only, ...others] = application.redirectUris;
  if (given === undefined && (only === undefined || others.length > 0)) return 'Missing redirect URI.';
  if (given !== undefined && !application.redirectUris.some((registered) => matchesRedirectUri(registered, given)))
    return 'Mismatching redirect URI.';
  const state = form.duplicates.includes('state') ? undefined : form.get('state') || undefined;
  const echoed = state !== undefined && !hasControls(state) && state.length <= LONGEST_STATE ? state : undefined;
  return {
    form,
    application,
    settings: settingsOf(settings),
    redirectUri: given ?? (only as string),
    redirectUriGiven: given !== undefined,
    state: echoed,
  };
};

/** Step 3: what else is wrong, in the order in which it is told. */
const requestProblem = ({ form, application, settings, state }: Validated): [OAuthErrorCode, string] | undefined => {
  const [twice] = form.duplicates;
  if (twice !== undefined)
    return ['invalid_request', `Duplicate ${twice.replace(/[^\w-]/g, '?').slice(0, 60)} parameter.`];
  if (form.get('state') && state === undefined)
    return ['invalid_request', 'The state parameter has control characters or is longer than 2048.'];
  const strange = form.entries.find(([name, value]) => hasControls(name) || (name !== 'state' && hasControls(value)));
  if (strange) return ['invalid_request', 'A parameter has control characters.'];
  if (form.has('request')) return ['request_not_supported', 'Request objects are not supported.'];
  if (form.has('request_uri')) return ['request_uri_not_supported', 'Request objects are not supported.'];
  if (form.get('response_mode') && form.get('response_mode') !== 'query')
    return ['invalid_request', 'response_mode must be query.'];
  const responseType = form.get('response_type');
  if (!responseType) return ['invalid_request', 'Missing response_type parameter.'];
  if (responseType !== 'code') return ['unsupported_response_type', 'response_type must be code.'];
  if (application.authorizationGrantType !== 'authorization-code')
    return ['unauthorized_client', 'This application may not use the authorization code grant.'];
  const scope = form.get('scope');
  if (scope !== undefined && !parseScope(scope)) return ['invalid_scope', 'scope must be words of: read write.'];
  const prompt = form.get('prompt');
  if (prompt && !['none', 'login', 'consent'].includes(prompt))
    return ['invalid_request', 'prompt must be none, login or consent.'];
  if (form.get('max_age') && !/^\d{1,9}$/.test(form.get('max_age') as string))
    return ['invalid_request', 'max_age must be a number of seconds.'];
  return pkceProblem(form, application, settings);
};

/** S256 only; who sent a challenge is held to it. @see RFC 7636 §4.3, §4.4.1, RFC 9700 §2.1.1 */
const pkceProblem = (
  form: FlatForm,
  { clientType }: applications.Application,
  { PKCE_REQUIRED }: Settings,
): [OAuthErrorCode, string] | undefined => {
  const challenge = form.get('code_challenge') || undefined;
  const method = form.get('code_challenge_method') || undefined;
  if (challenge === undefined) {
    if (method !== undefined) return ['invalid_request', 'code_challenge_method without code_challenge.'];
    return clientType === 'public' || PKCE_REQUIRED === 'all'
      ? ['invalid_request', 'code_challenge is required (PKCE, S256).']
      : undefined;
  }
  if (method !== 'S256') return ['invalid_request', 'code_challenge_method must be S256.'];
  return isCodeChallenge(challenge)
    ? undefined
    : ['invalid_request', 'code_challenge must be 43 base64url characters.'];
};

/** After a login for this very request, `prompt=login` is fulfilled: the login page takes it off the request. */
const needsLogin = (form: FlatForm, session: BrowserSession, now: string): boolean => {
  if (form.get('prompt') === 'login') return true;
  const maxAge = form.get('max_age');
  return !!maxAge && Date.parse(now) - Date.parse(session.authenticatedAt) > Number(maxAge) * 1000;
};

const requestAgain = (form: FlatForm): string => {
  const query = new URLSearchParams();
  for (const name of form.names)
    if (!(name === 'prompt' && form.get(name) === 'login')) query.append(name, form.get(name) ?? '');
  return `/api/o/authorize/?${query.toString()}`;
};

const toLogin = (form: FlatForm, response: Response): void => {
  const login = new URLSearchParams({ next: requestAgain(form) });
  response
    .set({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
    .redirect(302, `/api/login/?${login.toString()}`);
};

type Exchange = { readonly request: Request; readonly response: Response; readonly neverAsk: boolean };

const begin = async (
  gateway: Gateway,
  validated: Validated,
  session: BrowserSession,
  { request, response, neverAsk }: Exchange,
): Promise<void> => {
  const { form, application, settings, redirectUri } = validated;
  const confidential = application.clientType === 'confidential';
  // Only an https redirect URI, or one of our own, says anything about who a public client is (RFC 8252 §8.6).
  const provable = confidential || isProvable(redirectUri, gateway.issuer);
  const { result } = await gateway.tokens.beginAuthorization({
    cause: causeOf(request, { actor: session.user.id, clientId: application.clientId }),
    client: clientOf(application),
    subject: subjectOf(session),
    sessionDigest: session.digest,
    request: {
      redirectUri,
      redirectUriGiven: validated.redirectUriGiven,
      scope: form.get('scope') ?? EVERYTHING,
      state: validated.state ?? '',
      codeChallenge: form.get('code_challenge') ?? '',
      rememberConsent: provable,
    },
    lifetimes: lifetimesOf(settings),
    skipConsent: confidential && application.skipAuthorization,
    mayUseRememberedConsent: provable,
    forceConsent: form.get('prompt') === 'consent' || form.get('approval_prompt') === 'force',
    neverAsk,
  });
  if (result?.$case === 'code') return redirectCode(gateway, response, result.value);
  if (result?.$case === 'transaction') return consentPage(gateway, response, validated, session, result.value);
  const { error, description } = result?.value ?? { error: 'server_error', description: 'No answer.' };
  if (error === 'gone') return errorPage(request, response, 400, description);
  return redirectError(gateway, response, validated, error as OAuthErrorCode, description);
};

const isProvable = (redirectUri: string, issuer: string): boolean => {
  const url = URL.parse(redirectUri);
  return (
    url !== null && (url.origin === new URL(issuer).origin || (url.protocol === 'https:' && !isLoopback(url.hostname)))
  );
};

const subjectOf = ({ user: { id, version, username } }: BrowserSession): tokens.Subject => ({
  user: id,
  version,
  username,
});

const SCOPE_IN_WORDS: Readonly<Record<string, string>> = {
  read: 'see what your account can see (read)',
  write: 'make changes in your name (write)',
};

const consentPage = async (
  gateway: Gateway,
  response: Response,
  validated: Validated,
  session: BrowserSession,
  transaction: string,
): Promise<void> => {
  const { form, application, settings, redirectUri } = validated;
  const { organizations } = await gateway.accounts.getOrganizations({ ids: [application.organization] });
  const url = new URL(redirectUri);
  sendPage(
    response,
    200,
    '@consent',
    {
      title: 'Allow access',
      application: application.name,
      organization: organizations[0]?.organization?.name ?? '',
      username: session.user.username,
      scopes: (form.get('scope') ?? EVERYTHING).split(' ').map((word) => SCOPE_IN_WORDS[word] ?? word),
      host: url.host,
      duration: inWords(Math.min(settings.GRANT_EXPIRE_SECONDS, settings.REFRESH_TOKEN_EXPIRE_SECONDS)),
      csrf: session.csrfToken,
      transaction,
      next: requestAgain(form),
    },
    url.origin,
  );
};

const inWords = (seconds: number): string => {
  const [unit, size] =
    seconds >= 172_800
      ? ['days', 86_400]
      : seconds >= 7200
        ? ['hours', 3600]
        : seconds >= 120
          ? ['minutes', 60]
          : ['seconds', 1];
  return `${Math.floor(seconds / Number(size))} ${unit} without use, or until you withdraw it`;
};

/** The consent page's answer: one transaction id, everything else is on the server and checked again now. */
const decide = async (gateway: Gateway, form: FlatForm, request: Request, response: Response): Promise<void> => {
  const session = await gateway.sessions.current(request);
  if (
    !session ||
    form.duplicates.length > 0 ||
    !gateway.sessions.isFromOurPages(request, form.get('csrfmiddlewaretoken'), session)
  ) {
    gateway.refusals.record(request, 'refused_form', 'the CSRF token of the consent page does not fit');
    return errorPage(
      request,
      response,
      403,
      'This page is not from your current session. Start again at the application.',
    );
  }
  const transaction = form.get('transaction') ?? '';
  const sessionDigest = session.digest;
  const { result: found } = await gateway.tokens.getAuthorization({ transaction, sessionDigest });
  if (found?.$case !== 'authorization') return refusedPage(request, response, found?.value);
  const cause = causeOf(request, { actor: session.user.id });
  if (!form.has('allow')) {
    const { result } = await gateway.tokens.denyAuthorization({
      cause,
      transaction,
      sessionDigest,
      user: session.user.id,
    });
    if (result?.$case !== 'denied') return refusedPage(request, response, result?.value);
    const { redirectUri, state } = result.value;
    return redirectError(
      gateway,
      response,
      { redirectUri, state: state || undefined },
      'access_denied',
      'The user denied the request.',
    );
  }
  const { application: id, request: asked } = found.value;
  const { applications: all, settings } = await gateway.applications.getApplications({
    keys: [{ key: { $case: 'id', value: id } }],
  });
  const application = all[0]?.application;
  const stillRegistered = application?.redirectUris.some((registered) =>
    matchesRedirectUri(registered, asked?.redirectUri ?? ''),
  );
  if (!application || !stillRegistered)
    return errorPage(request, response, 400, 'The application was changed or removed meanwhile.');
  const { result } = await gateway.tokens.approveAuthorization({
    cause: { ...cause, clientId: application.clientId },
    transaction,
    sessionDigest,
    client: clientOf(application),
    subject: subjectOf(session),
    lifetimes: lifetimesOf(settingsOf(settings)),
  });
  if (result?.$case !== 'code') return refusedPage(request, response, result?.value);
  return redirectCode(gateway, response, result.value);
};

/** 302 turns a POST into a GET; 307 would hand the form on (RFC 9700 §4.12). */
const redirect = (response: Response, location: string): void => {
  response
    .status(302)
    .set({
      location,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    })
    .end();
};

const redirectCode = ({ issuer }: Gateway, response: Response, { code, redirectUri, state }: tokens.IssuedCode): void =>
  redirect(response, withParameters(redirectUri, { code, state: state || undefined, iss: issuer }));

const redirectError = (
  { issuer }: Gateway,
  response: Response,
  { redirectUri, state }: Pick<Validated, 'redirectUri' | 'state'>,
  error: OAuthErrorCode,
  description: string,
): void =>
  redirect(response, withParameters(redirectUri, { error, error_description: description, state, iss: issuer }));

const refusedPage = (request: Request, response: Response, refusal: common.Refusal | undefined): void =>
  errorPage(
    request,
    response,
    refusal?.error === 'forbidden' ? 403 : 400,
    refusal?.description ?? 'The request cannot be carried out.',
  );

/** An own page without `Location`: what was wrong is told here, and nothing leaves for anywhere. */
export const errorPage = (request: Request, response: Response, status: number, message: string): void =>
  sendPage(response, status, '@error', {
    title: status >= 500 ? 'Try again later' : 'This does not work',
    message,
    requestId: requestId(request),
  });
