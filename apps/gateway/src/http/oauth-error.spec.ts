import { fromRefusal } from './oauth-error.ts';

const refusal = (error: string, guessed = false) => ({ error, description: 'why', fields: {}, guessed });

describe('a refusal of a service at an OAuth endpoint', () => {
  it.each([
    ['invalid_grant', 400],
    ['invalid_client', 401],
    ['slow_down', 429],
    ['temporarily_unavailable', 503],
  ])('%s is answered with %d', (error, status) =>
    expect(fromRefusal(refusal(error), 'client')).toMatchObject({ code: error, status, clientId: 'client' }),
  );
  it('says whether it was a guess by a field of its own', () =>
    expect([
      fromRefusal(refusal('invalid_grant', true)).isGuess,
      fromRefusal(refusal('invalid_grant')).isGuess,
    ]).toEqual([true, false]));
  it('that is no error of OAuth is a fault', () =>
    expect(() => fromRefusal(refusal('superseded'))).toThrow(new TypeError('A service refused with superseded, which is no error of OAuth.'))); // prettier-ignore
});
