import { randomUUID } from 'node:crypto';
import {
  type Application,
  type ApplicationCommand,
  applicationStream,
  type Intake,
  type IntakeCommand,
  intakeDecider,
  intakeStream,
} from '@grantlog/applications-domain';
import { applicationList } from '@grantlog/applications-read-models';
import { invalidField } from '@grantlog/contracts';
import {
  type Cause,
  createSnapshotCodec,
  createStreams,
  type DocumentStore,
  equals,
  type EventStore,
  type Instant,
  type Refusal,
  type Streams,
} from '@grantlog/event-sourcing';
import type { InstallationKey } from '@grantlog/service-kit';

type Context = { readonly cause: Cause; readonly at: Instant };

export type OrganizationIntake = {
  /** Comes before the fact that brings an application into an organization. */
  readonly admit: (organization: number, application: number, context: Context) => Promise<Refusal | undefined>;
  /**
   * Comes after the fact that took it out, or when there was none; what was about to bring it in has to be admitted again.
   * @returns false when it is in the organization
   */
  readonly left: (organization: number, application: number, context: Context) => Promise<boolean>;
  /** From now on nothing comes into the organization. Refuses while an application is in it. */
  readonly close: (organization: number, context: Context) => Promise<Refusal | undefined>;
};

/** How many applications of the list are looked at beside those awaited: there are some from before the intake was kept. */
const MOST_LISTED = 200;

/**
 * Each organization's applications pass through one stream, whose appends decide between a registration and the
 * organization's end. See docs/decisions/0026-an-organization-closes-before-it-ends.md.
 */
export const createOrganizationIntake = (
  store: EventStore,
  key: InstallationKey,
  documents: DocumentStore,
  applications: Streams<Application, ApplicationCommand, undefined>,
): OrganizationIntake => {
  const intakes: Streams<Intake, IntakeCommand, undefined> = createStreams({
    store,
    decider: intakeDecider,
    newId: randomUUID,
    snapshots: createSnapshotCodec('intake1', key.derive('snapshot')),
  });

  /** Whether an application is in the organization; one on its way is kept out by the append that it would need. */
  const isUsed = async (organization: number, awaited: readonly number[], context: Context): Promise<boolean> => {
    const listed = await documents.find(applicationList, {
      where: equals('organization', organization),
      orderBy: ['id'],
      offset: 0,
      limit: MOST_LISTED,
      count: false,
    });
    for (const id of new Set([...listed.documents.map(({ id }) => id), ...awaited])) {
      const command = { type: 'KeepOut', organization } as const;
      const { refusal } = await applications.handle(applicationStream(id), command, context);
      if (refusal) return true;
    }
    return false;
  };

  return {
    admit: async (organization, application, context) => {
      const command = { type: 'AwaitApplication', application } as const;
      const { refusal } = await intakes.handle(intakeStream(organization), command, context);
      return refusal && invalidField('organization', `Invalid pk "${organization}" - object does not exist.`);
    },
    left: async (organization, application, context) => {
      const stream = intakeStream(organization);
      for (;;) {
        const { commit } = await intakes.prepare(stream, { type: 'ForgetApplication', application }, context);
        const keepOut = { type: 'KeepOut', organization } as const;
        const { refusal } = await applications.handle(applicationStream(application), keepOut, context);
        if (refusal) return false;
        // Not if one that was kept out has been awaited anew since.
        if (!commit || (await intakes.complete(commit))) return true;
      }
    },
    close: async (organization, context) => {
      const stream = intakeStream(organization);
      for (;;) {
        const { state, version } = await intakes.load(stream);
        if (state.closed) return undefined;
        if (await isUsed(organization, state.awaited, context))
          return invalidField('__all__', 'The organization still has applications; delete or move them first.');
        const next = await intakes.prepare(stream, { type: 'CloseOrganization' }, context);
        if (next.version === version && next.commit && (await intakes.complete(next.commit))) return undefined;
      }
    },
  };
};
