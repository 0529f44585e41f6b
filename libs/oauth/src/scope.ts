/** What a token may do at `/api/v2/`; `write` includes `read`. */
export const SCOPES = ['read', 'write'] as const;

/**
 * The words of a scope text.
 * @returns undefined unless they are known, each once, with single spaces between
 * @see RFC 6749 §3.3
 */
export const parseScope = (scope: string): readonly string[] | undefined => {
  const words = scope.split(' ');
  const known = words.every((word) => (SCOPES as readonly string[]).includes(word));
  return known && new Set(words).size === words.length ? words : undefined;
};

/** Whether every word of `asked` is among those of `granted`. @see RFC 6749 §6 */
export const isWithin = (asked: string, granted: string): boolean => {
  const words = granted.split(' ');
  return asked.split(' ').every((word) => words.includes(word) || (word === 'read' && words.includes('write')));
};

/** The same, and with no more words: `read write` says more than `write` to a server that compares words. */
export const isNoWider = (scope: string, than: string): boolean =>
  isWithin(scope, than) && scope.split(' ').length <= than.split(' ').length;

/** Whether a token of this scope may be used for what needs `needed`. */
export const permits = (scope: string, needed: (typeof SCOPES)[number]): boolean => isWithin(needed, scope);
