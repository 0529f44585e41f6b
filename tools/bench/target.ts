import { type Reply, postForm } from './http.ts';
import type { Pids } from './measure.ts';

/** What is measured, ours or the peer, behind the same few calls. */
export type Target = {
  readonly name: 'grantlog' | 'oidc-provider';
  readonly base: string;
  readonly pids: () => Pids;
  readonly paths: { readonly token: string; readonly introspect: string; readonly revoke: string };
  /** Basic of a client for the code flow, and of one for client credentials. */
  readonly codeClient: string;
  readonly machineClient: string;
  readonly redirectUri: string;
  /** How many authorizations of one browser session may be under way at once. */
  readonly authorizationsAtOnce: number;
  /** A logged-in user's authorization that needs no page. */
  readonly authorize: (options?: { ownGrant?: boolean }) => Promise<Reply>;
  readonly settle: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

const codeOf = ({ location }: Reply): string => new URL(location).searchParams.get('code') ?? '';

export const clientCredentials = async (target: Target): Promise<Reply> =>
  postForm(target.base, target.paths.token, target.machineClient, { grant_type: 'client_credentials', scope: 'read' });

/**
 * Authorize and exchange: the tokens, or undefined when something went wrong.
 * @param options.ownGrant each authorization is a grant of its own, as it is with us anyway
 */
export const codeFlow = async (
  target: Target,
  options: { ownGrant?: boolean } = {},
): Promise<{ access_token: string; refresh_token: string } | undefined> => {
  const code = codeOf(await target.authorize(options));
  const { status, body } = await postForm(target.base, target.paths.token, target.codeClient, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: target.redirectUri,
  });
  return status === 200 ? (JSON.parse(body) as { access_token: string; refresh_token: string }) : undefined;
};
