import { RE2JS } from 're2js';

const compiled = new Map<string, RE2JS | undefined>();
const MOST_KEPT = 1000;

/** A pattern in RE2's syntax, whose matching takes linear time whatever the text; undefined when it is not one. */
export const compilePattern = (pattern: string): RE2JS | undefined => {
  if (compiled.has(pattern)) return compiled.get(pattern);
  if (compiled.size >= MOST_KEPT) compiled.clear();
  let expression: RE2JS | undefined;
  try {
    expression = RE2JS.compile(pattern);
  } catch {
    expression = undefined;
  }
  compiled.set(pattern, expression);
  return expression;
};

/** Whether the pattern matches the whole text; a beginning that matches is not enough. */
export const matchesWhole = (pattern: string, text: string): boolean => compilePattern(pattern)?.matches(text) === true;
