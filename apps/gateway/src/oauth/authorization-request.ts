import type { applications } from '@grantlog/contracts';
import { isCodeChallenge, matchesRedirectUri, type OAuthErrorCode, parseScope } from '@grantlog/oauth';
import type { Gateway } from '../gateway.ts';
import { type FlatForm, hasControls, parseFlatForm } from '../http/flat-form.ts';
import type { Settings } from '@grantlog/settings';
import { settingsOf } from '../settings.ts';
import { LONGEST_PARAMETERS, tooLong } from '../http/oauth-parameters.ts';

/** What is asked for where the request names no scope. */
export const EVERYTHING = 'read write';

/** An authorization request whose client and redirect URI are validated; only such a one may be answered by redirect. */
export type ValidatedRequest = {
  readonly form: FlatForm;
  readonly application: applications.Application;
  readonly settings: Settings;
  readonly redirectUri: string;
  readonly redirectUriGiven: boolean;
  /** Absent when it was not sent, or cannot be echoed. */
  readonly state: string | undefined;
};

/** Step 1: nothing goes to a redirect URI before client and URI are known to belong together. */
export const validateClient = async (gateway: Gateway, form: FlatForm): Promise<ValidatedRequest | string> => {
  for (const name of ['client_id', 'redirect_uri'])
    if (form.duplicates.includes(name)) return `Duplicate ${name} parameter.`;
  const clientId = form.get('client_id');
  if (!clientId) return 'Missing client_id parameter.';
  for (const name of ['client_id', 'redirect_uri'] as const)
    if ((form.get(name)?.length ?? 0) > LONGEST_PARAMETERS[name])
      return `The ${name} parameter is longer than ${LONGEST_PARAMETERS[name]} characters.`;
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
  const echoed =
    state !== undefined && !hasControls(state) && state.length <= LONGEST_PARAMETERS.state ? state : undefined;
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
export const requestProblem = ({
  form,
  application,
  settings,
  state,
}: ValidatedRequest): [OAuthErrorCode, string] | undefined => {
  const [twice] = form.duplicates;
  if (twice !== undefined)
    return ['invalid_request', `Duplicate ${twice.replace(/[^\w-]/g, '?').slice(0, 60)} parameter.`];
  if (form.get('state') && state === undefined)
    return ['invalid_request', 'The state parameter has control characters or is longer than 2048 characters.'];
  const strange = form.entries.find(([name, value]) => hasControls(name) || (name !== 'state' && hasControls(value)));
  if (strange) return ['invalid_request', 'A parameter has control characters.'];
  const long = tooLong(form);
  if (long) return [...long];
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
  const prompts = promptsOf(form);
  if (prompts.includes('none') && prompts.length > 1)
    return ['invalid_request', 'prompt=none cannot stand with another word.'];
  if (form.get('max_age') && !/^\d{1,9}$/.test(form.get('max_age') as string))
    return ['invalid_request', 'max_age must be a number of seconds of at most 9 digits.'];
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

/** The words of `prompt`; those that are unknown here mean nothing. @see OpenID Connect Core §3.1.2.1 */
export const promptsOf = (form: FlatForm): readonly string[] => words(form.get('prompt') ?? '');
const words = (prompt: string): string[] => prompt.split(' ').filter((word) => word !== '');

const ENDPOINT = '/api/o/authorize/?';

/** The URL that asks for the same once more, byte for byte. */
export const requestAgain = (form: FlatForm): string => ENDPOINT + form.text;

/** Where a login leads: the login that an authorization request demanded (`prompt=login`, `max_age`) is done. */
export const afterLogin = (next: string): string => {
  if (!next.startsWith(ENDPOINT)) return next;
  const parts = next.slice(ENDPOINT.length).split('&');
  return ENDPOINT + parts.flatMap(withoutDemand).join('&');
};

const withoutDemand = (part: string): string[] => {
  const form = parseFlatForm(part);
  if (form?.has('max_age')) return [];
  const prompts = form ? promptsOf(form) : [];
  // With none it stays, for it is refused.
  if (!prompts.includes('login') || prompts.includes('none')) return [part];
  const others = prompts.filter((word) => word !== 'login');
  return others.length === 0 ? [] : [`prompt=${encodeURIComponent(others.join(' '))}`];
};
