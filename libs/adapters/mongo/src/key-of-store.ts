import { StoreUnavailable } from '@grantlog/event-sourcing';
import type { KeyIdInStore, StoreState } from '@grantlog/service-kit';
import { commitsOf } from './collections.ts';
import { type Databases, DURABLE, guarded, PROVEN } from './connect.ts';

const KEY = 'key';

/**
 * Reads the id of the key that the data were made under; one document beside the journal. To be tried again when
 * `keep` fails: somebody else was first, whose id is compared then.
 */
export const keyOfStoreIn = (databases: Databases): Promise<KeyIdInStore & { readonly state: StoreState }> =>
  guarded(async () => {
    const { db } = databases.use('journal');
    if (!db) throw new Error('not connected');
    const installation = db.collection<{ _id: string; keyId: string }>('installation');
    const keyId = (await installation.findOne({ _id: KEY }, PROVEN))?.keyId;
    const commits = commitsOf(databases.use('accounts')).collection;
    return {
      state: keyId !== undefined || (await commits.findOne({}, PROVEN)) !== null ? 'data' : 'none',
      keyId,
      keep: (id) =>
        guarded(async () => {
          if (keyId === undefined) {
            await installation.insertOne({ _id: KEY, keyId: id }, { writeConcern: DURABLE });
            return;
          }
          const { matchedCount } = await installation.updateOne({ _id: KEY, keyId }, { $set: { keyId: id } }, { writeConcern: DURABLE }); // prettier-ignore
          if (matchedCount === 0) throw new StoreUnavailable('another start changed the key id meanwhile');
        }),
    };
  });
