import type { Request, Response } from 'express';
import { ServiceUnavailable, type tokens } from '@grantlog/contracts';
import { isLoopback, type OAuthErrorCode } from '@grantlog/oauth';
import type { Gateway } from '../gateway.ts';
import { type BrowserSession, subjectOf } from '../http/browser-session.ts';
import { type FlatForm, parseFlatForm, queryText } from '../http/flat-form.ts';
import { readPageForm } from '../http/read-body.ts';
import { isNavigation } from '../http/navigation.ts';
import { causeOf } from '../http/request-context.ts';
import { LONGEST_URL } from '../http/limits.ts';
import { errorPage } from '../pages/error-page.ts';
import { loginUrl, redirectWithin } from '../pages/local-path.ts';
import { lifetimesOf } from '../settings.ts';
import {
  EVERYTHING,
  promptsOf,
  requestAgain,
  requestProblem,
  validateClient,
  type ValidatedRequest,
} from './authorization-request.ts';
import { redirectCode, redirectError } from './authorization-response.ts';
import { answerConsent, consentPage } from './consent.ts';
import { clientOf } from './token.ts';

/** `GET|POST /api/o/authorize/` @see RFC 6749 §4.1.1, RFC 7636 §4.3, RFC 9207 §2 */
export const authorize =
  (gateway: Gateway) =>
  async (request: Request, response: Response): Promise<void> => {
    const posted = request.method === 'POST';
    const form = posted
      ? await gateway.admission.waiting(() => readPageForm(request))
      : parseFlatForm(queryText(request.url));
    if (!form || (posted && request.url.includes('?')))
      return errorPage(request, response, 400, 'The request is not a well-formed form or query.');
    if (posted && form.has('transaction')) return answerConsent(gateway, form, request, response);

    const [validated, session] = await Promise.all([validateClient(gateway, form), gateway.sessions.current(request)]);
    if (typeof validated === 'string') {
      gateway.refusals.record(request, 'refused_authorization', validated, form.get('client_id'));
      return errorPage(request, response, 400, validated);
    }
    // From another site the session's cookie comes with a navigation, not with a form (SameSite=Lax).
    if (posted && !session && requestAgain(form).length <= LONGEST_URL)
      return redirectWithin(response, requestAgain(form));
    const prompts = promptsOf(form);
    const neverAsk = prompts.length === 1 && prompts[0] === 'none';
    // No error leaves on its own while nobody is logged in: it would make this server a redirector (RFC 9700 §4.11.2).
    if (!session && !neverAsk) return toLogin(form, response);
    const problem = requestProblem(validated);
    if (problem) return redirectError(gateway, response, validated, ...problem);
    if (!session || needsLogin(form, session, gateway.clock.now())) {
      if (neverAsk) return redirectError(gateway, response, validated, 'login_required', 'The user has to log in.');
      return toLogin(form, response);
    }
    if (!isNavigation(request)) return noEffect(gateway, request, response);
    return begin(gateway, validated, session, { request, response, neverAsk });
  };

/** A login fulfils both demands: it takes them off the request. */
const needsLogin = (form: FlatForm, session: BrowserSession, now: string): boolean => {
  if (promptsOf(form).includes('login')) return true;
  const maxAge = form.get('max_age');
  return !!maxAge && Date.parse(now) - Date.parse(session.authenticatedAt) >= Number(maxAge) * 1000;
};

const toLogin = (form: FlatForm, response: Response): void => redirectWithin(response, loginUrl(requestAgain(form)));

type Exchange = { readonly request: Request; readonly response: Response; readonly neverAsk: boolean };

const begin = async (
  gateway: Gateway,
  validated: ValidatedRequest,
  session: BrowserSession,
  { request, response, neverAsk }: Exchange,
): Promise<void> => {
  const { form, application, settings, redirectUri } = validated;
  const confidential = application.clientType === 'confidential';
  // Only an https redirect URI, or one of our own, says anything about who a public client is (RFC 8252 §8.6).
  const provable = confidential || isProvable(redirectUri, gateway.issuer);
  const authorization: tokens.BeginAuthorization = {
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
    forceConsent: promptsOf(form).includes('consent') || form.get('approval_prompt') === 'force',
    neverAsk,
  };
  const { outcomes } = await gateway.tokens.beginAuthorizations({ requests: [authorization] });
  const result = outcomes[0]?.result;
  if (result?.$case === 'code') return redirectCode(gateway, response, result.value);
  if (result?.$case === 'transaction') return consentPage(gateway, response, validated, session, result.value);
  const { error, description } = result?.value ?? { error: 'server_error', description: 'No answer.' };
  // As for any other outage: 503 to the browser, which may try again.
  if (error === 'temporarily_unavailable') throw new ServiceUnavailable(description);
  if (error === 'gone') return errorPage(request, response, 400, description);
  return redirectError(gateway, response, validated, error as OAuthErrorCode, description);
};

/** What a browser fetches ahead, or for a page, asks for nothing in its user's name. @see RFC 9110 §9.2.1 */
const noEffect = (gateway: Gateway, request: Request, response: Response): void => {
  if (request.method === 'HEAD') return void response.set('cache-control', 'no-store').status(200).end();
  gateway.refusals.record(request, 'refused_authorization', 'not a navigation');
  errorPage(request, response, 403, 'This address has to be opened in a window of its own.');
};

const isProvable = (redirectUri: string, issuer: string): boolean => {
  const url = URL.parse(redirectUri);
  return (
    url !== null && (url.origin === new URL(issuer).origin || (url.protocol === 'https:' && !isLoopback(url.hostname)))
  );
};
