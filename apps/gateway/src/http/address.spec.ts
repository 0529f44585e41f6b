import { networkOf, parseAddress } from './address.ts';

describe('an address', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['192.0.2.1:4711', '192.0.2.1'],
    [' 192.0.2.1 ', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:C000:0201', '192.0.2.1'],
    ['[::ffff:192.0.2.1]:4711', '192.0.2.1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:0db8::0001', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:db8::1]:4711', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['[fe80::1%25eth0]:4711', 'fe80::1'],
  ])('written %p is %p', (text, address) => expect(parseAddress(text)).toBe(address));

  it.each(['', 'unknown', '_hidden', 'app.example', '192.0.2', '0300.0.2.1', '0xc0000201', '3221225985', '192.0.2.1:x', '[2001:db8::1', '192.0.2.1:4711:1', '2001:db8::g', '%eth0'])(
    'is not read from %p',
    (text) => expect(parseAddress(text)).toBeUndefined(),
  ); // prettier-ignore
});

describe('the network that a limit counts', () => {
  it('is an IPv4 address', () => expect(networkOf('192.0.2.1')).toBe('192.0.2.1'));
  it('is 64 bits of an IPv6 address', () => {
    expect(networkOf('2001:db8::1')).toBe('2001:db8:0:0::/64');
    expect(networkOf('2001:db8::ffff:ffff:ffff:ffff')).toBe(networkOf('2001:db8::1'));
    expect(networkOf('2001:db8:0:1::1')).not.toBe(networkOf('2001:db8::1'));
  });
});
