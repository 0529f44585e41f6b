import { randomUUID } from 'node:crypto';
import {
  type Consent,
  type ConsentCommand,
  consentDecider,
  createGrantNumbers,
  type Epochs,
  type Grant,
  type GrantAnswer,
  type GrantCommand,
  grantDecider,
  grantStream,
  type RevocationsCommand,
  REVOCATIONS_STREAM,
  revocationsDecider,
} from '@grantlog/grants-domain';
import { createSnapshotCodec, createStreams, type EventStore, type Streams } from '@grantlog/event-sourcing';
import type { InstallationKey } from '@grantlog/service-kit';

/** The streams that the tokens service owns. */
export type GrantStreams = {
  readonly grants: Streams<Grant, GrantCommand, GrantAnswer>;
  readonly consents: Streams<Consent, ConsentCommand, undefined>;
  readonly revocations: Streams<Epochs, RevocationsCommand, undefined>;
  /** The epochs as of a moment after the call. */
  readonly epochs: () => Promise<Epochs>;
  /** The grant of the personal token that created this one; undefined where none did. */
  readonly parentOf: (grant: Grant) => Promise<Grant | undefined>;
  readonly newGrantNumber: () => number;
};

/** The stream of endings would repeat everyone ever ended in each snapshot: it gets a checkpoint now and then. */
const REVOCATIONS_PER_CHECKPOINT = 1024;

export const createGrantStreams = (store: EventStore, key: InstallationKey): GrantStreams => {
  const newId = randomUUID;
  const snapshots = (form: string) => createSnapshotCodec(form, key.derive('snapshot'));
  const revocations = createStreams({
    store,
    decider: revocationsDecider,
    newId,
    snapshots: snapshots('revocations2'),
    snapshotEvery: REVOCATIONS_PER_CHECKPOINT,
    keepsAbsent: true,
  });
  const grants = createStreams({
    store,
    decider: grantDecider,
    newId,
    snapshots: snapshots('grant3'),
    cached: 50_000,
  });
  return {
    grants,
    consents: createStreams({
      store,
      decider: consentDecider,
      newId,
      snapshots: snapshots('consent2'),
      keepsAbsent: true,
    }),
    revocations,
    epochs: async () => (await revocations.load(REVOCATIONS_STREAM)).state,
    parentOf: async (grant) => {
      const parent = grant.status === 'Active' ? grant.terms.parent : undefined;
      return parent === undefined ? undefined : (await grants.load(grantStream(parent))).state;
    },
    newGrantNumber: createGrantNumbers(Date.now, Math.random),
  };
};
