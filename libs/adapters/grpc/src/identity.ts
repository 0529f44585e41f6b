import type { KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type ChannelCredentials, credentials, ServerCredentials } from '@grpc/grpc-js';
import type { InstallationKey } from '@grantlog/service-kit';

/** Files of this installation's mTLS: every caller and every service shows a certificate of the one authority. */
export type Identity = {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  /** Derived from the installation key, the current one first; every request is signed by it, and all verify. */
  readonly assertionKeys: readonly KeyObject[];
  /** The machine's clock; another one for tests. */
  readonly now?: () => number;
};

/** A role's identity, as it is configured. */
export const identityOf = (
  config: { readonly GRANTLOG_TLS_CA: string; readonly GRANTLOG_TLS_CERT: string; readonly GRANTLOG_TLS_KEY: string },
  key: InstallationKey,
): Identity => ({
  ca: config.GRANTLOG_TLS_CA,
  cert: config.GRANTLOG_TLS_CERT,
  key: config.GRANTLOG_TLS_KEY,
  assertionKeys: key.deriveAll('assertion'),
});

/** The name in every service's certificate: callers prove the installation, not the host. */
export const SERVICE_NAME = 'grantlog.internal';

const files = ({ ca, cert, key }: Pick<Identity, 'ca' | 'cert' | 'key'>): [Buffer, Buffer, Buffer] => [
  readFileSync(ca),
  readFileSync(key),
  readFileSync(cert),
];

export const serverCredentials = (identity: Identity): ServerCredentials => {
  const [ca, key, cert] = files(identity);
  return ServerCredentials.createSsl(ca, [{ private_key: key, cert_chain: cert }], true);
};

export const clientCredentials = (identity: Identity): ChannelCredentials => {
  const [ca, key, cert] = files(identity);
  return credentials.createSsl(ca, key, cert);
};
