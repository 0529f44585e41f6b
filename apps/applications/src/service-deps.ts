import type { TokensClient } from '@grantlog/contracts';
import type { DocumentStore } from '@grantlog/event-sourcing';
import type { Clock } from '@grantlog/service-kit';
import type { LastUse } from '@grantlog/short-lived';
import type { ApplicationStreams } from './streams.ts';

/** What every command and query of this service is given. */
export type Deps = {
  readonly streams: ApplicationStreams;
  readonly documents: DocumentStore;
  readonly clock: Clock;
  readonly lastUse: LastUse;
  readonly tokens: Pick<TokensClient, 'revokeGrants'>;
};
