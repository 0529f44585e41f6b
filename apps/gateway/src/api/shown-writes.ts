import type { common } from '@grantlog/contracts';
import { exactly } from '../http/listing.ts';
import type { GatewayPorts } from '../ports.ts';
import { OURSELVES, queryOf } from './list-query.ts';

/** The lists in which a write to a stream shows: what happens to an application or a user may end tokens. */
const LISTS = {
  application: ['applications', 'tokens'],
  grant: ['tokens'],
  organization: ['organizations'],
  revocations: ['tokens'],
  user: ['users', 'tokens'],
} as const;
type List = (typeof LISTS)[keyof typeof LISTS][number];

/**
 * Waits until the lists show what a request wrote, by asking each for nothing but that: up to 2 s.
 * @returns false when one did not in that time, or could not be asked; the write itself is done
 */
export const createShownWrites = ({ accounts, applications, tokens, logger }: GatewayPorts) => {
  const asks: { readonly [One in List]: (query: common.ListQuery) => Promise<{ outcome?: common.ListOutcome | undefined }> } = {
    applications: (query) => applications.listApplications({ actor: OURSELVES, query }),
    organizations: (query) => accounts.listOrganizations({ actor: OURSELVES, query, user: 0 }),
    tokens: (query) => tokens.listTokens({ actor: OURSELVES, query, listedAfterExpiryDays: 0 }),
    users: (query) => accounts.listUsers({ actor: OURSELVES, query, organization: 0, role: '' }),
  }; // prettier-ignore

  return async (writes: readonly common.Position[]): Promise<boolean> => {
    const query = { ...queryOf([exactly('id', 0)]), after: [...writes] };
    const lists = new Set(writes.flatMap(({ stream }): readonly List[] => listsOf(stream)));
    const isShown = async (list: List): Promise<boolean> => {
      try {
        const { outcome } = await asks[list](query);
        return outcome?.stale === false;
      } catch (error) {
        logger.warn({ err: error, list }, 'a list could not be asked whether it shows a write');
        return false;
      }
    };
    return (await Promise.all([...lists].map(isShown))).every(Boolean);
  };
};

const listsOf = (stream: string): readonly List[] => {
  const category = stream.replace(/-.*$/, '');
  return Object.hasOwn(LISTS, category) ? LISTS[category as keyof typeof LISTS] : [];
};
