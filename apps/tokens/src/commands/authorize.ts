import { randomBytes } from 'node:crypto';
import { refused, toCause, type tokens as wire } from '@grantlog/contracts';
import { plusSeconds, type Cause, type Refusal } from '@grantlog/event-sourcing';
import { type Asked, grantEpochs, consentStream, covers, type Epochs, grantStream } from '@grantlog/grants-domain';
import { formatToken, newTokenSecret, redirectOrigin, sameDigest } from '@grantlog/oauth';
import { faultOfOne } from '../faults.ts';
import { clientProblem, required, subjectProblem } from '../proofs.ts';
import type { Deps } from '../service-deps.ts';

/** How long a consent page may stay open. */
const AUTHORIZATION_LIFETIME_SECONDS = 1800;

/** An authorization under way: the request stays on the server, the browser carries only its id. */
type UnderWay = {
  readonly grant: number;
  readonly application: number;
  readonly user: number;
  readonly sessionDigest: string;
  readonly request: wire.AuthorizationRequest;
};

const GONE: Refusal = {
  error: 'gone',
  description: 'This authorization is not under way any more. Start again at the application.',
};
const OTHER_SESSION: Refusal = {
  error: 'forbidden',
  description: 'This authorization belongs to another browser session.',
};

/**
 * Begins authorizations for logged-in users: issues the code at once where no consent has to be asked for, otherwise
 * keeps the request until the page is answered. Each has an outcome of its own.
 */
export const beginAuthorizations =
  (deps: Deps) =>
  async ({ requests }: wire.BeginAuthorizationsRequest): Promise<wire.BeginAuthorizationsResponse> => {
    const begin = beginAuthorization(deps);
    return { outcomes: await Promise.all(requests.map((request) => begin(request).catch(faultOfOne))) };
  };

const beginAuthorization =
  (deps: Deps) =>
  async (request: wire.BeginAuthorization): Promise<wire.AuthorizationOutcome> => {
    const { streams, sessions, clock } = deps;
    const client = required(request.client, 'client');
    const subject = required(request.subject, 'subject');
    const asked = required(request.request, 'request');
    const [epochs, consent] = await Promise.all([
      streams.epochs(),
      request.mayUseRememberedConsent
        ? streams.consents.load(consentStream(subject.user, client.application))
        : undefined,
    ]);
    const remembered = consent && covers(consent.state, consentTo(asked, client.application, subject.user, epochs));
    if (!request.forceConsent && (request.skipConsent || remembered)) {
      const outcome = await issueCode(deps, {
        ...request,
        client,
        subject,
        asked,
        epochs,
        grant: streams.newGrantNumber(),
      });
      return { result: 'refusal' in outcome ? refused(outcome.refusal) : { $case: 'code', value: outcome.code } };
    }
    if (request.neverAsk)
      return { result: refused({ error: 'consent_required', description: 'the user has to consent' }) };
    const transaction = randomBytes(24).toString('base64url');
    const underWay: UnderWay = {
      grant: streams.newGrantNumber(),
      application: client.application,
      user: subject.user,
      sessionDigest: request.sessionDigest,
      request: asked,
    };
    await sessions.create(
      transaction,
      JSON.stringify(underWay),
      plusSeconds(clock.now(), AUTHORIZATION_LIFETIME_SECONDS),
    );
    return { result: { $case: 'transaction', value: transaction } };
  };

/** The authorization that a page is about. */
export const getAuthorization =
  (deps: Deps) =>
  async (request: wire.GetAuthorizationRequest): Promise<wire.GetAuthorizationResponse> => {
    const found = await underWay(deps, request);
    if ('refusal' in found) return { result: refused(found.refusal) };
    const { application, user, request: asked } = found;
    return { result: { $case: 'authorization', value: { application, user, request: asked } } };
  };

/** The user allowed it: of all answers to one page exactly one counts, by the insert of the grant's first commit. */
export const approveAuthorization =
  (deps: Deps) =>
  async (request: wire.ApproveAuthorizationRequest): Promise<wire.ApproveAuthorizationResponse> => {
    const found = await underWay(deps, request);
    if ('refusal' in found) return { result: refused(found.refusal) };
    const client = required(request.client, 'client');
    const subject = required(request.subject, 'subject');
    if (client.application !== found.application || subject.user !== found.user)
      return { result: refused(OTHER_SESSION) };
    const epochs = await deps.streams.epochs();
    const { request: asked, grant } = found;
    const outcome = await issueCode(deps, { ...request, client, subject, asked, epochs, grant });
    if ('refusal' in outcome) return { result: refused(outcome.refusal) };
    if (asked.rememberConsent) await rememberConsent(deps, found, epochs, toCause(request.cause));
    return { result: { $case: 'code', value: outcome.code } };
  };

