import type { Damage } from '@grantlog/event-sourcing';
import {
  checkKeyOfStore,
  createDamageReport,
  type InstallationKey,
  type Logger,
  type Management,
  untilItWorks,
} from '@grantlog/service-kit';
import type { Connection } from 'mongoose';
import { ensureIndexes, probeEngine } from './collections.ts';
import { connectDatabases, type DatabaseName, type Databases } from './connect.ts';
import { keyOfStoreIn } from './key-of-store.ts';
import { ensureShortLived } from './mongo-short-lived.ts';

type Service = {
  readonly config: { readonly GRANTLOG_MONGODB_URI: string; readonly GRANTLOG_ACCEPT_NEW_KEY: boolean };
  readonly key: InstallationKey;
  readonly logger: Logger;
  readonly management: Pick<Management, 'metrics' | 'check'>;
  readonly onClose: (end: () => Promise<void>) => void;
};

/**
 * The databases of a role, which waits until they are there; open until the role ends.
 * @param prepare is tried again together with the connection
 * @param operationMs as `connectDatabases` takes it
 * @throws BadConfiguration when they were made under another installation key
 */
export const openDatabases = async <T>(
  { config, key, logger, management, onClose }: Service,
  prepare: (databases: Databases) => Promise<T>,
  operationMs?: number,
): Promise<{ databases: Databases; report: (damage: Damage) => void; prepared: T }> => {
  const { report, measure, check } = createDamageReport(logger);
  measure(management.metrics);
  management.check('commits', check);
  const databases = connectDatabases(config.GRANTLOG_MONGODB_URI, 'grantlog', operationMs);
  onClose(databases.close);
  const prepared = await untilItWorks(logger, 'mongodb', async () => {
    await databases.connect();
    await checkKeyOfStore(await keyOfStoreIn(databases), key, config.GRANTLOG_ACCEPT_NEW_KEY, (text) =>
      logger.warn(text),
    );
    return prepare(databases);
  });
  return { databases, report, prepared };
};

/** The databases, with the role's own, its indexes made and the engine probed. */
export const openDatabase = async (
  service: Service,
  name: DatabaseName,
  operationMs?: number,
): Promise<{ own: Connection; databases: Databases; report: (damage: Damage) => void }> => {
  const { databases, report, prepared } = await openDatabases(
    service,
    async (all) => {
      await ensureIndexes(all);
      await ensureShortLived(all.use(name));
      return probeEngine(all);
    },
    operationMs,
  );
  service.management.check('engine', () => prepared);
  return { own: databases.use(name), databases, report };
};
