import { randomUUID } from 'node:crypto';
import {
  type Application,
  type ApplicationCommand,
  applicationDecider,
  applicationStream,
  type SettingsCommand,
  settingsDecider,
} from '@grantlog/applications-domain';
import type { Settings } from '@grantlog/settings';
import { fromCause, tokens as wire, type TokensClient } from '@grantlog/contracts';
import {
  type Cause,
  type Commit,
  claimStream,
  createEndingSaga,
  createNames,
  createSnapshotCodec,
  createStreams,
  type DocumentStore,
  type EndingSaga,
  endingsDecider,
  type EventStore,
  type NameClaim,
  type NameClaimCommand,
  nameClaimDecider,
  type NameReservations,
  numberSequenceDecider,
  type Streams,
} from '@grantlog/event-sourcing';
import { holdsClientId } from './imported-client.ts';
import type { Clock, InstallationKey } from '@grantlog/service-kit';
import { createOrganizationIntake, type OrganizationIntake } from './organization-intake.ts';

const { REVOCATION_REASON_CLOSED, REVOCATION_REASON_ENDED } = wire.RevocationReason;

/** The streams that the applications service owns. */
export type ApplicationStreams = {
  readonly applications: Streams<Application, ApplicationCommand, undefined>;
  readonly settings: Streams<Settings, SettingsCommand, undefined>;
  readonly numbers: Streams<null, null, undefined>;
  readonly claims: Streams<NameClaim, NameClaimCommand, undefined>;
  readonly names: NameReservations;
  readonly intake: OrganizationIntake;
  /** Claims on imported client ids; who has one gets its name as well, or neither. */
  readonly clientIds: NameReservations;
  readonly endings: EndingSaga;
};

export const NUMBERS_STREAM = 'application-numbers';
const ENDINGS_STREAM = 'application-endings';

/** The claim on an application's name in its organization. */
export const nameClaim = (organization: number, name: string): string =>
  claimStream(`application-name-${organization}`, name);

export const createApplicationStreams = (
  store: EventStore,
  clock: Clock,
  key: InstallationKey,
  documents: DocumentStore,
  tokens: Pick<TokensClient, 'revokeGrants'>,
): ApplicationStreams => {
  const newId = randomUUID;
  const snapshotKey = key.derive('snapshot');
  const applications = createStreams({
    store,
    decider: applicationDecider,
    newId,
    snapshots: createSnapshotCodec('application3', snapshotKey),
  });
  const claims = createStreams({ store, decider: nameClaimDecider, newId });
  const holds = (application: Application, claim: string): boolean =>
    application.status === 'Registered' && nameClaim(application.organization, application.name) === claim;
  const names = createNames(claims, applications, holds, clock.now);
  /** Finishes a registration: the claim on its name, then its own commit. */
  const register = async (commit: Commit): Promise<boolean> => {
    const { organization, name } = commit.events[0] as unknown as { organization: number; name: string };
    return (await names.take(nameClaim(organization, name), commit, commit.cause)) === 'done';
  };

  /** What follows from the application's last ending fact; repeatable, since the fact's version tells repeats. */
  const endGrants = async (id: number, cause: Cause): Promise<void> => {
    const { state, version } = await applications.load(applicationStream(id));
    if (state.status === 'None') return;
    const deleted = state.status === 'Deleted';
    if (!deleted && state.rightsEndedAtVersion === 0) return;
    await tokens.revokeGrants({
      cause: fromCause(cause),
      subject: { $case: 'application', value: id },
      reason: deleted ? REVOCATION_REASON_CLOSED : REVOCATION_REASON_ENDED,
      subjectVersion: deleted ? version : state.rightsEndedAtVersion,
    });
  };

  return {
    applications,
    settings: createStreams({
      store,
      decider: settingsDecider,
      newId,
      snapshots: createSnapshotCodec('settings1', snapshotKey),
      keepsAbsent: true,
    }),
    numbers: createStreams({ store, decider: numberSequenceDecider, newId }),
    claims,
    intake: createOrganizationIntake(store, key, documents, applications),
    names,
    clientIds: createNames(claims, { load: applications.load, complete: register }, holdsClientId, clock.now),
    endings: createEndingSaga(
      createStreams({ store, decider: endingsDecider, newId, snapshots: createSnapshotCodec('endings1', snapshotKey) }),
      ENDINGS_STREAM,
      endGrants,
      clock.now,
    ),
  };
};
