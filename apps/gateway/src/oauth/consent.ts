import type { Request, Response } from 'express';
import type { common } from '@grantlog/contracts';
import { matchesRedirectUri } from '@grantlog/oauth';
import type { Gateway } from '../gateway.ts';
import { type BrowserSession, subjectOf } from '../http/browser-session.ts';
import type { FlatForm } from '../http/flat-form.ts';
import { causeOf } from '../http/request-context.ts';
import { errorPage } from '../pages/error-page.ts';
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
    host: url.host,
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

const refusedPage = (request: Request, response: Response, refusal: common.Refusal | undefined): void =>
  errorPage(
    request,
    response,
    refusal?.error === 'forbidden' ? 403 : 400,
    refusal?.description ?? 'The request cannot be carried out.',
  );
