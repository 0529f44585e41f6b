import type { tokens as wire } from '@grantlog/contracts';
import type { Cause } from '@grantlog/event-sourcing';
import type { Epochs } from '@grantlog/grants-domain';
import type { Deps } from '../service-deps.ts';
import { redeemAuthorizationCode } from './authorization-code.ts';
import { redeemClientCredentials, redeemPassword } from './client-credentials.ts';
import { redeemRefreshToken } from './refresh-token.ts';

/** What every grant is redeemed with. */
export type Redeem = {
  readonly client: wire.Client;
  readonly lifetimes: wire.Lifetimes;
  readonly requestKey: string;
  readonly cause: Cause;
  /** Read after the request arrived, before anything they guard. */
  readonly epochs: Epochs;
  readonly at: string;
};

/** The grant type's module: the only place where one is chosen. */
export const redeemGrant = (
  deps: Deps,
  redeem: Redeem,
  grant: NonNullable<wire.IssueToken['grant']>,
): Promise<wire.TokenOutcome> => {
  switch (grant.$case) {
    case 'authorizationCode':
      return redeemAuthorizationCode(deps, redeem, grant.value);
    case 'refreshToken':
      return redeemRefreshToken(deps, redeem, grant.value);
    case 'clientCredentials':
      return redeemClientCredentials(deps, redeem, grant.value);
    case 'password':
      return redeemPassword(deps, redeem, grant.value);
  }
};
