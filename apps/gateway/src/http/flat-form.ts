/** Names and values of a form or query, flat: punctuation in a name means nothing. */
export type FlatForm = {
  /** As it came. */
  readonly text: string;
  /** A parameter without a value counts as omitted, but for `scope`. @see RFC 6749 §3.1 */
  readonly get: (name: string) => string | undefined;
  readonly has: (name: string) => boolean;
  /** Names that came more than once. */
  readonly duplicates: readonly string[];
  readonly names: readonly string[];
  /** Everything that came, repeated names too. */
  readonly entries: readonly (readonly [name: string, value: string])[];
};

const CONTROLS = /[\u0000-\u001f\u007f-\u009f]/;
const MOST_PARAMETERS = 100;

/**
 * Parses `application/x-www-form-urlencoded` text strictly: malformed encoding is refused, never repaired.
 * @returns undefined for malformed percent-encoding, text that is not UTF-8, or too many parameters
 */
export const parseFlatForm = (text: string): FlatForm | undefined => {
  const values = new Map<string, string>();
  const duplicates: string[] = [];
  const entries: (readonly [string, string])[] = [];
  const parts = text === '' ? [] : text.split('&');
  if (parts.length > MOST_PARAMETERS) return undefined;
  for (const part of parts) {
    const equals = part.indexOf('=');
    const name = decode(equals < 0 ? part : part.slice(0, equals));
    const value = decode(equals < 0 ? '' : part.slice(equals + 1));
    if (name === undefined || value === undefined) return undefined;
    entries.push([name, value]);
    if (values.has(name)) duplicates.push(name);
    else values.set(name, value);
  }
  return {
    text,
    // An empty scope is refused where it is read: "nothing" is never widened to everything.
    get: (name) => values.get(name) || (name === 'scope' ? values.get(name) : undefined),
    has: (name) => values.has(name),
    duplicates,
    names: [...values.keys()],
    entries,
  };
};

const decode = (text: string): string | undefined => {
  if (!/[%+]/.test(text)) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
};

/** Whether a value has characters that no parameter may have. */
export const hasControls = (value: string): boolean => CONTROLS.test(value);

/** The query of a request as it came, without the question mark. */
export const queryText = (url: string): string => {
  const mark = url.indexOf('?');
  return mark < 0 ? '' : url.slice(mark + 1);
};
