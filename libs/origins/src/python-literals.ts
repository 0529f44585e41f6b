type Token = {
  readonly kind: 'text' | 'number' | 'word' | 'mark' | 'end';
  readonly value: string;
  /** From 1. */
  readonly line: number;
  /** From 0: what is behind is indented. */
  readonly column: number;
};

const TOKEN =
  /[ \t\f]+|\\\r?\n|#[^\n]*|(?<newline>\r?\n)|(?<text>[rRuU]?(?:'''(?:\\[\s\S]|[^\\])*?'''|"""(?:\\[\s\S]|[^\\])*?"""|'(?:\\\r?\n|\\.|[^'\\\n])*'|"(?:\\\r?\n|\\.|[^"\\\n])*"))|(?<number>-?\d+)|(?<word>[A-Za-z_]\w*)|(?<mark>[\s\S])/gy;

/**
 * The literal assignments of some names in a Python file: strings (raw ones too), whole numbers, True, False, None and
 * lists or tuples of them over any lines. Nothing is executed; what is said of other names is passed over.
 * @throws with the line, where a wanted name is assigned anything else, in another way, or in a block: what is under a
 * condition would otherwise hold without it
 */
export const parsePythonAssignments = (source: string, names: readonly string[]): Record<string, unknown> => {
  const values: Record<string, unknown> = {};
  const tokens = tokenize(source);
  let depth = 0;
  let inBlock = false;
  for (let i = 0; i < tokens.length; i += 1) {
    const { kind, value, line, column } = tokens[i] as Token;
    const before = tokens[i - 1]?.value ?? LINE_END;
    if (before === LINE_END && depth === 0) inBlock = column > 0;
    if (kind === 'mark' && OPENING.includes(value)) depth += 1;
    if (kind === 'mark' && CLOSING.includes(value)) depth -= 1;
    // What stands behind a colon on the same line is in its block.
    if (kind === 'mark' && value === ':' && depth === 0) inBlock = true;
    const begins = depth === 0 && (STATEMENT_ENDS.includes(before) || before === ':');
    if (kind !== 'word' || !begins || !names.includes(value)) continue;
    const [first, second] = [tokens[i + 1] as Token, tokens[i + 2]];
    const isOnlyRead = first.kind === 'end' || STATEMENT_ENDS.includes(first.value) || (first.value === '=' && second?.value === '='); // prettier-ignore
    if (isOnlyRead || (before === ':' && first.value !== '=')) continue;
    if (first.value !== '=') throw new Error(`line ${line}: ${value} must be assigned a literal, as in ${value} = ...`);
    if (inBlock)
      throw new Error(`line ${line}: ${value} is assigned in a block, which is not executed; assign it at the beginning of a line`); // prettier-ignore
    const reader = { tokens, at: i + 2, inside: 0 };
    values[value] = readLiteral(reader);
    const after = tokens[reader.at] as Token;
    if (after.kind !== 'end' && !STATEMENT_ENDS.includes(after.value))
      throw new Error(`line ${after.line}: ${value} must be assigned a literal`);
    i = reader.at - 1;
  }
  return values;
};

const LINE_END = '\n';
const STATEMENT_ENDS = [LINE_END, ';'];
const OPENING = ['(', '[', '{'];
const CLOSING = [')', ']', '}'];

const tokenize = (source: string): Token[] => {
  const tokens: Token[] = [];
  let line = 1;
  let lineStart = 0;
  for (const match of source.matchAll(TOKEN)) {
    const { newline, text, number, word, mark } = match.groups as Record<string, string | undefined>;
    const place = { line, column: match.index - lineStart };
    if (newline !== undefined) tokens.push({ kind: 'mark', value: LINE_END, ...place });
    else if (text !== undefined) tokens.push({ kind: 'text', value: text, ...place });
    else if (number !== undefined) tokens.push({ kind: 'number', value: number, ...place });
    else if (word !== undefined) tokens.push({ kind: 'word', value: word, ...place });
    else if (mark === "'" || mark === '"') throw new Error(`line ${line}: a string that does not end`);
    else if (mark !== undefined) tokens.push({ kind: 'mark', value: mark, ...place });
    const ends = match[0].split('\n').length - 1;
    line += ends;
    if (ends > 0) lineStart = match.index + match[0].lastIndexOf('\n') + 1;
  }
  return [...tokens, { kind: 'end', value: '', line, column: 0 }];
};

type Reader = {
  readonly tokens: readonly Token[];
  at: number;
  /** How many brackets are open: within one, a line's end says nothing. */
  inside: number;
};

const CONSTANTS: Readonly<Record<string, unknown>> = { True: true, False: false, None: null };

const next = (reader: Reader): Token => {
  while (reader.inside > 0 && reader.tokens[reader.at]?.value === '\n') reader.at += 1;
  return reader.tokens[reader.at] as Token;
};

const take = (reader: Reader): Token => {
  const token = next(reader);
  reader.at += 1;
  return token;
};

const readLiteral = (reader: Reader): unknown => {
  const token = take(reader);
  if (token.kind === 'number') return Number(token.value);
  if (token.kind === 'word' && Object.hasOwn(CONSTANTS, token.value)) return CONSTANTS[token.value];
  if (token.kind === 'text') {
    let text = unquote(token.value);
    // Adjacent strings are one string.
    while (next(reader).kind === 'text') text += unquote(take(reader).value);
    return text;
  }
  if (token.value === '[') return readItems(reader, ']').items;
  if (token.value === '(') {
    // Parentheses around one value are that value; a comma makes a tuple.
    const { items, commas } = readItems(reader, ')');
    return items.length === 1 && commas === 0 ? items[0] : items;
  }
  throw new Error(`line ${token.line}: expected a string, a number, True, False, None or a list of them`);
};

const readItems = (reader: Reader, end: string): { items: unknown[]; commas: number } => {
  const items: unknown[] = [];
  let commas = 0;
  reader.inside += 1;
  for (;;) {
    const token = next(reader);
    if (token.value === end) {
      // The line's end behind the last bracket counts again.
      reader.inside -= 1;
      reader.at += 1;
      return { items, commas };
    }
    if (items.length > commas) {
      if (token.value !== ',') throw new Error(`line ${token.line}: expected "," or "${end}"`);
      reader.at += 1;
      commas += 1;
    } else {
      items.push(readLiteral(reader));
    }
  }
};

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '\n': '',
  '\r\n': '',
};

const unquote = (literal: string): string => {
  const raw = /^[rR]/.test(literal);
  const body = literal.replace(/^[rRuU]/, '');
  const quotes = body.startsWith("'''") || body.startsWith('"""') ? 3 : 1;
  const text = body.slice(quotes, -quotes);
  return raw ? text : text.replace(/\\(\r\n|[\s\S])/g, (whole, character: string) => ESCAPES[character] ?? whole);
};
