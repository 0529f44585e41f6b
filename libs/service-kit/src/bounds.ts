/** Bounds of what comes from outside, where more than one part keeps to them. Lengths in characters. */
export const LONGEST_USERNAME = 150;
export const LONGEST_PASSWORD_BYTES = 1024;
export const LONGEST_CLIENT_ID = 100;
export const LONGEST_CLIENT_SECRET = 512;
/** A thousand years, as AWX has. */
export const LONGEST_LIFETIME_SECONDS = 31_536_000_000;
