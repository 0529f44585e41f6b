import { parse as parseContentType } from 'content-type';
import { type MemberNode, type ObjectNode, parse as parseTree, traverse } from '@humanwhocodes/momoa';
import express, { type Request, type Response } from 'express';
import { ApiError } from './api-error.ts';
import { OAuthError } from './oauth-error.ts';
import { type FlatForm, hasControls, parseFlatForm } from './flat-form.ts';

const FORM_BYTES = 16 * 1024;
const JSON_BYTES = 64 * 1024;
const DEEPEST = 32;

const collectForm = express.raw({ type: () => true, limit: FORM_BYTES, inflate: false });
const collectJson = express.raw({ type: () => true, limit: JSON_BYTES, inflate: false });

/** The body's octets; bodies over the limit end with 413 by the error handler. */
const collect = (collector: typeof collectForm, request: Request, response: Response): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    collector(request, response, (error?: unknown) =>
      error ? reject(error as Error) : resolve(Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)),
    );
  });

const decodeUtf8 = (bytes: Buffer): string | undefined => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
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

/**
 * The form of an OAuth endpoint's POST. Parameters come in the body only, each once.
 * @throws OAuthError `invalid_request`, naming what was wrong @see RFC 6749 §3.2
 */
export const readForm = async (request: Request, response: Response): Promise<FlatForm> => {
  const { type, charset } = mediaType(request);
  if (type !== 'application/x-www-form-urlencoded') {
    const came = request.headers['content-type'];
    throw new OAuthError(
      400,
      'invalid_request',
      `The content type is ${came === undefined ? 'missing' : `"${came.slice(0, 100)}"`}; it must be application/x-www-form-urlencoded.`,
    );
  }
  if (charset !== 'utf-8') throw new OAuthError(415, 'invalid_request', 'The charset must be utf-8.');
  if (request.url.includes('?'))
    throw new OAuthError(400, 'invalid_request', 'Parameters must be in the body, not in the query string.');
  const text = decodeUtf8(await collect(collectForm, request, response));
  const form = text === undefined ? undefined : parseFlatForm(text);
  if (!form) throw new OAuthError(400, 'invalid_request', 'The body is not a well-formed form.');
  const [twice] = form.duplicates;
  if (twice !== undefined) throw new OAuthError(400, 'invalid_request', `Duplicate ${printable(twice)} parameter.`);
  const bad = form.names.find((name) => hasControls(name) || hasControls(form.get(name) ?? ''));
  if (bad !== undefined)
    throw new OAuthError(400, 'invalid_request', `The ${printable(bad)} parameter has control characters.`);
  return form;
};

/** A page's form; its problems are told on a page. @returns undefined when it is not a well-formed form */
export const readPageForm = async (request: Request, response: Response): Promise<FlatForm | undefined> => {
  if (mediaType(request).type !== 'application/x-www-form-urlencoded') return undefined;
  const text = decodeUtf8(await collect(collectForm, request, response));
  return text === undefined ? undefined : parseFlatForm(text);
};

/** The JSON object of a management request; an empty body counts as `{}`. @throws ApiError 400, 415 */
export const readJsonObject = async (request: Request, response: Response): Promise<Record<string, unknown>> => {
  const bytes = await collect(collectJson, request, response);
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

const parseJson = (text: string): unknown => {
  const problem = structureProblem(text);
  if (problem !== undefined) throw new ApiError(400, { detail: `JSON parse error - ${problem}` });
  try {
    return JSON.parse(text, refuseStrange) as unknown;
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw new ApiError(400, {
      detail: `JSON parse error - ${error instanceof Error ? error.message.slice(0, 200) : 'malformed'}`,
    });
  }
};

/** Depth and repeated keys, which JSON.parse does not tell. */
const structureProblem = (text: string): string | undefined => {
  let depth = 0;
  let deepest = 0;
  for (const character of text.replace(/"(?:[^"\\]|\\.)*"/g, '')) {
    if (character === '{' || character === '[') deepest = Math.max(deepest, (depth += 1));
    else if (character === '}' || character === ']') depth -= 1;
  }
  // First: what parses further is then at most so deep.
  if (deepest > DEEPEST) return `nested more than ${DEEPEST} levels deep`;
  let twice: string | undefined;
  try {
    traverse(parseTree(text), {
      enter: (node) => {
        if (node.type === 'Object') twice ??= repeatedKey((node as ObjectNode).members);
      },
    });
  } catch {
    // JSON.parse says it better.
    return undefined;
  }
  return twice === undefined ? undefined : `the key "${printable(twice)}" is there twice`;
};

const repeatedKey = (members: readonly MemberNode[]): string | undefined => {
  const keys = new Set<string>();
  for (const { name } of members) {
    const key = name.type === 'String' ? name.value : name.name;
    if (keys.has(key)) return key;
    keys.add(key);
  }
  return undefined;
};

const LONE_SURROGATE = /\p{Surrogate}/u;
// Tab, line feed and carriage return may stand in descriptions.
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/;

const refuseStrange = (key: string, value: unknown): unknown => {
  const texts = typeof value === 'string' ? [key, value] : [key];
  if (texts.some((text) => LONE_SURROGATE.test(text) || CONTROLS.test(text))) {
    throw new ApiError(400, { detail: 'JSON parse error - control characters and lone surrogates are not allowed' });
  }
  if (typeof value === 'number' && !isPlainNumber(value))
    throw new ApiError(400, { detail: 'JSON parse error - a number is out of range' });
  return value;
};

/** Finite, exact as an integer, and not minus zero. */
const isPlainNumber = (value: number): boolean =>
  Number.isFinite(value) && !Object.is(value, -0) && (!Number.isInteger(value) || Number.isSafeInteger(value));

/** Fit for a message: what is not plain is replaced. */
export const printable = (text: string): string =>
  text
    .replace(/[^\x20-\x7e]/g, '?')
    .replace(/["\\]/g, "'")
    .slice(0, 80);
