import { DamagedCommit, StoreUnavailable } from '@grantlog/event-sourcing';
import { AccountsServiceService } from './generated/grantlog/accounts/v1/accounts.ts';
import { ApplicationsServiceService } from './generated/grantlog/applications/v1/applications.ts';
import { AuditServiceService } from './generated/grantlog/audit/v1/audit.ts';
import { TokensServiceService } from './generated/grantlog/tokens/v1/tokens.ts';

/** One method of a generated service definition. */
export type MethodDefinition = {
  readonly path: string;
  readonly requestSerialize: (value: never) => Buffer;
  readonly requestDeserialize: (bytes: Buffer) => unknown;
  readonly responseSerialize: (value: never) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => unknown;
};

/** A service's methods as promises: what a service implements and what a caller holds, over gRPC or in one process. */
export type Rpc<Definition> = {
  readonly [Method in keyof Definition]: Definition[Method] extends {
    requestSerialize: (value: infer Request) => Buffer;
    responseDeserialize: (bytes: Buffer) => infer Response;
  }
    ? (request: Request) => Promise<Response>
    : never;
};

export const definitions = {
  accounts: AccountsServiceService,
  applications: ApplicationsServiceService,
  audit: AuditServiceService,
  tokens: TokensServiceService,
} as const;

export type AccountsClient = Rpc<typeof AccountsServiceService>;
export type ApplicationsClient = Rpc<typeof ApplicationsServiceService>;
export type AuditClient = Rpc<typeof AuditServiceService>;
export type TokensClient = Rpc<typeof TokensServiceService>;

/** A service cannot read what it was asked for; what others ask for is not affected. */
export class DamagedAnswer extends Error {
  override readonly name = 'DamagedAnswer';
}

/** A service is away or did not answer in time; nothing is known about what it did, unless it was never asked. */
export class ServiceUnavailable extends Error {
  override readonly name = 'ServiceUnavailable';
  readonly wasAsked: boolean;

  constructor(message: string, { wasAsked = true }: { wasAsked?: boolean } = {}) {
    super(message);
    this.wasAsked = wasAsked;
  }
}

/** Whether a fault says that something is away, so that the answer is 503. */
export const isUnavailable = (error: unknown): boolean =>
  [ServiceUnavailable, StoreUnavailable, DamagedCommit, DamagedAnswer].some((fault) => error instanceof fault);