/** The user denied it. It takes the place that an approval would take. */
export const denyAuthorization =
  (deps: Deps) =>
  async (request: wire.DenyAuthorizationRequest): Promise<wire.DenyAuthorizationResponse> => {
    const found = await underWay(deps, request);
    if ('refusal' in found) return { result: refused(found.refusal) };
    if (request.user !== found.user) return { result: refused(OTHER_SESSION) };
    const { grant, application, user, request: asked } = found;
    const { refusal } = await deps.streams.grants.handle(
      grantStream(grant),
      { type: 'DenyAuthorization', application, user },
      { cause: toCause(request.cause), at: deps.clock.now() },
    );
    if (refusal) return { result: refused(GONE) };
    return { result: { $case: 'denied', value: { redirectUri: asked.redirectUri, state: asked.state } } };
  };

const underWay = async (
  { sessions, clock }: Deps,
  { transaction, sessionDigest }: { transaction: string; sessionDigest: string },
): Promise<UnderWay | { refusal: Refusal }> => {
  const found = await sessions.get(transaction, clock.now());
  if (!found) return { refusal: GONE };
  const authorization = JSON.parse(found.record) as UnderWay;
  return sameDigest(authorization.sessionDigest, sessionDigest) ? authorization : { refusal: OTHER_SESSION };
};

type CodeToIssue = {
  readonly client: wire.Client;
  readonly subject: wire.Subject;
  readonly asked: wire.AuthorizationRequest;
  readonly grant: number;
  /** Read after the request arrived. */
  readonly epochs: Epochs;
  readonly lifetimes?: wire.Lifetimes | undefined;
  readonly cause?: Parameters<typeof toCause>[0];
};

const issueCode = async (
  { streams, clock }: Deps,
  { client, subject, asked, grant, epochs, ...request }: CodeToIssue,
): Promise<{ code: wire.IssuedCode } | { refusal: Refusal }> => {
  const problem = clientProblem(epochs, client) ?? subjectProblem(epochs, subject);
  if (problem) return { refusal: { ...problem, error: 'access_denied' } };
  const lifetimes = required(request.lifetimes, 'lifetimes');
  const at = clock.now();
  const { secret, digest } = newTokenSecret('code');
  const { refusal, version } = await streams.grants.handle(
    grantStream(grant),
    {
      type: 'GrantAuthorization',
      terms: {
        application: client.application,
        clientId: client.clientId,
        organization: client.organization,
        user: subject.user,
        username: subject.username,
        userVersion: subject.version,
        scope: asked.scope,
        epochs: grantEpochs(epochs, client.application, subject.user),
        grantExpiresAt: plusSeconds(at, lifetimes.grantSeconds),
      },
      redirectUri: asked.redirectUri,
      redirectUriGiven: asked.redirectUriGiven,
      codeChallenge: asked.codeChallenge,
      codeDigest: digest,
      codeExpiresAt: plusSeconds(at, lifetimes.authorizationCodeSeconds),
    },
    { cause: toCause(request.cause), at, fresh: true },
  );
  if (refusal) return { refusal: GONE };
  return {
    code: { code: formatToken('code', grant, version, secret), redirectUri: asked.redirectUri, state: asked.state },
  };
};

const consentTo = (
  { scope, redirectUri }: wire.AuthorizationRequest,
  application: number,
  user: number,
  epochs: Epochs,
): Asked => ({ scope, origin: redirectOrigin(redirectUri), epochs: grantEpochs(epochs, application, user) });

const rememberConsent = async (
  { streams, clock }: Deps,
  { user, application, request }: UnderWay,
  epochs: Epochs,
  cause: Cause,
): Promise<void> => {
  await streams.consents.handle(
    consentStream(user, application),
    { type: 'RememberConsent', ...consentTo(request, application, user, epochs) },
    { cause, at: clock.now() },
  );
};
