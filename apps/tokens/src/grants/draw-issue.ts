import type { tokens as wire } from '@grantlog/contracts';
import type { Issue } from '@grantlog/grants-domain';
import { newTokenSecret, type Secret } from '@grantlog/oauth';

/** What a command needs to issue, and the secrets in clear that go into the one reply. */
export type Drawn = { readonly issue: Issue; readonly access: Secret; readonly refresh: Secret | undefined };

/** Draws the secrets of one generation of tokens. */
export const drawIssue = (
  lifetimes: wire.Lifetimes,
  requestKey: string,
  {
    withRefresh,
    accessLifetimeSeconds = lifetimes.accessTokenSeconds,
  }: { withRefresh: boolean; accessLifetimeSeconds?: number },
): Drawn => {
  const access = newTokenSecret('access');
  const refresh = withRefresh ? newTokenSecret('refresh') : undefined;
  return {
    access: access.secret,
    refresh: refresh?.secret,
    issue: {
      requestKey,
      accessDigest: access.digest,
      accessLifetimeSeconds,
      refreshLifetimeSeconds: lifetimes.refreshTokenSeconds,
      ...(refresh && { refreshDigest: refresh.digest }),
    },
  };
};
