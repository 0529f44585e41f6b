import { isLoopback } from '@grantlog/oauth';
import { BadConfiguration } from '@grantlog/service-kit';

type Config = {
  readonly GRANTLOG_ISSUER: string | undefined;
  readonly GRANTLOG_PORT: number;
  readonly GRANTLOG_ALLOW_INSECURE_ISSUER: boolean;
  readonly GRANTLOG_TRUSTED_PROXIES: readonly string[] | undefined;
  readonly GRANTLOG_ALLOWED_HOSTS: readonly string[] | undefined;
};

/**
 * The public base URL, without a slash at its end.
 * @throws BadConfiguration for plain http to a host that is not loopback, and for https without a word on the proxies
 *   in front, which terminate it
 */
export const publicIssuer = ({
  GRANTLOG_ISSUER,
  GRANTLOG_PORT,
  GRANTLOG_ALLOW_INSECURE_ISSUER,
  GRANTLOG_TRUSTED_PROXIES,
}: Config): string => {
  const issuer = (GRANTLOG_ISSUER ?? `http://127.0.0.1:${GRANTLOG_PORT}`).replace(/\/$/, '');
  const { protocol, hostname } = new URL(issuer);
  if (protocol === 'http:' && !isLoopback(hostname) && !GRANTLOG_ALLOW_INSECURE_ISSUER) {
    throw new BadConfiguration(
      `GRANTLOG_ISSUER is "${issuer}"; allowed: https, or http to a loopback address (or set GRANTLOG_ALLOW_INSECURE_ISSUER=true)`,
    );
  }
  if (protocol === 'https:' && GRANTLOG_TRUSTED_PROXIES === undefined) {
    throw new BadConfiguration(
      `GRANTLOG_TRUSTED_PROXIES is not set, and GRANTLOG_ISSUER is "${issuer}"; allowed: the addresses of the proxies that terminate https, or none`,
    );
  }
  return issuer;
};

/**
 * `Host` values that are served, as `normalHost` writes them. With a loopback issuer also the machine's own names, at
 * the issuer's port and at the one this process listens on.
 * @throws BadConfiguration for an entry that is no host
 */
export const allowedHosts = ({ GRANTLOG_ALLOWED_HOSTS, GRANTLOG_PORT }: Config, issuer: string): readonly string[] => {
  const { host, hostname, port, protocol } = new URL(issuer);
  if (GRANTLOG_ALLOWED_HOSTS) return GRANTLOG_ALLOWED_HOSTS.map((entry) => listedHost(entry, protocol));
  if (!isLoopback(hostname)) return [listedHost(host, protocol)];
  const ports = new Set([port || DEFAULT_PORTS[protocol], String(GRANTLOG_PORT)]);
  const names = new Set([hostname, 'localhost', '127.0.0.1', '[::1]']);
  return [...names].flatMap((name) => [...ports].map((one) => listedHost(`${name}:${one}`, protocol)));
};

const listedHost = (entry: string, protocol: string): string => {
  const host = normalHost(entry, protocol);
  if (host !== undefined) return host;
  throw new BadConfiguration(
    `GRANTLOG_ALLOWED_HOSTS has "${entry}"; allowed: hosts with or without a port, without a scheme or path (login.example,127.0.0.1:8080)`,
  );
};

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };
const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)\.?(?::([0-9]{1,5}))?$/;

/**
 * A host in the one form that is compared: lower case, no dot at the end, no default port.
 * @param protocol of the issuer, `http:` or `https:`: says which port is the default one
 * @returns undefined for what is no host
 * @see RFC 9110 §4.2.3, §7.2, RFC 3986 §3.2.2
 */
export const normalHost = (host: string, protocol: string): string | undefined => {
  const [, name, port] = HOST.exec(host.toLowerCase()) ?? [];
  if (name === undefined || Number(port) > 65_535) return undefined;
  return port === undefined || port === DEFAULT_PORTS[protocol] ? name : `${name}:${port}`;
};

/** Whether this installation serves the host. An entry without a port stands for any port. */
export const isAllowedHost = (host: string, allowed: readonly string[], issuer: string): boolean => {
  const asked = normalHost(host, new URL(issuer).protocol);
  return asked !== undefined && (allowed.includes(asked) || allowed.includes(asked.replace(/:\d+$/, '')));
};

/**
 * Whether an origin is one that our own pages have: the issuer's, or that of a listed host, its port included. Another
 * port of the same host is another program's.
 * @see RFC 6454 §4
 */
export const isOurOrigin = (origin: string, issuer: string, allowed: readonly string[]): boolean => {
  const { protocol, host } = new URL(issuer);
  if (!origin.startsWith(`${protocol}//`)) return false;
  const asked = normalHost(origin.slice(protocol.length + 2), protocol);
  return asked !== undefined && (asked === normalHost(host, protocol) || allowed.includes(asked));
};
