import { isLoopback } from '@grantlog/oauth';
import { BadConfiguration } from '@grantlog/service-kit';

type Config = {
  readonly GRANTLOG_ISSUER: string | undefined;
  readonly GRANTLOG_PORT: number;
  readonly GRANTLOG_ALLOW_INSECURE_ISSUER: boolean;
  readonly GRANTLOG_ALLOWED_HOSTS: readonly string[] | undefined;
};

/** The public base URL, without a slash at its end. @throws BadConfiguration for plain http to a host that is not loopback */
export const publicIssuer = ({ GRANTLOG_ISSUER, GRANTLOG_PORT, GRANTLOG_ALLOW_INSECURE_ISSUER }: Config): string => {
  const issuer = (GRANTLOG_ISSUER ?? `http://127.0.0.1:${GRANTLOG_PORT}`).replace(/\/$/, '');
  const { protocol, hostname } = new URL(issuer);
  if (protocol === 'http:' && !isLoopback(hostname) && !GRANTLOG_ALLOW_INSECURE_ISSUER) {
    throw new BadConfiguration(
      `GRANTLOG_ISSUER is "${issuer}"; allowed: https, or http to a loopback address (or set GRANTLOG_ALLOW_INSECURE_ISSUER=true)`,
    );
  }
  return issuer;
};

/** `Host` values that are served. */
export const allowedHosts = ({ GRANTLOG_ALLOWED_HOSTS }: Config, issuer: string): readonly string[] => {
  if (GRANTLOG_ALLOWED_HOSTS) return GRANTLOG_ALLOWED_HOSTS;
  const { host, hostname } = new URL(issuer);
  return isLoopback(hostname) ? [host, 'localhost', '127.0.0.1', '[::1]'] : [host];
};
