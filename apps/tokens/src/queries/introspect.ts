import type { tokens as wire } from '@grantlog/contracts';
import { type ActiveGrant, type Epochs, type Grant, grantStream, scopeUnder, survives } from '@grantlog/grants-domain';
import { parseToken, type PresentedToken, sameDigest } from '@grantlog/oauth';
import type { Deps } from '../service-deps.ts';
import { tokenName } from '../translate.ts';

const INACTIVE: wire.Introspection = {
  active: false,
  grant: 0,
  application: 0,
  clientId: '',
  user: 0,
  scope: '',
  issuedAt: '',
  expiresAt: '',
  username: '',
};

/**
 * Whether values are live access tokens, by the write side as of a moment after the call: a revocation that was
 * acknowledged before is always seen. Codes and refresh tokens are not: a resource server would take one for a bearer
 * token. A client learns about its own tokens only. That a live token was asked about is its use. @see RFC 7662 §2.2 and §4
 */
export const introspect =
  ({ streams, clock, lastUse }: Deps) =>
  async ({ tokens }: wire.IntrospectRequest): Promise<wire.IntrospectResponse> => {
    const presented = tokens.map(({ token }) => accessToken(token));
    const [epochs, ...grants] = await Promise.all([
      streams.epochs(),
      ...presented.map((token) => (token ? streams.grants.load(grantStream(token.grant)) : undefined)),
    ]);
    const areMadeByTokens = grants.some((grant) => grant?.state.status === 'Active' && grant.state.terms.parent);
    const parents = areMadeByTokens
      ? await Promise.all(grants.map((grant) => Promise.resolve(grant && streams.parentOf(grant.state))))
      : [];
    const at = clock.now();
    const introspections = tokens.map(({ askingApplication }, i) => {
      const token = presented[i];
      const grant = grants[i]?.state;
      if (!token || !grant || !isLive(grant, token, epochs, at)) return INACTIVE;
      if (askingApplication !== 0 && grant.terms.application !== askingApplication) return INACTIVE;
      const scope = scopeUnder(grant, parents[i], epochs);
      if (scope === undefined) return INACTIVE;
      lastUse.note(tokenName(token.grant), at);
      return toIntrospection(token, grant, { scope, username: presentName(grant, epochs) });
    });
    return { introspections };
  };

const accessToken = (value: string): PresentedToken | undefined => {
  const presented = parseToken(value);
  return presented?.kind === 'access' ? presented : undefined;
};

const isLive = (grant: Grant, { version, digest }: PresentedToken, epochs: Epochs, at: string): grant is ActiveGrant =>
  grant.status === 'Active' &&
  version === grant.generation.version &&
  sameDigest(grant.generation.accessDigest, digest) &&
  at < grant.generation.accessExpiresAt &&
  survives(grant.terms, epochs);

/** Empty where it is not known: a grant from before changes were noted may have a name that is somebody else's by now. */
const presentName = ({ terms }: ActiveGrant, { usernames }: Epochs): string =>
  usernames[terms.user]?.username ?? (terms.userVersion === undefined ? '' : terms.username);

const toIntrospection = (
  token: PresentedToken,
  { terms, generation }: ActiveGrant,
  present: { scope: string; username: string },
): wire.Introspection => ({
  active: true,
  grant: token.grant,
  application: terms.application,
  clientId: terms.clientId,
  user: terms.user,
  issuedAt: generation.issuedAt,
  expiresAt: generation.accessExpiresAt,
  ...present,
});
