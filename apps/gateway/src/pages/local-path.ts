import type { Response } from 'express';
import { hasControls } from '../http/flat-form.ts';
import { LONGEST_URL } from '../http/limits.ts';

const HOME = '/api/';

/** A path of ours that may follow a login; anything else leads home. */
export const localPath = (next: string | undefined): string => {
  if (next === undefined || next.length > LONGEST_URL || hasControls(next) || /[\\]/.test(next)) return HOME;
  return /^\/(?:api\/o\/authorize\/\?|api\/$|api\/v2\/|account\/|console\/|docs\/)/.test(next) ? next : HOME;
};

/** The login page on the way to a path of ours. What a query may have as it is stays so: the URL is no longer than needed. */
export const loginUrl = (next: string): string =>
  `/api/login/?next=${next.replace(/[^A-Za-z0-9\-._~!$'()*,/:;?@=]/g, encodeURIComponent)}`;

/** 303 and 302 turn a POST into a GET; 307 would hand the form on (RFC 9700 §4.12). */
export const redirectWithin = (response: Response, path: string): void =>
  response.set({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' }).redirect(302, path);
