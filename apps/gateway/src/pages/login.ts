import type { Request, Response } from 'express';
import { LONGEST_PASSWORD_BYTES, LONGEST_USERNAME, passwordProblem } from '@grantlog/service-kit';
import type { Gateway } from '../gateway.ts';
import { type FlatForm, hasControls, parseFlatForm, queryText } from '../http/flat-form.ts';
import { readPageForm } from '../http/read-body.ts';
import { requestId, senderOf } from '../http/request-context.ts';
import { afterLogin } from '../oauth/authorization-request.ts';
import { errorPage } from './error-page.ts';
import { localPath, redirectWithin } from './local-path.ts';
import { settingsOf } from '../settings.ts';
import { sendPage } from './views.ts';

/** `GET /api/login/` */
export const loginPage =
  (gateway: Gateway) =>
  (request: Request, response: Response): void => {
    if (!request.accepts('html')) {
      response.status(406).json({ detail: 'Could not satisfy the request Accept header.' });
      return;
    }
    const query = parseFlatForm(queryText(request.url));
    const next = localPath(query?.get('next'));
    showLogin(gateway, request, response, { status: 200, error: '', next, username: hintOf(next) });
  };

/** `POST /api/login/`: a verified password begins a session under a new id. */
export const login =
  (gateway: Gateway) =>
  async (request: Request, response: Response): Promise<void> => {
    const form = await gateway.admission.waiting(() => readPageForm(request));
    if (!form || form.duplicates.length > 0)
      return errorPage(request, response, 400, 'The request is not a well-formed form.');
    const next = localPath(form.get('next'));
    const username = form.get('username') ?? '';
    const password = form.get('password') ?? '';
    const show = (status: number, error: string): void =>
      showLogin(gateway, request, response, { status, error, next, username });
    if (!isFromLoginPage(gateway, request, form)) {
      gateway.refusals.record(request, 'refused_form', 'the CSRF token of the login page does not fit');
      // Another tab was faster: who has a session needs no second one. What `next` demands is judged there.
      if (await gateway.sessions.current(request)) return redirectWithin(response, next);
      return show(403, 'This page was out of date, or the browser keeps no cookies. Enter your password once more.');
    }
    if (hasControls(username) || hasControls(password))
      return show(400, 'Username and password may not have control characters.');
    if (username === '' || password === '') return show(400, 'Enter username and password.');
    if (passwordProblem(password, 1) !== undefined || username.length > LONGEST_USERNAME)
      return show(
        400,
        `A username has at most ${LONGEST_USERNAME} characters, a password at most ${LONGEST_PASSWORD_BYTES} bytes.`,
      );
    const verified = await gateway.accounts.verifyPassword({
      username,
      password,
      address: senderOf(request),
      ...gateway.devices.of(request),
    });
    if (verified.result?.$case !== 'user') {
      gateway.refusals.record(
        request,
        verified.retryAfterSeconds > 0 ? 'too_many_attempts' : 'failed_login',
        'the login page',
      );
      if (verified.retryAfterSeconds > 0) response.set('retry-after', String(verified.retryAfterSeconds));
      return verified.retryAfterSeconds > 0
        ? show(429, 'Too many wrong passwords. Try again later.')
        : show(401, 'Username and password do not fit.');
    }
    const { settings } = await gateway.applications.getSettings({});
    const problem = await gateway.sessions.start(
      request,
      response,
      verified.result.value,
      settingsOf(settings).SESSION_COOKIE_AGE,
      requestId(request),
    );
    if (problem !== undefined) return show(401, 'Username and password do not fit.');
    gateway.devices.remember(request, response, verified.result.value.id);
    redirectWithin(response, afterLogin(next));
  };

const isFromLoginPage = ({ sessions }: Gateway, request: Request, form: FlatForm): boolean => {
  const header = request.headers['x-csrftoken'];
  return sessions.isFromOurPages(
    request,
    form.get('csrfmiddlewaretoken') ?? (typeof header === 'string' ? header : undefined),
  );
};

/** Whom the waiting authorization request expects. */
const hintOf = (next: string): string =>
  next.startsWith('/api/o/authorize/?') ? (parseFlatForm(queryText(next))?.get('login_hint') ?? '') : '';

const showLogin = (
  { sessions }: Gateway,
  request: Request,
  response: Response,
  { status, username, ...content }: { status: number; error: string; next: string; username: string },
): void =>
  sendPage(response, status, '@login', {
    title: 'Log in',
    ...content,
    csrf: sessions.formToken(request, response),
    username: hasControls(username) ? '' : username.slice(0, LONGEST_USERNAME),
  });

/** `POST /api/logout/`: ends the session on the server. */
export const logout =
  (gateway: Gateway) =>
  async (request: Request, response: Response): Promise<void> => {
    const form = await gateway.admission.waiting(() => readPageForm(request));
    const session = await gateway.sessions.current(request);
    const header = request.headers['x-csrftoken'];
    const presented = form?.get('csrfmiddlewaretoken') ?? (typeof header === 'string' ? header : undefined);
    if (session && !gateway.sessions.isFromOurPages(request, presented, session)) {
      gateway.refusals.record(request, 'refused_form', 'the CSRF token of the logout form does not fit');
      return sendPage(response, 403, '@logout', {
        title: 'Log out',
        error: 'This page was out of date.',
        username: session.user.username,
        csrf: session.csrfToken,
        next: localPath(form?.get('next')),
      });
    }
    await gateway.sessions.end(request, response, requestId(request));
    redirectWithin(response, localPath(form?.get('next')));
  };
