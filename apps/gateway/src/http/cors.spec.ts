import type { Request, Response } from 'express';
import type { ApplicationsClient } from '@grantlog/contracts';
import type { CorsRules } from '@grantlog/origins';
import { createCors } from './cors.ts';

const RULES: CorsRules = {
  CORS_ALLOW_ALL_ORIGINS: false,
  CORS_ALLOWED_ORIGINS: ['https://listed.ex'],
  CORS_ALLOWED_ORIGIN_REGEXES: [],
  CORS_ALLOW_CREDENTIALS: false,
  CORS_ALLOW_HEADERS: ['authorization'],
  CORS_ALLOW_METHODS: ['GET', 'POST'],
  CORS_EXPOSE_HEADERS: [],
  CORS_PREFLIGHT_MAX_AGE: 0,
  CORS_URLS_REGEX: '^/api/.*$',
};
const OWN = 'https://own.ex';

const setUp = () => {
  let away = false;
  const answer = <T>(value: T) => (away ? Promise.reject(new Error('away')) : Promise.resolve(value));
  const applications = {
    getSettings: () => answer({ settings: { values: JSON.stringify(RULES) } }),
    listAllowedOrigins: () => answer({ applications: [{ application: 1, values: [OWN] }] }),
  } as unknown as ApplicationsClient;
  const cors = createCors(applications, () => [], { record: () => undefined }, () => false); // prettier-ignore
  /** What an error's reply to a page says to the browser. */
  const onError = async (origin: string, status: number, { path = '/api/o/token/', proven = false } = {}) => {
    const headers = new Map<string, string>();
    const request = { headers: { origin }, method: 'POST', path } as unknown as Request;
    const response = {
      set: (some: Record<string, string>) => Object.entries(some).forEach(([name, value]) => headers.set(name, value)),
      hasHeader: (name: string) => headers.has(name),
    } as unknown as Response;
    if (proven) cors.proven(request);
    await cors.allowError(request, response, status);
    return headers.get('access-control-allow-origin');
  };
  return { onError, goAway: () => (away = true) };
};

describe("an error's reply to a page of another origin", () => {
  it('is readable by whom a preflight lets in, where nobody was proven', async () => {
    const { onError } = setUp();
    for (const status of [400, 401, 404, 405, 413, 429, 500, 503])
      expect([status, await onError(OWN, status), await onError('https://stranger.ex', status)]).toEqual([
        status,
        OWN,
        undefined,
      ]);
  });

  it('is readable where the success would be, once somebody was proven; a 401 says that nobody was', async () => {
    const { onError } = setUp();
    expect([await onError(OWN, 403, { proven: true }), await onError(OWN, 401, { proven: true })]).toEqual([
      undefined,
      OWN,
    ]);
  });

  it('is decided by what was known last while the settings cannot be had', async () => {
    const { onError, goAway } = setUp();
    await onError(OWN, 401);
    goAway();
    expect([await onError(OWN, 503), await onError('https://listed.ex', 503)]).toEqual([OWN, 'https://listed.ex']);
  });

  it('is readable by nobody before anything is known, and on pages never', async () => {
    const { onError } = setUp();
    expect(await onError('https://listed.ex', 400, { path: '/api/o/authorize/' })).toBeUndefined();
    const fresh = setUp();
    fresh.goAway();
    expect(await fresh.onError('https://listed.ex', 503)).toBeUndefined();
  });
});
