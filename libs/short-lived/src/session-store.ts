/** Records that end by themselves: browser sessions, authorizations under way. Expiry is judged when read. */
export type SessionStore = {
  /** @returns false when the key is taken */
  readonly create: (key: string, record: string, expiresAt: string) => Promise<boolean>;
  /** @returns undefined when unknown, ended or expired at `at` */
  readonly get: (key: string, at: string) => Promise<{ record: string; expiresAt: string } | undefined>;
  readonly renew: (key: string, expiresAt: string) => Promise<void>;
  readonly end: (key: string) => Promise<void>;
};
