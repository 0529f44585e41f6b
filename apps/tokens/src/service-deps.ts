import type { DocumentStore, EventStore } from '@grantlog/event-sourcing';
import type { Clock, InstallationKey } from '@grantlog/service-kit';
import type { LastUse, SessionStore } from '@grantlog/short-lived';
import type { GrantStreams } from './streams.ts';

/** What every command and query of this service is given. */
export type Deps = {
  readonly streams: GrantStreams;
  readonly store: EventStore;
  readonly documents: DocumentStore;
  readonly sessions: SessionStore;
  readonly lastUse: LastUse;
  readonly clock: Clock;
  readonly key: InstallationKey;
};
