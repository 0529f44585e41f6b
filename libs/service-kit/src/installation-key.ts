import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';

/** What keys are derived for: each purpose has its own, so that nothing made for one serves another. */
export type KeyPurpose =
  'snapshot' | 'position' | 'sealed-reply' | 'assertion' | 'publication' | 'device' | 'attempt' | 'key-id';

/**
 * The installation's secret, which is in no store: a copy of the database opens nothing. Keys are key objects: given as
 * bytes, Node looks into them anew for every MAC, at several times the price of the MAC.
 */
export type InstallationKey = {
  /** Names the current key, and the previous one while it rotates; tells nothing about them. 16 hex digits. */
  readonly id: string;
  readonly previousId: string | undefined;
  readonly derive: (purpose: KeyPurpose) => KeyObject;
  /** Of the current key, and of the previous one while it rotates. */
  readonly deriveAll: (purpose: KeyPurpose) => readonly KeyObject[];
  /** AES-256-GCM under a key of the installation key and `secret` together. @returns base64url */
  readonly seal: (secret: string, text: string) => string;
  /** @returns undefined when it was not sealed with this secret under a key that is still known */
  readonly open: (secret: string, sealed: string) => string | undefined;
};

const IV_BYTES = 12;
const TAG_BYTES = 16;
const KEY_ID_BYTES = 8;

/** @param previousBytes the key that is being rotated out; still opens, never seals */
export const createInstallationKey = (currentBytes: Uint8Array, previousBytes?: Uint8Array): InstallationKey => {
  const current = createSecretKey(currentBytes);
  const previous = previousBytes && createSecretKey(previousBytes);
  const deriveFrom = (key: KeyObject, purpose: KeyPurpose): KeyObject =>
    createSecretKey(new Uint8Array(hkdfSync('sha256', key, '', `grantlog ${purpose}`, 32)));
  const sealingKey = (key: KeyObject, secret: string): Buffer =>
    Buffer.from(hkdfSync('sha256', key, secret, 'grantlog sealed-reply', 32));
  const open = (key: KeyObject, secret: string, bytes: Buffer): string | undefined => {
    const decipher = createDecipheriv('aes-256-gcm', sealingKey(key, secret), bytes.subarray(0, IV_BYTES));
    decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
    try {
      return decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
    } catch {
      return undefined;
    }
  };
  const idOf = (key: KeyObject): string => deriveFrom(key, 'key-id').export().subarray(0, KEY_ID_BYTES).toString('hex');
  return {
    id: idOf(current),
    previousId: previous && idOf(previous),
    derive: (purpose) => deriveFrom(current, purpose),
    deriveAll: (purpose) => [current, ...(previous ? [previous] : [])].map((key) => deriveFrom(key, purpose)),
    seal: (secret, text) => {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', sealingKey(current, secret), iv);
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url');
    },
    open: (secret, sealed) => {
      const bytes = Buffer.from(sealed, 'base64url');
      if (bytes.length <= IV_BYTES + TAG_BYTES) return undefined;
      return open(current, secret, bytes) ?? (previous && open(previous, secret, bytes));
    },
  };
};

/** A MAC over a text, base64url. */
export const macOf = (key: KeyObject, text: string): string =>
  createHmac('sha256', key).update(text).digest('base64url');

export const sameMac = (a: string, b: string): boolean => {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
};
