import { parseCookie } from 'cookie';
import type { Request } from 'express';

/** Of one name; a browser sends as many as domains and paths above ours have set. */
const MOST_VALUES = 8;

/**
 * Every value that came for a cookie. A cookie of a parent domain comes beside our own, in an order that says nothing:
 * who is the right one shows by what it proves.
 * @see RFC 6265 §5.4, §8.6
 */
export const cookieValues = ({ headers }: Request, name: string): readonly string[] =>
  (headers.cookie ?? '')
    .split(';')
    .map((pair) => parseCookie(pair)[name])
    .filter((value) => value !== undefined && value !== '')
    .slice(0, MOST_VALUES) as string[];
