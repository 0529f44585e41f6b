import { LONGEST_PASSWORD_BYTES } from './bounds.ts';

/** The setting PASSWORD_MIN_LENGTH, where nobody changed it. */
export const PASSWORD_MIN_LENGTH = 8;

/**
 * What is wrong with a password, undefined when nothing is: one rule wherever one is written or typed.
 * @param least characters; 1 where a password that exists is typed, which may be from before the setting
 */
export const passwordProblem = (password: string, least: number): string | undefined => {
  if (Buffer.byteLength(password) > LONGEST_PASSWORD_BYTES)
    return `Ensure this field has no more than ${LONGEST_PASSWORD_BYTES} bytes.`;
  if (/\p{Cc}/u.test(password)) return 'Control characters, such as tabs, are not allowed.';
  return [...password.normalize('NFKC')].length < least
    ? `Ensure this field has at least ${least} characters.`
    : undefined;
};
