import { diskFault } from './disk-fault.ts';

/** The store is away or full: nothing is known to have been written. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

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
