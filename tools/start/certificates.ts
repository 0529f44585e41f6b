import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SERVICE_NAME } from '@grantlog/adapter-grpc';
import * as x509 from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const YEARS_MS = 10 * 365 * 86_400_000;

export type CertificateFiles = { readonly ca: string; readonly cert: string; readonly key: string };

/** The services' mTLS on this machine: an authority that exists in memory only, and one certificate that it signed. */
export const ensureCertificates = async (folder: string): Promise<CertificateFiles> => {
  const files = { ca: join(folder, 'ca.pem'), cert: join(folder, 'service.pem'), key: join(folder, 'service-key.pem') };
  if (Object.values(files).every((file) => existsSync(file))) return files;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  x509.cryptoProvider.set(webcrypto as never);
  const notBefore = new Date(Date.now() - 86_400_000);
  const notAfter = new Date(Date.now() + YEARS_MS);
  const authorityKeys = (await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])) as CryptoKeyPair;
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=Grantlog local authority',
    notBefore,
    notAfter,
    signingAlgorithm: ALGORITHM,
    keys: authorityKeys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ],
  });
  const keys = (await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])) as CryptoKeyPair;
  const certificate = await x509.X509CertificateGenerator.create({
    subject: `CN=${SERVICE_NAME}`,
    issuer: authority.subject,
    notBefore,
    notAfter,
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: authorityKeys.privateKey,
    extensions: [
      new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: SERVICE_NAME }]),
      new x509.ExtendedKeyUsageExtension(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'], true),
    ],
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  writeFileSync(files.ca, authority.toString('pem'));
  writeFileSync(files.cert, certificate.toString('pem'));
  writeFileSync(
    files.key,
    `-----BEGIN PRIVATE KEY-----\n${pkcs8.replace(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----\n`,
    { mode: 0o600 },
  );
  return files;
};

type CryptoKeyPair = { readonly publicKey: never; readonly privateKey: never };
