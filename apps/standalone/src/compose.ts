import { join } from 'node:path';
import { createAccountsService } from '@grantlog/accounts';
import { inProcessClient } from '@grantlog/adapter-in-process';
import { type DiskFault, openShortLived, openSqliteStore, type SqliteStore } from '@grantlog/adapter-sqlite';
import { createApplicationsService } from '@grantlog/applications';
import { definitions } from '@grantlog/contracts';
import { createAuditService } from '@grantlog/relay';
import type { Damage, Message } from '@grantlog/event-sourcing';
import { type Clock, everyMs, type InstallationKey, RUN_WITHIN_MS, type WorkerSpec } from '@grantlog/service-kit';
import { LAST_USES_WRITTEN_EVERY_MS } from '@grantlog/short-lived';
import { createTokensService } from '@grantlog/tokens';
import { storeFileIn } from './installation.ts';

const SESSIONS_SWEPT_EVERY_MS = 60_000;
const ENDINGS_EVERY_MS = 5000;

export type Roles = {
  readonly store: SqliteStore;
  readonly tokens: ReturnType<typeof createTokensService>['service'];
  readonly applications: ReturnType<typeof createApplicationsService>['service'];
  readonly accounts: ReturnType<typeof createAccountsService>['service'];
  readonly audit: ReturnType<typeof createAuditService>;
  readonly prepareFirstStart: (admin: { username: string; password: string }) => Promise<boolean>;
  readonly finishEndings: () => Promise<void>;
  /** Everything that runs beside the requests. */
  readonly workers: readonly WorkerSpec[];
  readonly close: () => Promise<void>;
};

type Options = {
  readonly folder: string;
  readonly clock: Clock;
  readonly key: InstallationKey;
  readonly issuer: string;
  readonly throughTheWire: boolean;
  readonly onDisk?: (fault: DiskFault | undefined) => void;
  readonly onDamage?: (damage: Damage) => void;
  readonly publishRefusals?: (messages: readonly Message[]) => void;
};

/** Entries of the store's threads lie beside this file, in sources and in a build. */
const entry = (name: string): URL =>
  new URL(`./${name}${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);

/** All roles in one process: the same services over SQLite, calling each other through the generated interfaces. */
export const composeRoles = async ({
  folder,
  clock,
  key,
  issuer,
  throughTheWire,
  onDisk,
  onDamage,
  publishRefusals,
}: Options): Promise<Roles> => {
  const threads = { writer: entry('store-writer'), reader: entry('store-reader') };
  const store = await openSqliteStore(storeFileIn(folder), threads, onDisk, onDamage);
  const short = openShortLived(join(folder, 'attempts.sqlite'));
  const { events, documents } = store;
  const ports = { store: events, documents, clock, key };
  const wire = { throughTheWire };

  const { service, keepLastUses } = createTokensService({
    ...ports,
    sessions: store.sessions('authorization'),
    lastUses: short.lastUses,
  });
  const tokens = inProcessClient(definitions.tokens, service, wire);
  const applications = createApplicationsService({ ...ports, tokens, lastUses: short.lastUses });
  const accounts = createAccountsService({
    ...ports,
    tokens,
    sessions: store.sessions('browser'),
    attempts: short.attempts,
  });
  const audit = createAuditService({
    journal: store.journal,
    refusals: short.refusals,
    issuer,
    ...(publishRefusals && { publish: publishRefusals }),
  });
  const finishEndings = async (): Promise<void> => {
    await applications.finishEndings();
    await accounts.finishEndings();
  };
  return {
    store,
    tokens,
    applications: inProcessClient(definitions.applications, applications.service, wire),
    accounts: inProcessClient(definitions.accounts, accounts.service, wire),
    audit: inProcessClient(definitions.audit, audit, wire),
    prepareFirstStart: accounts.prepareFirstStart,
    finishEndings,
    workers: [
      ...store.workers,
      everyMs('sessions', SESSIONS_SWEPT_EVERY_MS, () => store.sweepSessions(clock.now()), RUN_WITHIN_MS),
      everyMs('endings', ENDINGS_EVERY_MS, finishEndings, RUN_WITHIN_MS),
      everyMs('last-uses', LAST_USES_WRITTEN_EVERY_MS, async () => {
        await keepLastUses();
        await applications.keepLastUses();
      }, RUN_WITHIN_MS),
    ], // prettier-ignore
    close: async () => {
      await store.close();
      short.close();
    },
  };
};
