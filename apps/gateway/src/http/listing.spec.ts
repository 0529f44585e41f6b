import type { Request } from 'express';
import type { ApiError } from './api-error.ts';
import { parseListing } from './listing.ts';

const conditions = (query: string): unknown => {
  const filterable = { created: { field: 'created', kind: 'time' } } as const;
  try {
    const request = { url: `/api/v2/tokens/?${query}` } as Request;
    return parseListing(request, filterable, ['id'], []).query.conditions.map(
      ({ value }) => JSON.parse(value) as unknown,
    );
  } catch (error) {
    return (error as ApiError).status;
  }
};

describe('a time in a filter', () => {
  it.each([
    ['2028-02-29', '2028-02-29T00:00:00.000Z'],
    ['2026-02-28T23:30:00-01:00', '2026-03-01T00:30:00.000Z'],
    ['2026-02-28T23:30:00 0200', '2026-02-28T21:30:00.000Z'],
  ])('%s is that instant', (text, at) => expect(conditions(`created=${text}`)).toEqual([at]));

  it.each(['2026-02-30', '2026-02-29', '2026-04-31T00:00:00Z', '2026-13-01', '2026-01-00', '2026-01-01T24:30', '2026-01-01T00:00:00+24:00', '0000-01-01T00:00:00+01:00', '9999-12-31T23:30:00-01:00'])(
    '%s is none',
    (text) => expect(conditions(`created=${text}`)).toBe(400),
  ); // prettier-ignore
});
