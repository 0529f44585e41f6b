/** Bounds of what comes from outside, where more than one part keeps to them. Lengths in characters. */
export const LONGEST_USERNAME = 150;
export const LONGEST_PASSWORD_BYTES = 1024;
export const LONGEST_CLIENT_ID = 100;
export const LONGEST_CLIENT_SECRET = 512;
/** A thousand years, as AWX has. */
export const LONGEST_LIFETIME_SECONDS = 31_536_000_000;

/** Least and most of each setting that is a number. */
export const SETTING_BOUNDS = {
  /** RFC 6749 §4.1.2 recommends ten minutes at most. */
  AUTHORIZATION_CODE_EXPIRE_SECONDS: [1, 600],
  ACCESS_TOKEN_EXPIRE_SECONDS: [1, LONGEST_LIFETIME_SECONDS],
  REFRESH_TOKEN_EXPIRE_SECONDS: [1, LONGEST_LIFETIME_SECONDS],
  PERSONAL_TOKEN_EXPIRE_SECONDS: [1, LONGEST_LIFETIME_SECONDS],
  GRANT_EXPIRE_SECONDS: [1, LONGEST_LIFETIME_SECONDS],
  REFRESH_TOKEN_GRACE_SECONDS: [0, 300],
  LISTED_AFTER_EXPIRY_DAYS: [0, 3650],
  PASSWORD_MIN_LENGTH: [1, 128],
  SESSION_COOKIE_AGE: [60, LONGEST_LIFETIME_SECONDS],
} as const satisfies Readonly<Record<string, readonly [least: number, most: number]>>;
