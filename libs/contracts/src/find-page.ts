import {
  type DocumentStore,
  type Filter,
  type Lookup,
  LOOKUPS,
  numberedStream,
  type ReadModel,
  type StoredDocument,
  waitUntilShown,
} from '@grantlog/event-sourcing';
import type * as common from './generated/grantlog/common/v1/common.ts';

const LARGEST_PAGE = 200;

/**
 * A page of a read model, as a list request on the wire asks for it, among what `visible` allows. Waits first for the
 * writes that the request wants to see, up to 2 s.
 * @param category of the streams that are this model's documents
 * @param alsoShown versions of further documents to wait for, where the request waits for any write
 * @param endingAfter see {@link Query}
 * @throws when a field or lookup is not the model's: the gateway lets through those of its allow-lists only
 */
export const findPage = async (
  documents: DocumentStore,
  model: ReadModel,
  category: string,
  query: common.ListQuery | undefined,
  visible: Filter,
  {
    alsoShown = [],
    endingAfter,
  }: { alsoShown?: readonly { id: number; version: number }[]; endingAfter?: number } = {},
): Promise<{ documents: StoredDocument[]; outcome: common.ListOutcome }> => {
  const {
    conditions = [],
    search = '',
    orderBy = [],
    page = 1,
    pageSize = 25,
    count = false,
    after = [],
  } = query ?? {};
  const writes = after.flatMap(({ stream, version }) => {
    const numbered = numberedStream(stream);
    return numbered?.category === category ? [{ id: numbered.number, version }] : [];
  });
  const shown = await waitUntilShown(documents, model, after.length > 0 ? [...writes, ...alsoShown] : []);
  const limit = Math.min(pageSize, LARGEST_PAGE);
  const found = await documents.find(model, {
    where: { all: [visible, ...toFilters(conditions), ...toSearch(model, search)] },
    ...(endingAfter !== undefined && { endingAfter }),
    orderBy,
    offset: (page - 1) * limit,
    limit,
    count,
  });
  return {
    documents: [...found.documents],
    outcome: { stale: !shown, ...(found.count !== undefined && { count: found.count }) },
  };
};

const toFilters = (conditions: readonly common.Condition[]): Filter[] => {
  const plain = conditions.filter(({ alternative }) => !alternative).map(toFilter);
  const alternatives = conditions.filter(({ alternative }) => alternative).map(toFilter);
  return alternatives.length > 0 ? [...plain, { any: alternatives }] : plain;
};

const toFilter = ({ field, lookup, value, negated }: common.Condition): Filter => {
  if (!(LOOKUPS as readonly string[]).includes(lookup)) throw new Error(`no lookup ${lookup}`);
  const filter: Filter = { field, lookup: lookup as Lookup, value: JSON.parse(value) as unknown };
  return negated ? { not: filter } : filter;
};

const toSearch = ({ searched = [] }: ReadModel, search: string): Filter[] =>
  search === '' ? [] : [{ any: searched.map((field) => ({ field, lookup: 'icontains', value: search }) as const) }];
