import { refused, toCause, type tokens as wire } from '@grantlog/contracts';
import { faultOfOne } from '../faults.ts';
import { redeemGrant } from '../grants/index.ts';
import { clientProblem, required } from '../proofs.ts';
import type { Deps } from '../service-deps.ts';

/** Issues for a list of requests; each has an outcome of its own. The epochs are read once, after all of them came. */
export const issueTokens =
  (deps: Deps) =>
  async ({ requests }: wire.IssueTokensRequest): Promise<wire.IssueTokensResponse> => {
    const epochs = await deps.streams.epochs();
    const at = deps.clock.now();
    const issue = async (request: wire.IssueToken): Promise<wire.TokenOutcome> => {
      const client = required(request.client, 'client');
      const problem = clientProblem(epochs, client);
      if (problem) return { result: refused(problem) };
      const { requestKey } = request;
      const redeem = {
        client,
        lifetimes: required(request.lifetimes, 'lifetimes'),
        requestKey,
        cause: toCause(request.cause),
        epochs,
        at,
      };
      return redeemGrant(deps, redeem, required(request.grant, 'grant'));
    };
    return { outcomes: await Promise.all(requests.map((request) => issue(request).catch(faultOfOne))) };
  };
