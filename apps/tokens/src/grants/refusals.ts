import type { Refusal } from '@grantlog/event-sourcing';

export const UNKNOWN_CODE: Refusal = {
  error: 'invalid_grant',
  description: 'unknown authorization code',
  guessed: true,
};
export const UNKNOWN_REFRESH_TOKEN: Refusal = {
  error: 'invalid_grant',
  description: 'unknown refresh token',
  guessed: true,
};
