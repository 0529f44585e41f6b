import { permits, type Target } from '@grantlog/access';
import {
  actsInPerson,
  common,
  FORBIDDEN,
  invalidField,
  NOT_IN_PERSON,
  refused,
  toCause,
  type tokens as wire,
  toRefusal,
} from '@grantlog/contracts';
import { type Cause, plusSeconds, type Refusal } from '@grantlog/event-sourcing';
import {
  type ActiveGrant,
  grantEpochs,
  consentStream,
  type Epochs,
  grantStream,
  scopeUnder,
  survives,
} from '@grantlog/grants-domain';
import { parseScope } from '@grantlog/oauth';
import { drawIssue } from '../grants/draw-issue.ts';
import { issuedTokens } from '../grants/issued-tokens.ts';
import { openGrant } from '../grants/open-grant.ts';
import { clientProblem, required, subjectProblem } from '../proofs.ts';
import type { Deps } from '../service-deps.ts';
import { tokenName, toToken } from '../translate.ts';

const NO_TOKEN: Refusal = { error: 'not_found', description: 'No OAuth2AccessToken matches the given query.' };

const SCOPE_RULE = "Must be a simple space-separated string with allowed scopes ['read', 'write'].";

/** The live grant of this number, with the scope that it has under its parent. */
export const liveGrant = async (
  { streams }: Deps,
  id: number,
): Promise<{ grant: ActiveGrant; version: number } | undefined> => {
  const epochs = await streams.epochs();
  const { state, version } = await streams.grants.load(grantStream(id));
  if (state.status !== 'Active' || !survives(state.terms, epochs)) return undefined;
  const scope = scopeUnder(state, await streams.parentOf(state), epochs);
  return scope === undefined ? undefined : { grant: { ...state, generation: { ...state.generation, scope } }, version };
};

/** What decides of a token: an application's move to another organization ends its grants, so theirs never changes. */
export const targetOf = ({ terms }: ActiveGrant): Target => ({
  owner: terms.user,
  organizations: terms.application === 0 ? [] : [terms.organization],
});

/**
 * Creates a personal token, or an access and a refresh token for an application, for the caller itself. Tokens of
 * applications create none; a personal token creates personal ones, which have no wider scope and no later end than itself,
 * end with it and create none.
 */
export const createToken =
  (deps: Deps) =>
  async (request: wire.CreateTokenRequest): Promise<wire.CreateTokenResponse> => {
    const { actor, client, scope, description, requestKey, expiresIn } = request;
    const subject = required(request.subject, 'subject');
    const lifetimes = required(request.lifetimes, 'lifetimes');
    if (!actsInPerson(actor)) return { result: refused(NOT_IN_PERSON) };
    if (actor.user !== subject.user) return { result: refused(FORBIDDEN) };
    const byToken = actor.means === common.Means.MEANS_PERSONAL_TOKEN;
    if (byToken && client) return { result: refused(ONLY_PERSONAL) };
    if (!parseScope(scope)) return { result: refused(invalidField('scope', SCOPE_RULE)) };
    if (client?.authorizationGrantType === 'client-credentials') {
      return {
        result: refused(
          invalidField('application', 'Tokens of a client-credentials application come from /api/o/token/ only.'),
        ),
      };
    }
    const epochs = await deps.streams.epochs();
    const problem = (client && clientProblem(epochs, client)) ?? subjectProblem(epochs, subject);
    if (problem) return { result: refused(FORBIDDEN) };

    const at = deps.clock.now();
    const cause = toCause(request.cause);
    const parent = byToken ? await parentOf(deps, actor.grant, { scope, epochs, at, cause }) : undefined;
    if (parent?.refusal) return { result: refused(parent.refusal) };
    const personalSeconds = Math.min(lifetimes.personalTokenSeconds, expiresIn > 0 ? expiresIn : Infinity);
    const grantSeconds = client ? lifetimes.grantSeconds : personalSeconds;
    const grantExpiresAt = earlier(plusSeconds(at, grantSeconds), parent?.expiresAt);
    const drawn = drawIssue(lifetimes, requestKey, {
      withRefresh: client !== undefined,
      accessLifetimeSeconds: client ? lifetimes.accessTokenSeconds : personalSeconds,
    });
    const application = client?.application ?? 0;
    const terms = {
      application,
      clientId: client?.clientId ?? '',
      organization: client?.organization ?? 0,
      user: subject.user,
      username: subject.username,
      userVersion: subject.version,
      scope,
      epochs: grantEpochs(epochs, application, subject.user),
      grantExpiresAt,
      ...(parent && { parent: actor.grant }),
    };
    const opened = await openGrant(
      deps,
      { type: 'GrantToken', terms, description, issue: drawn.issue, at },
      { cause, at },
    );
    if (opened.refusal) return { result: refused(opened.refusal) };
    if (opened.state.status !== 'Active')
      throw new Error(`grant ${opened.grant} is ${opened.state.status} after it was opened`);
    const { accessToken, refreshToken } = issuedTokens(opened.grant, opened.state, drawn, at);
    return {
      result: {
        $case: 'created',
        value: { token: toToken(opened.grant, opened.state, opened.version), accessToken, refreshToken },
      },
    };
  };

