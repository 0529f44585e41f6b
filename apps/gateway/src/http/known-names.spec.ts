import { ApiError } from './api-error.ts';
import { refuseUnknown } from './known-names.ts';

const KNOWN = ['name', 'redirect_uris', 'CORS_ALLOWED_ORIGINS'];
const refusal = (...names: string[]): unknown => {
  try {
    refuseUnknown(names, KNOWN, 'field');
    return undefined;
  } catch (error) {
    return error instanceof ApiError ? [error.status, error.body] : error;
  }
};

describe('names that are not known', () => {
  it('are refused, each with the name that was likely meant', () =>
    expect(refusal('name', 'redirect_uri', 'CORS_ALOWED_ORIGINS', 'colour')).toEqual([
      400,
      {
        redirect_uri: ['There is no field redirect_uri. Did you mean redirect_uris?'],
        CORS_ALOWED_ORIGINS: ['There is no field CORS_ALOWED_ORIGINS. Did you mean CORS_ALLOWED_ORIGINS?'],
        colour: ['There is no field colour.'],
      },
    ]));
  it('that another request takes are said to be that', () =>
    expect(() => refuseUnknown(['user'], KNOWN, 'field', ['user'])).toThrow(
      expect.objectContaining({ body: { user: ['This request does not set the field user.'] } }),
    ));
  it('are not all named, however many there are', () => {
    const [status, body] = refusal(...Array.from({ length: 10_000 }, (_, i) => `x${i}`)) as [number, object];
    expect([status, Object.keys(body).length]).toEqual([400, 20]);
  });
  it('known ones are no reason to refuse', () => expect(refusal('name', 'redirect_uris')).toBeUndefined());
});
