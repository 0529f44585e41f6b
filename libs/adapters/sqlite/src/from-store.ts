import { StoreUnavailable } from '@grantlog/event-sourcing';
import { diskFault } from './disk-fault.ts';

/**
 * What synchronous work on a file gives, as a promise.
 * @throws StoreUnavailable when the disk is why there is nothing
 */
export const fromStore = async <T>(work: () => T): Promise<T> => {
  try {
    return work();
  } catch (error) {
    throw diskFault(error) ? new StoreUnavailable(`the store refused: ${String(error)}`) : error;
  }
};
