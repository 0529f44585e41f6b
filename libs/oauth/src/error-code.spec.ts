import { APPLICATION_GRANT_TYPES, CLIENT_TYPES, GRANT_TYPES, mayUse } from './error-code.ts';

describe('what an application may use at the token endpoint', () => {
  it('is the grant that it was registered for, and a refresh of what that gave', () => {
    const table = APPLICATION_GRANT_TYPES.map((registered) => [
      registered,
      GRANT_TYPES.filter((grantType) => mayUse(registered, grantType)),
    ]);
    expect(table).toEqual([
      ['authorization-code', ['authorization_code', 'refresh_token']],
      ['password', ['refresh_token', 'password']],
      ['client-credentials', ['client_credentials']],
    ]);
  });
  it('clients are confidential or public (RFC 6749 §2.1)', () =>
    expect(CLIENT_TYPES).toEqual(['confidential', 'public']));
});
