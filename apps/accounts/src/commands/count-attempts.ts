import type { accounts as wire } from '@grantlog/contracts';
import { currentWindow, secondsUntilEnd } from '../attempt-window.ts';
import type { Deps } from '../service-deps.ts';

/** Counts a wrong try of any kind, within this hour, over all instances. */
export const countAttempts =
  ({ attempts }: Deps) =>
  async ({ key }: wire.CountAttemptsRequest): Promise<wire.CountAttemptsResponse> => {
    const { window, endsAt } = currentWindow();
    return { count: await attempts.count(key, window, endsAt), retryAfterSeconds: secondsUntilEnd(endsAt) };
  };
