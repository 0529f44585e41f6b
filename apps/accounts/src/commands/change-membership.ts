import { permits } from '@grantlog/access';
import { organizationStream, type Role, ROLES, userStream } from '@grantlog/accounts-domain';
import {
  type accounts as wire,
  actsInPerson,
  FORBIDDEN,
  invalidField,
  NOT_IN_PERSON,
  toCause,
  toRefusal,
} from '@grantlog/contracts';
import { isVisible } from '../rights.ts';
import type { Deps } from '../service-deps.ts';

/**
 * Gives a user a role in an organization, or takes it. The organization's admins and superusers may, with users that they
 * may see: the answer is the same for one that they may not see and for none.
 */
export const changeMembership =
  ({ streams, clock }: Deps) =>
  async ({
    actor,
    user,
    organization,
    role,
    remove,
    ...request
  }: wire.ChangeMembershipRequest): Promise<wire.ChangeMembershipResponse> => {
    if (!(ROLES as readonly string[]).includes(role))
      return { refusal: toRefusal(invalidField('role', `"${role}" is not a valid choice.`)), version: 0 };
    if (!permits(actor, 'change', 'organization', { organizations: [organization] }))
      return { refusal: toRefusal(FORBIDDEN), version: 0 };
    if (!actsInPerson(actor)) return { refusal: toRefusal(NOT_IN_PERSON), version: 0 };
    const { state } = await streams.organizations.load(organizationStream(organization));
    if (state.status !== 'Existing')
      return {
        refusal: toRefusal({ error: 'not_found', description: 'No Organization matches the given query.' }),
        version: 0,
      };
    const { state: found } = await streams.users.load(userStream(user));
    if (!isVisible(actor, user, found))
      return {
        refusal: toRefusal(invalidField('id', `Invalid pk "${user}" - object does not exist.`)),
        version: 0,
      };
    const { refusal, version } = await streams.users.handle(
      userStream(user),
      { type: 'ChangeRole', organization, role: role as Role, remove },
      { cause: toCause(request.cause), at: clock.now() },
    );
    return { version, ...(refusal && { refusal: toRefusal(refusal) }) };
  };
