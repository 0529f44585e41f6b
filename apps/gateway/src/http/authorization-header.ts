import { decodeUtf8 } from './utf8.ts';

const BASIC = /^Basic ([A-Za-z0-9+/]+={0,2})$/i;

/** Name and password of HTTP Basic; undefined when the header is anything else. @see RFC 7617 §2 */
export const decodeBasic = (header: string): { name: string; password: string } | undefined => {
  const encoded = BASIC.exec(header)?.[1];
  if (encoded === undefined) return undefined;
  const text = decodeUtf8(Buffer.from(encoded, 'base64'));
  if (text === undefined) return undefined;
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { name: text.slice(0, colon), password: text.slice(colon + 1) };
};

const BEARER = /^Bearer ([A-Za-z0-9._~+/-]+=*)$/i;

/** The token of a bearer header; undefined when the header is anything else. @see RFC 6750 §2.1 */
export const decodeBearer = (header: string): string | undefined => BEARER.exec(header)?.[1];
