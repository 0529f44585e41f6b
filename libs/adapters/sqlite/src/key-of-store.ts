import { existsSync } from 'node:fs';
import type { KeyIdInStore, StoreState } from '@grantlog/service-kit';
import { openForWriting } from './open.ts';
import { COMMITS_SCHEMA } from './schema.ts';

/**
 * Looks into the data file before its writer starts, and makes it when it is not there.
 * @throws an error that names the file when it is no database
 */
export const keyOfStoreIn = (path: string): KeyIdInStore & { readonly state: StoreState } => {
  const isThere = existsSync(path);
  const database = openForWriting(path);
  database.exec(COMMITS_SCHEMA);
  const keyId = database.prepare('SELECT key_id FROM installation').get()?.['key_id'];
  const hasCommits = database.prepare('SELECT 1 FROM commits LIMIT 1').get() !== undefined;
  database.close();
  return {
    state: keyId !== undefined || hasCommits ? 'data' : isThere ? 'empty' : 'none',
    keyId: keyId === undefined ? undefined : String(keyId),
    keep: (id) => {
      const file = openForWriting(path);
      file.prepare('INSERT INTO installation VALUES (1, ?) ON CONFLICT DO UPDATE SET key_id = excluded.key_id').run(id);
      file.close();
      return Promise.resolve();
    },
  };
};
