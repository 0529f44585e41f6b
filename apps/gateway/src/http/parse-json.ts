import { ApiError } from './api-error.ts';
import { printable } from './printable.ts';

const DEEPEST = 32;
const MOST_KEYS = 1000;
/** A longer run is no text in any script, and normalising it takes quadratic time. @see UAX #15 §13, Stream-Safe Text Format */
const MOST_MARKS = 30;

const refused = (problem: string): ApiError => new ApiError(400, { detail: `JSON parse error - ${problem}` });

/**
 * The value of a JSON text that is stricter than JSON: each key once, bounded in depth and keys, plain text and numbers
 * only. Costs linear time, whatever the text.
 * @throws ApiError 400 that says what is wrong
 */
export const parseJson = (text: string): unknown => {
  const keys = keysOf(text);
  const value = parsed(text);
  const twice = repeatedKey(keys);
  if (twice !== undefined) throw refused(`the key "${printable(twice)}" is there twice`);
  refuseStrange(value);
  return value;
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw refused(error instanceof Error ? error.message.slice(0, 200) : 'malformed');
  }
};

/** A key as it is written, with the number of the object that it is in. */
type Key = readonly [object: number, quoted: string];

/** One pass over the text, before anything is built from it. What else is wrong with it JSON.parse says. */
const keysOf = (text: string): readonly Key[] => {
  const keys: Key[] = [];
  const open: number[] = [];
  let opened = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '{' || character === '[') {
      if (open.push((opened += 1)) > DEEPEST) throw refused(`nested more than ${DEEPEST} levels deep`);
    } else if (character === '}' || character === ']') {
      open.pop();
    } else if (character === '"') {
      const end = endOfString(text, at);
      // In valid JSON a string before a colon is a key, and every key is one.
      if (isColonNext(text, end) && keys.push([open.at(-1) ?? 0, text.slice(at, end)]) > MOST_KEYS)
        throw refused(`more than ${MOST_KEYS} keys`);
      at = end - 1;
    }
  }
  return keys;
};

/** Where the string that begins at `start` is over: behind its closing quote, or the text's end. */
const endOfString = (text: string, start: number): number => {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return at + 1;
  }
  return text.length;
};

const isColonNext = (text: string, from: number): boolean => {
  let at = from;
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at += 1;
  return text[at] === ':';
};

const repeatedKey = (keys: readonly Key[]): string | undefined => {
  const seen = new Set<string>();
  for (const [object, quoted] of keys) {
    const key = JSON.parse(quoted) as string;
    if (seen.size === seen.add(`${object} ${key}`).size) return key;
  }
  return undefined;
};

const LONE_SURROGATE = /\p{Surrogate}/u;
// Tab, line feed and carriage return may stand in descriptions.
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/;
const MARKS = new RegExp(`\\p{M}{${MOST_MARKS + 1}}`, 'u');

const refuseStrange = (value: unknown): void => {
  if (typeof value === 'string') {
    if (LONE_SURROGATE.test(value) || CONTROLS.test(value))
      throw refused('control characters and lone surrogates are not allowed');
    if (MARKS.test(value)) throw refused(`more than ${MOST_MARKS} combining marks in a row`);
  } else if (typeof value === 'number') {
    if (!isPlainNumber(value)) throw refused('a number is out of range');
  } else if (Array.isArray(value)) {
    value.forEach(refuseStrange);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, member] of Object.entries(value)) {
      refuseStrange(key);
      refuseStrange(member);
    }
  }
};

/** Finite, exact as an integer, and not minus zero. */
const isPlainNumber = (value: number): boolean =>
  Number.isFinite(value) && !Object.is(value, -0) && (!Number.isInteger(value) || Number.isSafeInteger(value));
