import { accessSync, constants, statSync } from 'node:fs';
import { isIP } from 'node:net';

/** What the value of a variable may be, in words, and how it is read: undefined for what is not allowed. */
export type Kind<T> = { readonly allowed: string; readonly parse: (text: string) => T | undefined };

const such = (isAllowed: (text: string) => boolean, allowed: string): Kind<string> => ({
  allowed,
  parse: (text) => (isAllowed(text) ? text : undefined),
});

/** A form, because `Number` would take `0x10`, `1e3` and spaces too. */
const numberOf = (form: RegExp, min: number, max: number, allowed: string): Kind<number> => ({
  allowed,
  parse: (text) => (form.test(text) && Number(text) >= min && Number(text) <= max ? Number(text) : undefined),
});
export const whole = (min: number, max: number, allowed = `a whole number from ${min} to ${max}`): Kind<number> =>
  numberOf(/^\d{1,9}$/, min, max, allowed);
export const port = whole(1, 65_535, 'a port from 1 to 65535');
export const seconds = (min: number, max: number): Kind<number> =>
  numberOf(/^\d{1,6}(?:\.\d{1,3})?$/, min, max, `seconds from ${min} to ${max}, such as 0.5`);

export const oneOf = <const T extends string>(...values: readonly [...T[], T]): Kind<T> => ({
  allowed: `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`,
  parse: (text) => values.find((value) => value === text),
});
export const flag: Kind<boolean> = {
  allowed: 'true or false',
  parse: (text) => (text === 'true' || text === 'false' ? text === 'true' : undefined),
};
export const text = (what: string, longest: number): Kind<string> =>
  such((value) => value !== '' && value.length <= longest, `${what} of 1 to ${longest} characters`);
export const address = such(
  (value) => isIP(value) !== 0,
  'an IP address of this machine, such as 127.0.0.1, or :: for all of them',
);

const MOST_ITEMS = 1000;
const list = (isAllowed: (item: string) => boolean, allowed: string): Kind<readonly string[]> => ({
  allowed: `${allowed}; at most ${MOST_ITEMS}`,
  parse: (value) => {
    const items = value
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
    return items.length > 0 && items.length <= MOST_ITEMS && items.every(isAllowed) ? items : undefined;
  },
});

const urlOf = (value: string): URL | undefined => (URL.canParse(value) ? new URL(value) : undefined);
export const issuer = such((value) => {
  const url = urlOf(value);
  return url !== undefined && /^https?:$/.test(url.protocol) && !/[?#@\s\\]/.test(value);
}, 'an http or https URL without a query, a fragment, a name or a password');

/** A name, an IPv4 address or an IPv6 address in brackets, with a port or without. */
const isHost = (value: string): boolean => {
  const url = urlOf(`http://${value}`);
  return url !== undefined && url.hostname !== '' && /^[^/?#@\s\\]+$/.test(value);
};
export const hosts = list(isHost, 'hosts, each with or without a port');

const PORT_AT_END = /^(.+):(\d{1,5})$/;
const isHostAndPort = (value: string): boolean => {
  const [, host = '', digits = ''] = PORT_AT_END.exec(value) ?? [];
  return (
    isHost(host) && !PORT_AT_END.test(host.replace(/^\[.*\]$/, '')) && Number(digits) > 0 && Number(digits) < 65_536
  );
};
export const services = list(
  (item) => isHostAndPort(item.replace(/^dns:\/\/\//, '')),
  'host:port,host:port, each also as dns:///host:port',
);
export const brokers = list(
  (item) => isHostAndPort(item) && !item.startsWith('['),
  'host:port,host:port with names or IPv4 addresses (an IPv6 address needs a name: kafkajs takes none)',
);

const NAMED_RANGES = ['loopback', 'linklocal', 'uniquelocal'];
const isProxy = (value: string): boolean => {
  const [base = '', bits, ...more] = value.split('/');
  const longest = { 4: 32, 6: 128 }[isIP(base)];
  if (longest === undefined) return NAMED_RANGES.includes(value);
  return more.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= longest));
};
const proxiesOrNone = list(
  (item) => item === 'none' || isProxy(item),
  `IP addresses, ranges such as 10.0.0.0/8, ${NAMED_RANGES.join(', ')}; or none`,
);
export const proxies: Kind<readonly string[]> = {
  ...proxiesOrNone,
  parse: (value) => {
    const items = proxiesOrNone.parse(value);
    return items?.includes('none') ? (items.length === 1 ? [] : undefined) : items;
  },
};

export const mongodbUri = such(
  (value) => /^mongodb(\+srv)?:\/\/[^/?#\s]+/.test(value),
  'a URI mongodb://host:port/, or mongodb+srv://host/',
);

export const file = such((path) => {
  try {
    accessSync(path, constants.R_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}, 'a file that this process can read');
const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
export const folder = such((path) => path !== '' && !isFile(path), 'a folder');
export const key: Kind<Buffer> = {
  allowed: '32 random bytes in base64url (43 characters)',
  parse: (value) => (/^[A-Za-z0-9_-]{43}$/.test(value) ? Buffer.from(value, 'base64url') : undefined),
};
