import { allowedHosts, isAllowedHost, isOurOrigin, normalHost } from './public-address.ts';

const config = (more: { port?: number; hosts?: readonly string[] } = {}) => ({
  GRANTLOG_ISSUER: undefined,
  GRANTLOG_PORT: more.port ?? 8080,
  GRANTLOG_ALLOW_INSECURE_ISSUER: false,
  GRANTLOG_TRUSTED_PROXIES: undefined,
  GRANTLOG_ALLOWED_HOSTS: more.hosts,
});
const LOOPBACK = 'http://127.0.0.1:8080';
const PUBLIC = 'https://login.example';

describe('the host of a request (RFC 9110 §7.2)', () => {
  it.each([
    [LOOPBACK, 'LOCALHOST:8080', true],
    [LOOPBACK, 'localhost.:8080', true],
    [LOOPBACK, '127.0.0.1:8080', true],
    [LOOPBACK, '[::1]:8080', true],
    [LOOPBACK, 'localhost:9000', false],
    [LOOPBACK, 'localhost', false],
    ['http://localhost', 'localhost:80', true],
    ['http://localhost', 'localhost', true],
    [PUBLIC, 'Login.Example', true],
    [PUBLIC, 'login.example.', true],
    [PUBLIC, 'login.example:443', true],
    [PUBLIC, 'login.example..', false],
    [PUBLIC, 'evil.example', false],
    [PUBLIC, 'login.example@evil.example', false],
    [PUBLIC, 'login.example:', false],
    [PUBLIC, 'login.example:99999', false],
    [PUBLIC, '', false],
  ])('UI-20 with the issuer %s, %s is served: %s', (issuer, host, served) =>
    expect(isAllowedHost(host, allowedHosts(config(), issuer), issuer)).toBe(served),
  );

  it('a second gateway serves its own port and that of the issuer', () => {
    const allowed = allowedHosts(config({ port: 8180 }), LOOPBACK);
    expect(['localhost:8180', 'localhost:8080', 'localhost:8280'].map((host) => isAllowedHost(host, allowed, LOOPBACK))).toEqual([true, true, false]); // prettier-ignore
  });

  it('a list is normalised; an entry without a port stands for any', () => {
    const allowed = allowedHosts(config({ hosts: ['Login.Example.', 'other.example:8443'] }), PUBLIC);
    expect(allowed).toEqual(['login.example', 'other.example:8443']);
    expect(['login.example:9000', 'other.example:8443', 'other.example'].map((host) => isAllowedHost(host, allowed, PUBLIC))).toEqual([true, true, false]); // prettier-ignore
  });

  it.each(['https://login.example', 'login.example/x', '*.example', 'a b', 'x:99999', 'ä.example'])(
    'an entry that is no host ends the start: %s',
    (entry) =>
      expect(() => allowedHosts(config({ hosts: [entry] }), PUBLIC)).toThrow(`GRANTLOG_ALLOWED_HOSTS has "${entry}"; allowed: hosts`), // prettier-ignore
  );

  it('is undefined for what is none', () => expect(normalHost('[zz]', 'http:')).toBeUndefined());
});

describe('the origin of a form', () => {
  it.each([
    [LOOPBACK, undefined, 'http://127.0.0.1:8080', true],
    [LOOPBACK, undefined, 'http://localhost:8080', true],
    [LOOPBACK, undefined, 'http://127.0.0.1:9999', false],
    [LOOPBACK, undefined, 'http://127.0.0.1', false],
    [LOOPBACK, undefined, 'https://127.0.0.1:8080', false],
    [PUBLIC, undefined, 'https://login.example', true],
    [PUBLIC, undefined, 'https://login.example:8443', false],
    [PUBLIC, undefined, 'http://login.example', false],
    [PUBLIC, ['inner.example'], 'https://login.example', true],
    [PUBLIC, ['inner.example'], 'https://inner.example', true],
    [PUBLIC, ['inner.example'], 'https://inner.example:8443', false],
    [PUBLIC, ['inner.example:8443'], 'https://inner.example:8443', true],
    [PUBLIC, undefined, 'https://login.example.evil', false],
    [PUBLIC, undefined, 'null', false],
  ] as const)('UI-19 with the issuer %s and the hosts %j, %s is ours: %s', (issuer, hosts, origin, ours) =>
    expect(isOurOrigin(origin, issuer, allowedHosts(config({ ...(hosts && { hosts }) }), issuer))).toBe(ours),
  );
  it('a second gateway takes forms of its own pages', () =>
    expect(isOurOrigin('http://127.0.0.1:8180', LOOPBACK, allowedHosts(config({ port: 8180 }), LOOPBACK))).toBe(true));
});