const ONLY_PERSONAL: Refusal = {
  error: 'forbidden',
  description: 'A personal token creates personal tokens only.',
};

/** Asks the token that creates another, in its own stream. */
const parentOf = async (
  { streams }: Deps,
  grant: number,
  { scope, epochs, at, cause }: { scope: string; epochs: Epochs; at: string; cause: Cause },
): Promise<{ refusal: Refusal } | { refusal?: undefined; expiresAt: string }> => {
  const { refusal, state } = await streams.grants.handle(
    grantStream(grant),
    { type: 'GrantChildToken', scope, epochs, at },
    { cause, at },
  );
  if (refusal) return { refusal };
  if (state.status !== 'Active') throw new Error(`grant ${grant} is ${state.status} after it created a token`);
  return { expiresAt: state.generation.accessExpiresAt };
};

const earlier = (end: string, other: string | undefined): string => (other !== undefined && other < end ? other : end);

/** Changes scope or description; a changed scope acts on the live token at once. */
export const updateToken =
  (deps: Deps) =>
  async ({ actor, id, scope, description, ...request }: wire.UpdateTokenRequest): Promise<wire.UpdateTokenResponse> => {
    const live = await liveGrant(deps, id);
    const problem = changeProblem(actor, live?.grant);
    if (!live || problem) return { result: refused(problem ?? NO_TOKEN) };
    if (scope !== undefined && !parseScope(scope)) return { result: refused(invalidField('scope', SCOPE_RULE)) };
    const { refusal } = await deps.streams.grants.handle(
      grantStream(id),
      { type: 'ChangeToken', scope, description, mayWiden: mayWiden(actor, live.grant) },
      { cause: toCause(request.cause), at: deps.clock.now() },
    );
    const changed = refusal ? undefined : await liveGrant(deps, id);
    if (!changed) return { result: refused(refusal ?? NO_TOKEN) };
    const [lastUsed] = await deps.lastUse.of([tokenName(id)]);
    return { result: { $case: 'token', value: toToken(id, changed.grant, changed.version, lastUsed) } };
  };

/** Why the actor may not change or end a token; what it may not see looks like what does not exist. */
const changeProblem = (actor: common.Actor | undefined, grant: ActiveGrant | undefined): Refusal | undefined => {
  if (!grant || !permits(actor, 'read', 'token', targetOf(grant))) return NO_TOKEN;
  return permits(actor, 'change', 'token', targetOf(grant)) ? undefined : FORBIDDEN;
};

/**
 * What a user has granted, nobody else widens. Widening is like creating: a token has no wider scope than what it was
 * created with, so none widens another or itself.
 */
const mayWiden = (actor: common.Actor | undefined, { terms }: ActiveGrant): boolean =>
  actsInPerson(actor) &&
  actor.means !== common.Means.MEANS_PERSONAL_TOKEN &&
  actor.user === terms.user &&
  terms.parent === undefined;

/**
 * Ends a grant: access and refresh token are dead before the reply. Its own user withdraws the remembered consent too, and
 * before: a repeated request finishes what a crash left.
 */
export const deleteToken =
  (deps: Deps) =>
  async ({ actor, id, ...request }: wire.DeleteTokenRequest): Promise<wire.DeleteTokenResponse> => {
    const { streams, clock } = deps;
    const stream = grantStream(id);
    const live = await liveGrant(deps, id);
    const problem = changeProblem(actor, live?.grant);
    if (!live || problem) return { refusal: toRefusal(problem ?? NO_TOKEN) };
    const { user, application } = live.grant.terms;
    // Who ends an application's access does not want it to come back without being asked.
    if (application !== 0 && actor?.user === user) {
      await streams.consents.handle(
        consentStream(user, application),
        { type: 'WithdrawConsent' },
        { cause: toCause(request.cause), at: clock.now() },
      );
    }
    const { recorded, version } = await streams.grants.handle(
      stream,
      { type: 'RevokeGrant', because: 'requested_by_user' },
      { cause: toCause(request.cause), at: clock.now() },
    );
    return recorded ? { position: { stream, version } } : { refusal: toRefusal(NO_TOKEN) };
  };
