import { equals, type ReadModel } from '../document-store.ts';
import type { Projection } from '../projection.ts';

export const contractModel: ReadModel = {
  name: 'contract_list',
  fields: {
    name: 'text',
    owner: 'integer',
    active: 'boolean',
    tags: 'json',
    labels: 'keys',
    finished: 'boolean',
    until: 'integer',
  },
  indexes: [['id'], ['owner'], ['name'], ['until']],
  listed: 'finished',
  ends: 'until',
  searched: ['name'],
};

type ContractEvent =
  | { type: 'Made'; name: string; owner: number; active: boolean; tags: string[]; until?: number }
  | { type: 'Begun'; owner: number }
  | { type: 'Renamed'; name: string }
  | { type: 'Labelled'; labels: string[] }
  | { type: 'Ended' }
  | { type: 'OwnerEnded'; owner: number };

/** Documents of streams `item-<n>`; `OwnerEnded` in any stream deletes those of one owner; `endings` is marked. */
export const contractProjection: Projection = {
  model: contractModel,
  category: 'item',
  project: (fields, { event }) => {
    const fact = event as ContractEvent;
    if (fact.type === 'Made')
      return {
        name: fact.name,
        owner: fact.owner,
        active: fact.active,
        tags: fact.tags,
        labels: fact.tags,
        finished: true,
        until: fact.until ?? 0,
      };
    if (fact.type === 'Begun')
      return { name: '', owner: fact.owner, active: false, tags: [], labels: [], finished: false, until: 0 };
    if (fact.type === 'Renamed') return fields && { ...fields, name: fact.name };
    if (fact.type === 'Labelled') return fields && { ...fields, labels: fact.labels };
    return fact.type === 'Ended' ? null : fields;
  },
  bulkDeletes: {
    of: ({ event }) => {
      const fact = event as ContractEvent;
      return fact.type === 'OwnerEnded'
        ? { subject: `owner ${fact.owner}`, where: equals('owner', fact.owner) }
        : undefined;
    },
    subjectsOf: ({ owner }) => [`owner ${owner as number}`],
  },
  marks: 'endings',
};
