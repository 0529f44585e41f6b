import { BadConfiguration } from './config.ts';
import { LOST_WITH_A_KEY } from './first-secrets.ts';
import type { InstallationKey } from './installation-key.ts';

/** Where a store keeps the id of the key that its data were made under. */
export type KeyIdInStore = {
  readonly keyId: string | undefined;
  /** Replaces exactly the id that was read, so that of two starts one wins. @throws in the other */
  readonly keep: (keyId: string) => Promise<void>;
};

/**
 * Compares a start's key with the one that its store was made under. The id of a first start, and of the key that
 * follows the known one in a rotation, is kept.
 * @throws BadConfiguration for another key
 */
export const checkKeyOfStore = async (
  { keyId, keep }: KeyIdInStore,
  key: InstallationKey,
  acceptNew: boolean,
): Promise<void> => {
  if (keyId === key.id) return;
  if (keyId !== undefined && keyId !== key.previousId && !acceptNew)
    throw new BadConfiguration(
      `the store was made under the installation key ${keyId}, and the key given is ${key.id}. Give the right one as GRANTLOG_INSTALLATION_KEY, or the right file installation-key (it is not in backups of the data); while it rotates, give the one before as GRANTLOG_INSTALLATION_KEY_PREVIOUS. GRANTLOG_ACCEPT_NEW_KEY=true goes on under the key given: ${LOST_WITH_A_KEY}`,
    );
  await keep(key.id);
};
