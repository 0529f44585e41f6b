import type { TokensClient } from '@grantlog/contracts';
import type { DocumentStore } from '@grantlog/event-sourcing';
import type { Clock } from '@grantlog/service-kit';
import type { AttemptCounter, SessionStore } from '@grantlog/short-lived';
import type { Passwords } from './passwords.ts';
import type { AccountStreams } from './streams.ts';

/** What every command and query of this service is given. */
export type Deps = {
  readonly streams: AccountStreams;
  readonly documents: DocumentStore;
  readonly sessions: SessionStore;
  readonly attempts: AttemptCounter;
  readonly passwords: Passwords;
  readonly clock: Clock;
  readonly tokens: Pick<TokensClient, 'revokeGrants' | 'reopenUser' | 'noteUsername'>;
};
