import { randomUUID } from 'node:crypto';
import type { Request, Response } from 'express';
import { type applications, isUnavailable, ServiceUnavailable, type tokens } from '@grantlog/contracts';
import type { Settings } from '@grantlog/settings';
import { GRANT_TYPES, type GrantType, isCodeVerifier, mayUse } from '@grantlog/oauth';
import { answered } from '../http/answered.ts';
import { clientCredentials } from '../http/client-credentials.ts';
import { NO_DEVICE } from '../http/device-cookie.ts';
import type { FlatForm } from '../http/flat-form.ts';
import { fromRefusal, noStore, OAuthError, tooMany } from '../http/oauth-error.ts';
import { causeOf, requestId, senderOf } from '../http/request-context.ts';
import type { Gateway } from '../gateway.ts';
import { EARLY_REFUSALS } from '../http/early-refusal.ts';
import { lifetimesOf, settingsOf } from '../settings.ts';

type Grant = NonNullable<tokens.IssueToken['grant']>;

/** `POST /api/o/token/`: proves the client, then redeems its grant. @see RFC 6749 §3.2, §4.1.3, §4.4.2, §6 */
export const token =
  (gateway: Gateway) =>
  async (request: Request, response: Response, form: FlatForm): Promise<void> => {
    const credentials = clientCredentials(request, form);
    const grantType = grantTypeOf(form);
    // New tokens are shed before refreshes, which running clients live on.
    if (grantType !== 'refresh_token' && !gateway.admission.admits('first'))
      throw new OAuthError(503, 'temporarily_unavailable', EARLY_REFUSALS[503]);
    const { clients, settings: message } = await gateway.applications.authenticateClients({ clients: [credentials] });
    const settings = settingsOf(message);
    const application = answered(clients[0]?.result, 'application', (refusal) =>
      fromRefusal(refusal, credentials.clientId),
    );
    gateway.cors.allowOwnOrigins(request, response, application.allowedOrigins, settings);
    if (grantType === 'password' && !settings.ALLOW_PASSWORD_GRANT) {
      throw new OAuthError(400, 'unsupported_grant_type', 'The password grant is off (setting ALLOW_PASSWORD_GRANT).');
    }
    if (!mayUse(application.authorizationGrantType, grantType)) {
      throw new OAuthError(400, 'unauthorized_client', `This application may not use the ${grantType} grant.`);
    }
    const grant = await GRANTS[grantType](gateway, form, application, request);
    const outcome = await issue(gateway, request, application, settings, grant);
    gateway.positions.send(response, outcome.position);
    noStore(response)
      .status(200)
      .json({
        access_token: outcome.accessToken,
        expires_in: outcome.expiresIn,
        token_type: 'Bearer',
        scope: outcome.scope,
        ...(outcome.refreshToken !== '' && { refresh_token: outcome.refreshToken }),
      });
  };

const grantTypeOf = (form: FlatForm): GrantType => {
  const asked = form.get('grant_type');
  if (asked === undefined || asked === '')
    throw new OAuthError(400, 'invalid_request', 'Missing grant_type parameter.');
  if (!(GRANT_TYPES as readonly string[]).includes(asked)) {
    throw new OAuthError(400, 'unsupported_grant_type', `grant_type must be one of: ${GRANT_TYPES.join(', ')}.`);
  }
  return asked as GrantType;
};

/** A parameter without a value counts as omitted. @see RFC 6749 §3.1 */
const optional = (form: FlatForm, name: string): string | undefined => form.get(name) || undefined;

const mandatory = (form: FlatForm, name: string): string => {
  const value = optional(form, name);
  if (value === undefined) throw new OAuthError(400, 'invalid_request', `Missing ${name} parameter.`);
  return value;
};

/** An empty scope is none of the words: "nothing" is never widened to everything. */
const scopeOf = (form: FlatForm, standard: string): string => form.get('scope') ?? standard;

const EVERYTHING = 'read write';

type ToGrant = (
  gateway: Gateway,
  form: FlatForm,
  application: applications.Application,
  request: Request,
) => Promise<Grant> | Grant;

