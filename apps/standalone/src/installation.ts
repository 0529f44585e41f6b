import { join } from 'node:path';
import { keyOfStoreIn } from '@grantlog/adapter-sqlite';
import {
  checkKeyOfStore,
  type ConfigOf,
  createInstallationKey,
  type InstallationKey,
  installationKeyIn,
} from '@grantlog/service-kit';

/** The store's file in the data folder. */
export const storeFileIn = (folder: string): string => join(folder, 'grantlog.sqlite');

/**
 * The key of the installation in a folder that this process owns, made at the first start.
 * @param warn gets what is noteworthy about it
 * @throws BadConfiguration when it is not the one that the data were made under
 */
export const openInstallationKey = async (
  folder: string,
  config: ConfigOf<'users'> | ConfigOf<'standalone'>,
  warn: (text: string) => void,
): Promise<InstallationKey> => {
  const accept = config.GRANTLOG_ACCEPT_NEW_KEY;
  const inStore = keyOfStoreIn(storeFileIn(folder));
  const key = createInstallationKey(
    config.GRANTLOG_INSTALLATION_KEY ?? installationKeyIn(folder, inStore.state, accept),
    config.GRANTLOG_INSTALLATION_KEY_PREVIOUS,
  );
  await checkKeyOfStore(inStore, key, accept, warn);
  return key;
};
