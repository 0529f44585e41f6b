import { parse as parseContentType } from 'content-type';
import type { Request } from 'express';
import getRawBody from 'raw-body';
import { ApiError } from './api-error.ts';
import { OAuthError } from './oauth-error.ts';
import { type FlatForm, hasControls, parseFlatForm } from './flat-form.ts';
import { LONGEST_CARRIED_URL } from './limits.ts';
import { parseJson } from './parse-json.ts';
import { tooLong } from './oauth-parameters.ts';
import { printable } from './printable.ts';
import { bodyTooLarge, RefusedRequest } from './refused-request.ts';
import { decodeUtf8 } from './utf8.ts';

const FORM_BYTES = 16 * 1024;
const JSON_BYTES = 64 * 1024;
export const LARGEST_BODY_BYTES = JSON_BYTES;

/** A page's form carries a path of ours beside what was typed. */
const PAGE_FORM_BYTES = LONGEST_CARRIED_URL + 8 * 1024;

/** The body's octets. Over the limit it is refused at once, and the rest is not read. @throws RefusedRequest 413, 415 */
const collect = async (request: Request, limit: number): Promise<Buffer> => {
  if ((request.headers['content-encoding'] ?? 'identity') !== 'identity')
    throw new RefusedRequest(415, 'The content encoding is not supported.');
  try {
    return await getRawBody(request, { length: request.headers['content-length'] ?? null, limit });
  } catch (error) {
    throw (error as { type?: string }).type === 'entity.too.large' ? bodyTooLarge() : error;
  }
};

const mediaType = (request: Request): { type: string; charset: string } => {
  try {
    const { type, parameters } = parseContentType(request.headers['content-type'] ?? '');
    return { type, charset: (parameters['charset'] ?? 'utf-8').toLowerCase() };
  } catch {
    return { type: '', charset: 'utf-8' };
  }
};

/** A form is ASCII, with UTF-8 behind the percent signs, whatever charset a client names for its letters. */
const FORM_CHARSETS = ['utf-8', 'us-ascii', 'iso-8859-1'];

/**
 * The form of an OAuth endpoint's POST. Parameters come in the body only, each once.
 * @throws OAuthError `invalid_request`, naming what was wrong @see RFC 6749 §3.2
 */
export const readForm = async (request: Request): Promise<FlatForm> => {
  const { type, charset } = mediaType(request);
  if (type !== 'application/x-www-form-urlencoded') {
    const came = request.headers['content-type'];
    throw new OAuthError(
      400,
      'invalid_request',
      `The content type is ${came === undefined ? 'missing' : `"${came.slice(0, 100)}"`}; it must be application/x-www-form-urlencoded.`,
    );
  }
  if (!FORM_CHARSETS.includes(charset)) throw new OAuthError(415, 'invalid_request', 'The charset must be utf-8.');
  if (request.url.includes('?'))
    throw new OAuthError(400, 'invalid_request', 'Parameters must be in the body, not in the query string.');
  const text = decodeUtf8(await collect(request, FORM_BYTES));
  const form = text === undefined ? undefined : parseFlatForm(text);
  if (!form) throw new OAuthError(400, 'invalid_request', 'The body is not a well-formed form.');
  const [twice] = form.duplicates;
  if (twice !== undefined) throw new OAuthError(400, 'invalid_request', `Duplicate ${printable(twice)} parameter.`);
  const bad = form.names.find((name) => hasControls(name) || hasControls(form.get(name) ?? ''));
  if (bad !== undefined)
    throw new OAuthError(400, 'invalid_request', `The ${printable(bad)} parameter has control characters.`);
  const long = tooLong(form);
  if (long) throw new OAuthError(long[0] === 'invalid_client' ? 401 : 400, ...long);
  return form;
};

/** A page's form; its problems are told on a page. @returns undefined when it is not a well-formed form */
export const readPageForm = async (request: Request): Promise<FlatForm | undefined> => {
  if (mediaType(request).type !== 'application/x-www-form-urlencoded') return undefined;
  const text = decodeUtf8(await collect(request, PAGE_FORM_BYTES));
  return text === undefined ? undefined : parseFlatForm(text);
};

/** The JSON object of a management request; an empty body counts as `{}`. @throws ApiError 400, 415 */
export const readJsonObject = async (request: Request): Promise<Record<string, unknown>> => {
  const bytes = await collect(request, JSON_BYTES);
  if (bytes.length === 0) return {};
  const { type, charset } = mediaType(request);
  if (type !== 'application/json' || charset !== 'utf-8') {
    throw new ApiError(415, {
      detail:
        'You did not use correct Content-Type in your HTTP request. If you are using our REST API, the Content-Type must be application/json',
    });
  }
  const text = decodeUtf8(bytes);
  if (text === undefined) throw new ApiError(400, { detail: 'JSON parse error - the body is not UTF-8' });
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ApiError(400, { detail: 'JSON parse error - not a JSON object' });
  }
  return value as Record<string, unknown>;
};
