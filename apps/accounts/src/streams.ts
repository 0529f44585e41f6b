import { randomUUID } from 'node:crypto';
import {
  type Organization,
  type OrganizationCommand,
  organizationDecider,
  type User,
  type UserCommand,
  userDecider,
  userStream,
} from '@grantlog/accounts-domain';
import { fromCause, tokens as wire, type TokensClient } from '@grantlog/contracts';
import {
  type Cause,
  claimStream,
  createEndingSaga,
  createNames,
  createSnapshotCodec,
  createStreams,
  type EndingSaga,
  endingsDecider,
  type EventStore,
  nameClaimDecider,
  type NameClaim,
  type NameClaimCommand,
  type NameReservations,
  numberSequenceDecider,
  type Streams,
} from '@grantlog/event-sourcing';
import type { Clock, InstallationKey } from '@grantlog/service-kit';
import { createSuperuserGuard, type SuperuserGuard } from './superusers.ts';

const { REVOCATION_REASON_CLOSED, REVOCATION_REASON_ENDED } = wire.RevocationReason;

/** The streams that the accounts service owns. */
export type AccountStreams = {
  /** Read from, and written by what makes or ends no superuser; {@link superusers} writes the rest. */
  readonly users: Streams<User, UserCommand, undefined>;
  readonly superusers: SuperuserGuard;
  readonly organizations: Streams<Organization, OrganizationCommand, undefined>;
  readonly numbers: Streams<null, null, undefined>;
  readonly claims: Streams<NameClaim, NameClaimCommand, undefined>;
  readonly usernames: NameReservations;
  readonly organizationNames: NameReservations;
  readonly endings: EndingSaga;
};

export const USER_NUMBERS_STREAM = 'user-numbers';
export const ORGANIZATION_NUMBERS_STREAM = 'organization-numbers';
const ENDINGS_STREAM = 'user-endings';

export const usernameClaim = (username: string): string => claimStream('username', username);
export const organizationNameClaim = (name: string): string => claimStream('organization-name', name);

export const createAccountStreams = (
  store: EventStore,
  clock: Clock,
  key: InstallationKey,
  tokens: Pick<TokensClient, 'revokeGrants' | 'reopenUser' | 'noteUsername'>,
): AccountStreams => {
  const newId = randomUUID;
  const snapshotKey = key.derive('snapshot');
  const snapshots = (form: string) => createSnapshotCodec(form, snapshotKey);
  const users = createStreams({ store, decider: userDecider, newId, snapshots: snapshots('user2') });
  const organizations = createStreams({
    store,
    decider: organizationDecider,
    newId,
    snapshots: snapshots('organization1'),
  });
  const claims = createStreams({ store, decider: nameClaimDecider, newId });
  const numbers = createStreams({ store, decider: numberSequenceDecider, newId });

  /** What follows from the user's last change of name and last ending fact; repeatable, since their versions tell repeats. */
  const tellTokens = async (id: number, cause: Cause): Promise<void> => {
    const { state } = await users.load(userStream(id));
    if (state.status === 'None') return;
    if (state.status !== 'Deleted' && state.renamedAtVersion !== undefined)
      await tokens.noteUsername({
        cause: fromCause(cause),
        user: id,
        username: state.username,
        userVersion: state.renamedAtVersion,
      });
    const closedAt = closedAtVersion(state);
    const subjectVersion = closedAt > 0 ? closedAt : state.status === 'Deleted' ? 0 : state.rightsEndedAtVersion;
    if (subjectVersion === 0) return;
    await tokens.revokeGrants({
      cause: fromCause(cause),
      subject: { $case: 'user', value: id },
      reason: closedAt > 0 ? REVOCATION_REASON_CLOSED : REVOCATION_REASON_ENDED,
      subjectVersion,
    });
  };

  return {
    users,
    organizations,
    claims,
    numbers,
    superusers: createSuperuserGuard(store, key, users, async () => (await numbers.load(USER_NUMBERS_STREAM)).version),
    usernames: createNames(
      claims,
      users,
      (user, claim) => user.status !== 'None' && user.status !== 'Deleted' && usernameClaim(user.username) === claim,
      clock.now,
    ),
    organizationNames: createNames(
      claims,
      organizations,
      (organization, claim) => organization.status === 'Existing' && organizationNameClaim(organization.name) === claim,
      clock.now,
    ),
    endings: createEndingSaga(
      createStreams({ store, decider: endingsDecider, newId, snapshots: snapshots('endings1') }),
      ENDINGS_STREAM,
      tellTokens,
      clock.now,
    ),
  };
};

const closedAtVersion = (user: Exclude<User, { status: 'None' }>): number => {
  if (user.status === 'Deleted') return user.deletedAtVersion;
  return user.status === 'Disabled' ? user.signedOutAtVersion : 0;
};