const GRANTS: Readonly<Record<GrantType, ToGrant>> = {
  authorization_code: (_gateway, form) => {
    const redirectUri = optional(form, 'redirect_uri');
    const codeVerifier = optional(form, 'code_verifier');
    if (codeVerifier !== undefined && !isCodeVerifier(codeVerifier))
      throw new OAuthError(400, 'invalid_grant', 'code_verifier must be 43 to 128 unreserved characters.');
    return {
      $case: 'authorizationCode',
      value: {
        code: mandatory(form, 'code'),
        ...(redirectUri !== undefined && { redirectUri }),
        ...(codeVerifier !== undefined && { codeVerifier }),
      },
    };
  },
  refresh_token: (_gateway, form) => {
    const scope = form.get('scope');
    return {
      $case: 'refreshToken',
      value: { refreshToken: mandatory(form, 'refresh_token'), ...(scope !== undefined && { scope }) },
    };
  },
  client_credentials: async (gateway, form, application, request) => ({
    $case: 'clientCredentials',
    value: {
      subject: await gateway.serviceIdentities.of(application, causeOf(request, { clientId: application.clientId })),
      scope: scopeOf(form, EVERYTHING),
    },
  }),
  password: async (gateway, form, _application, request) => {
    const username = mandatory(form, 'username');
    const { result, retryAfterSeconds } = await gateway.accounts.verifyPassword({
      username,
      password: mandatory(form, 'password'),
      address: senderOf(request),
      ...NO_DEVICE,
    });
    if (retryAfterSeconds > 0) throw tooMany(retryAfterSeconds);
    const { id, version, ...user } = answered(result, 'user', (refusal) => {
      gateway.refusals.record(request, 'failed_login', 'the password grant');
      return fromRefusal(refusal);
    });
    return {
      $case: 'password',
      value: { subject: { user: id, version, username: user.username }, scope: scopeOf(form, EVERYTHING) },
    };
  },
};

const issue = async (
  gateway: Gateway,
  request: Request,
  application: applications.Application,
  settings: Settings,
  grant: Grant,
): Promise<tokens.IssuedTokens> => {
  const { clientId } = application;
  const { outcomes } = await gateway.tokens
    .issueTokens({
      requests: [
        {
          cause: causeOf(request, { clientId }),
          requestKey: randomUUID(),
          client: clientOf(application),
          lifetimes: lifetimesOf(settings),
          grant,
        },
      ],
    })
    .catch((error: unknown) => {
      const wasAsked = !(error instanceof ServiceUnavailable) || error.wasAsked;
      if (!isUnavailable(error) || !wasAsked) throw error;
      gateway.logger.warn({ err: error, requestId: requestId(request) }, 'what a token request did is not known');
      throw spentBy(grant, settings, clientId) ?? error;
    });
  return answered(outcomes[0]?.result, 'tokens', (refusal) => {
    if (grant.$case === 'clientCredentials') gateway.serviceIdentities.forget(application);
    const refused = fromRefusal(refusal, clientId);
    return refused.status === 503 ? (spentBy(grant, settings, clientId) ?? refused) : refused;
  });
};

/**
 * What a request is answered whose outcome is not known, where sending it again would be taken for a replay and end the
 * grant: it may have been carried out. @see RFC 6749 §4.1.2, RFC 9700 §4.14.2
 */
const spentBy = ({ $case }: Grant, settings: Settings, clientId: string): OAuthError | undefined => {
  const isReplay = $case === 'authorizationCode' || ($case === 'refreshToken' && settings.REFRESH_TOKEN_GRACE_SECONDS === 0); // prettier-ignore
  if (!isReplay) return undefined;
  const what = $case === 'refreshToken' ? 'refresh token' : 'authorization code';
  const text = `The service did not answer in time; the ${what} may be spent. Do not send it again: start a new authorization request.`;
  return new OAuthError(503, 'temporarily_unavailable', text, { clientId, isFinal: true });
};

/** The client as the token service needs it, with the version at which it was judged. */
export const clientOf = (application: applications.Application): tokens.Client => ({
  application: application.id,
  clientId: application.clientId,
  version: application.version,
  clientType: application.clientType,
  authorizationGrantType: application.authorizationGrantType,
  organization: application.organization,
  name: application.name,
});
