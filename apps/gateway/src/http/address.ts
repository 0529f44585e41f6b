import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** As proxies write them: `192.0.2.1:4711`, `[2001:db8::1]:4711`, `[2001:db8::1]`. */
const WITH_PORT = /^(?:\[([^\]]+)\]|([\d.]+))(?::\d{1,5})?$/;

const parse = (text: string): ReturnType<typeof ipaddr.process> | undefined => {
  const [, six, four] = WITH_PORT.exec(text) ?? [];
  // A zone names an interface of the reader's machine, not who sent something.
  const host = (six ?? four ?? text).replace(/%.*$/, '');
  // The library also reads octal, hexadecimal and shortened IPv4, which no proxy writes.
  return isIP(host) === 0 ? undefined : ipaddr.process(host);
};

/**
 * The one spelling of an address: without port, brackets and zone, IPv4 that is mapped into IPv6 as IPv4.
 * @returns undefined when it is not an address
 */
export const parseAddress = (text: string): string | undefined => parse(text.trim())?.toString();

/** What one subscriber controls: an IPv4 address, or an IPv6 network of 64 bits (RFC 4291 §2.5.1). */
export const networkOf = (address: string): string => {
  const parsed = parse(address);
  if (parsed?.kind() !== 'ipv6') return address;
  const prefix = (parsed as ipaddr.IPv6).parts.slice(0, 4).map((part) => part.toString(16));
  return `${prefix.join(':')}::/64`;
};
