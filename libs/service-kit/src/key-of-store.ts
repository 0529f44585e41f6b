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
 * @param acceptNew takes another key as well
 * @param warn gets what `acceptNew` did, and that it does nothing
 * @throws BadConfiguration for another key
 */
export const checkKeyOfStore = async (
  { keyId, keep }: KeyIdInStore,
  key: InstallationKey,
  acceptNew: boolean,
  warn: (text: string) => void,
): Promise<void> => {
  if (keyId === key.id) {
    if (acceptNew)
      warn(
        'GRANTLOG_ACCEPT_NEW_KEY has no effect: the store is under the key given. Take it away: with it, a start takes any key',
      );
    return;
  }
  const isAnother = keyId !== undefined && keyId !== key.previousId;
  if (isAnother && !acceptNew)
    throw new BadConfiguration(
      `the store was made under the installation key ${keyId}, and the key given is ${key.id}. Give the right one as GRANTLOG_INSTALLATION_KEY, or the right file installation-key (it is not in backups of the data); while it rotates, give the one before as GRANTLOG_INSTALLATION_KEY_PREVIOUS. GRANTLOG_ACCEPT_NEW_KEY=true goes on under the key given: ${LOST_WITH_A_KEY}`,
    );
  await keep(key.id);
  if (isAnother)
    warn(
      `the store was made under the installation key ${keyId} and goes on under ${key.id}, by GRANTLOG_ACCEPT_NEW_KEY; take it away now. Lost: ${LOST_WITH_A_KEY}`,
    );
};
