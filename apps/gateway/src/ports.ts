import type { AccountsClient, ApplicationsClient, AuditClient, TokensClient } from '@grantlog/contracts';
import type { FileRules } from '@grantlog/origins';
import type { Admission } from './admission.ts';
import type { Refusals } from './refusals.ts';
import type { Clock, InstallationKey, Logger } from '@grantlog/service-kit';

/** Everything the gateway needs from outside; it owns nothing itself. */
export type GatewayPorts = {
  readonly accounts: AccountsClient;
  readonly applications: ApplicationsClient;
  readonly tokens: TokensClient;
  readonly audit: AuditClient;
  readonly clock: Clock;
  readonly key: InstallationKey;
  readonly logger: Logger;
  /** Public base URL without a slash at its end. */
  readonly issuer: string;
  /** `Host` values that are served: with a port, or without one for any port. */
  readonly allowedHosts: readonly string[];
  /** CORS settings from files. */
  readonly confFiles: () => readonly FileRules[];
  readonly refusals: Refusals;
  readonly admission: Admission;
  /** Aborted when the process begins to stop. */
  readonly stopping: AbortSignal;
  /** Adds one request to the metrics. */
  readonly observe: (route: string, method: string, status: number, seconds: number) => void;
};
