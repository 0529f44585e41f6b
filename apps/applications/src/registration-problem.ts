import { isSerializedOrigin } from '@grantlog/origins';
import type { Settings } from '@grantlog/settings';
import { APPLICATION_GRANT_TYPES, CLIENT_TYPES, redirectUriProblem } from '@grantlog/oauth';

type Registration = {
  readonly clientType: string;
  readonly authorizationGrantType: string;
  readonly redirectUris: readonly string[];
};

const includes = (list: readonly string[], value: string): boolean => list.includes(value);

/** Which of an application's own origins cannot be one; undefined when all can. @see RFC 6454 §6.2 */
export const originProblem = (origins: readonly string[]): string | undefined => {
  const bad = origins.find((origin) => !isSerializedOrigin(origin));
  return bad === undefined
    ? undefined
    : `"${bad.replace(/[^\x20-\x7e]/g, '?').slice(0, 200)}" is not an origin: scheme (http or https), host in lower case and port, nothing more, like https://app.example.`;
};

/** Why these fields cannot stand together; undefined when they can. Asked at registration and at every update. */
export const registrationProblem = (
  { clientType, authorizationGrantType, redirectUris }: Registration,
  { HTTP_REDIRECT_URIS, PRIVATE_USE_REDIRECT_SCHEMES }: Settings,
): string | undefined => {
  if (!includes(CLIENT_TYPES, clientType)) return `"${clientType}" is not a valid choice.`;
  if (!includes(APPLICATION_GRANT_TYPES, authorizationGrantType))
    return `"${authorizationGrantType}" is not a valid choice.`;
  if (authorizationGrantType === 'client-credentials' && clientType !== 'confidential') {
    return 'client-credentials is for confidential applications only (RFC 6749 section 4.4).';
  }
  if (authorizationGrantType === 'authorization-code' && redirectUris.length === 0) {
    return 'redirect_uris cannot be empty with grant_type authorization-code';
  }
  return redirectUris
    .map((uri) => redirectUriProblem(uri, clientType, HTTP_REDIRECT_URIS, PRIVATE_USE_REDIRECT_SCHEMES))
    .find((problem) => problem !== undefined);
};
