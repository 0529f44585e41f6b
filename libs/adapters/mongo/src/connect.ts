import { ENGINE_MS } from '@grantlog/contracts';
import { StoreUnavailable } from '@grantlog/event-sourcing';
import mongoose, { type Connection, type ConnectOptions } from 'mongoose';

/** The databases: one for each context's commits, one for journal and refusals, one for read models. */
export type DatabaseName = 'applications' | 'accounts' | 'tokens' | 'journal' | 'read_models';

/** Writes that are acknowledged are on the disks of a majority. @see https://www.mongodb.com/docs/manual/reference/write-concern/ */
export const DURABLE = { w: 'majority', j: true } as const;
/** Reads of what a majority has, from the primary. @see https://www.mongodb.com/docs/manual/reference/read-concern-majority/ */
export const PROVEN = { readConcern: { level: 'majority' }, readPreference: 'primary' } as const;

export type Databases = {
  /** Resolves when the server answers; to be tried again when it does not. Later losses are mended by the driver. */
  readonly connect: () => Promise<void>;
  readonly use: (name: DatabaseName) => Connection;
  readonly close: () => Promise<void>;
};

/**
 * Connects through mongoose. An outage is told and not waited for.
 * @param prefix of the databases' names
 * @param operationMs how long an operation waits for a server, a connection or an answer, each
 * @param more options of the driver, for tests
 */
export const connectDatabases = (
  uri: string,
  prefix = 'grantlog',
  operationMs = ENGINE_MS,
  more: ConnectOptions = {},
): Databases => {
  const connection = mongoose.createConnection();
  connection.on('error', () => undefined);
  const options = {
    autoIndex: false,
    autoCreate: false,
    serverSelectionTimeoutMS: operationMs,
    socketTimeoutMS: operationMs,
    connectTimeoutMS: operationMs,
    waitQueueTimeoutMS: operationMs,
    maxPoolSize: 20,
    bufferCommands: false,
    retryWrites: false,
    ...more,
  };
  return {
    connect: () => guarded(async () => void (await connection.openUri(uri, options))),
    use: (name) => connection.useDb(`${prefix}_${name}`, { useCache: true }),
    close: () => connection.close(),
  };
};

/** Runs an operation; whatever the driver throws becomes one fault without its text, which may name hosts. */
export const guarded = async <T>(operation: () => Promise<T>): Promise<T> => {
  try {
    return await operation();
  } catch (error) {
    if (error instanceof StoreUnavailable || isDuplicateKey(error)) throw error;
    throw new StoreUnavailable('MongoDB is away or did not answer in time', { cause: error });
  }
};

export const isDuplicateKey = (error: unknown): boolean => (error as { code?: unknown } | null)?.code === 11000;

/**
 * Which of `total` unordered writes met a key that was there, when that is all that went wrong and every other one was
 * carried out; undefined otherwise. A lost connection comes as the same error, but names no write: nothing may be
 * concluded from it.
 */
export const duplicatesOf = (error: unknown, total: number): ReadonlySet<number> | undefined => {
  const { name, writeErrors, result } = error as {
    name?: string;
    writeErrors?: unknown;
    result?: {
      insertedCount?: number;
      matchedCount?: number;
      upsertedCount?: number;
      getWriteConcernError?: () => unknown;
    };
  };
  if (name !== 'MongoBulkWriteError' || !result || result.getWriteConcernError?.()) return undefined;
  const errors = [writeErrors].flat() as ({ index: number; code: number } | undefined)[];
  const { insertedCount = 0, matchedCount = 0, upsertedCount = 0 } = result;
  const carriedOut = insertedCount + matchedCount + upsertedCount;
  const duplicates = errors.flatMap((one) => (one?.code === 11000 ? [one.index] : []));
  if (duplicates.length === 0 || duplicates.length !== errors.length || carriedOut + duplicates.length !== total)
    return undefined;
  return new Set(duplicates);
};
