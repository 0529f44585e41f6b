type Token = {
  readonly kind: 'text' | 'number' | 'word' | 'mark' | 'end';
  readonly value: string;
  readonly line: number;
};

const TOKEN =
  /[ \t\f]+|\\\r?\n|#[^\n]*|(?<newline>\r?\n)|(?<text>[rRuU]?(?:'''(?:\\[\s\S]|[^\\])*?'''|"""(?:\\[\s\S]|[^\\])*?"""|'(?:\\\r?\n|\\.|[^'\\\n])*'|"(?:\\\r?\n|\\.|[^"\\\n])*"))|(?<number>-?\d+)|(?<word>[A-Za-z_]\w*)|(?<mark>[\s\S])/gy;

/**
 * The literal assignments of some names in a Python file: strings (raw ones too), whole numbers, True, False, None and
 * lists or tuples of them over any lines. Nothing is executed; assignments of other names are passed over.
 * @throws with the line, where a wanted name is assigned anything else
 */
export const parsePythonAssignments = (source: string, names: readonly string[]): Record<string, unknown> => {
  const values: Record<string, unknown> = {};
  const tokens = tokenize(source);
  let atLineStart = true;
  for (let i = 0; i < tokens.length; i += 1) {
    const { kind, value } = tokens[i] as Token;
    if (
      kind === 'word' &&
      atLineStart &&
      names.includes(value) &&
      tokens[i + 1]?.value === '=' &&
      tokens[i + 2]?.value !== '='
    ) {
      const reader = { tokens, at: i + 2 };
      values[value] = readLiteral(reader);
      const after = tokens[reader.at] as Token;
      if (after.value !== '\n' && after.kind !== 'end')
        throw new Error(`line ${after.line}: ${value} must be assigned a literal`);
      i = reader.at - 1;
    }
    atLineStart = (tokens[i] as Token).value === '\n';
  }
  return values;
};

const tokenize = (source: string): Token[] => {
  const tokens: Token[] = [];
  let line = 1;
  for (const match of source.matchAll(TOKEN)) {
    const { newline, text, number, word, mark } = match.groups as Record<string, string | undefined>;
    if (newline !== undefined) tokens.push({ kind: 'mark', value: '\n', line });
    else if (text !== undefined) tokens.push({ kind: 'text', value: text, line });
    else if (number !== undefined) tokens.push({ kind: 'number', value: number, line });
    else if (word !== undefined) tokens.push({ kind: 'word', value: word, line });
    else if (mark !== undefined) tokens.push({ kind: 'mark', value: mark, line });
    line += match[0].split('\n').length - 1;
  }
  return [...tokens, { kind: 'end', value: '', line }];
};

type Reader = { readonly tokens: readonly Token[]; at: number };

const CONSTANTS: Readonly<Record<string, unknown>> = { True: true, False: false, None: null };

const readLiteral = (reader: Reader): unknown => {
  const token = reader.tokens[reader.at] as Token;
  reader.at += 1;
  if (token.kind === 'number') return Number(token.value);
  if (token.kind === 'word' && Object.hasOwn(CONSTANTS, token.value)) return CONSTANTS[token.value];
  if (token.kind === 'text') {
    let text = unquote(token.value);
    // Adjacent strings are one string.
    while (reader.tokens[reader.at]?.kind === 'text') text += unquote((reader.tokens[reader.at++] as Token).value);
    return text;
  }
  if (token.value === '[' || token.value === '(') return readList(reader, token.value === '[' ? ']' : ')');
  throw new Error(`line ${token.line}: expected a string, a number, True, False, None or a list of them`);
};

const readList = (reader: Reader, end: string): unknown[] => {
  const items: unknown[] = [];
  for (;;) {
    while (reader.tokens[reader.at]?.value === '\n') reader.at += 1;
    const token = reader.tokens[reader.at] as Token;
    if (token.kind === 'mark' && token.value === end) {
      reader.at += 1;
      return items;
    }
    if (items.length > 0) {
      if (token.value !== ',') throw new Error(`line ${token.line}: expected "," or "${end}"`);
      reader.at += 1;
      while (reader.tokens[reader.at]?.value === '\n') reader.at += 1;
      if (reader.tokens[reader.at]?.value === end) continue;
    }
    items.push(readLiteral(reader));
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
