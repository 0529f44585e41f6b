import type { Request, Response } from 'express';
import type { applications, common, tokens } from '@grantlog/contracts';
import { matchesRedirectUri } from '@grantlog/oauth';
import type { Gateway } from '../gateway.ts';
import { type BrowserSession, subjectOf } from '../http/browser-session.ts';
import type { FlatForm } from '../http/flat-form.ts';
import { causeOf } from '../http/request-context.ts';
import { errorPage } from '../pages/error-page.ts';
import { loginUrl, redirectWithin } from '../pages/local-path.ts';
import { sendPage } from '../pages/views.ts';
import { lifetimesOf, settingsOf } from '../settings.ts';
import { EVERYTHING, requestAgain, type ValidatedRequest } from './authorization-request.ts';
import { redirectCode, redirectError } from './authorization-response.ts';
import { clientOf } from './token.ts';

const SCOPE_IN_WORDS: Readonly<Record<string, string>> = {
  read: 'see what your account can see (read)',
  write: 'make changes in your name (write)',
};

/** Asks the user: for which application, for what, for how long. */
export const consentPage = async (
  gateway: Gateway,
  response: Response,
  validated: ValidatedRequest,
  session: BrowserSession,
  transaction: string,
): Promise<void> => {
  const { form, application, settings, redirectUri } = validated;
  const { organizations } = await gateway.accounts.getOrganizations({ ids: [application.organization] });
  const url = new URL(redirectUri);
  sendPage(response, 200, '@consent', {
    title: 'Allow access',
    application: application.name,
    organization: organizations[0]?.organization?.name ?? '',
    username: session.user.username,
    scopes: (form.get('scope') ?? EVERYTHING).split(' ').map((word) => SCOPE_IN_WORDS[word] ?? word),
    // A native application's scheme has no host.
    host: url.host || url.protocol,
    duration: inWords(Math.min(settings.GRANT_EXPIRE_SECONDS, settings.REFRESH_TOKEN_EXPIRE_SECONDS)),
    csrf: session.csrfToken,
    transaction,
    next: requestAgain(form),
  });
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
export const answerConsent = async (
  gateway: Gateway,
  form: FlatForm,
  request: Request,
  response: Response,
): Promise<void> => {
  const session = await gateway.sessions.current(request);
  const transaction = form.get('transaction') ?? '';
  if (!session) return loginAgain(gateway, transaction, request, response);
  if (form.duplicates.length > 0 || !gateway.sessions.isFromOurPages(request, form.get('csrfmiddlewaretoken'), session))
    return notThisSession(gateway, request, response);
  const sessionDigest = session.digest;
  const { result: found } = await gateway.tokens.getAuthorization({ transaction, sessionDigest });
  if (found?.$case !== 'authorization') return refusedPage(request, response, found?.value);
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
  const again = urlOf(application, asked);
  const cause = causeOf(request, { actor: session.user.id });
  if (!form.has('allow')) {
    const { result } = await gateway.tokens.denyAuthorization({
      cause,
      transaction,
      sessionDigest,
      user: session.user.id,
    });
    if (result?.$case !== 'denied') return refusedPage(request, response, result?.value, again);
    const { redirectUri, state } = result.value;
    return redirectError(
      gateway,
      response,
      { redirectUri, state: state || undefined },
      'access_denied',
      'The user denied the request.',
    );
  }
  const { result } = await gateway.tokens.approveAuthorization({
    cause: { ...cause, clientId: application.clientId },
    transaction,
    sessionDigest,
    client: clientOf(application),
    subject: subjectOf(session),
    lifetimes: lifetimesOf(settingsOf(settings)),
  });
  if (result?.$case !== 'code') return refusedPage(request, response, result?.value, again);
  return redirectCode(gateway, response, result.value);
};

/** The session ended while the page was open: the browser that it was shown to logs in, and the request goes on. */
const loginAgain = async (
  gateway: Gateway,
  transaction: string,
  request: Request,
  response: Response,
): Promise<void> => {
  for (const sessionDigest of gateway.sessions.digestsOf(request)) {
    const { result } = await gateway.tokens.getAuthorization({ transaction, sessionDigest });
    if (result?.$case !== 'authorization') continue;
    const { applications: found } = await gateway.applications.getApplications({
      keys: [{ key: { $case: 'id', value: result.value.application } }],
    });
    const application = found[0]?.application;
    if (application) return redirectWithin(response, loginUrl(urlOf(application, result.value.request)));
  }
  return notThisSession(gateway, request, response);
};

const notThisSession = ({ refusals }: Gateway, request: Request, response: Response): void => {
  refusals.record(request, 'refused_form', 'the CSRF token of the consent page does not fit');
  errorPage(
    request,
    response,
    403,
    'This page is not from your current session. Go back and load it again, or start again at the application.',
  );
};

/** The URL of an authorization request that the server kept. Its page was needed, so it is shown again. */
const urlOf = ({ clientId }: applications.Application, asked: tokens.AuthorizationRequest | undefined): string => {
  const query = new URLSearchParams({ response_type: 'code', client_id: clientId, prompt: 'consent' });
  if (asked?.redirectUriGiven) query.set('redirect_uri', asked.redirectUri);
  if (asked) query.set('scope', asked.scope);
  if (asked?.state) query.set('state', asked.state);
  if (asked?.codeChallenge) {
    query.set('code_challenge', asked.codeChallenge);
    query.set('code_challenge_method', 'S256');
  }
  return `/api/o/authorize/?${query.toString()}`;
};

const refusedPage = (request: Request, response: Response, refusal: common.Refusal | undefined, again?: string): void =>
  errorPage(
    request,
    response,
    refusal?.error === 'forbidden' ? 403 : 400,
    refusal?.description ?? 'The request cannot be carried out.',
    again,
  );
