import { type AST, RegExpParser } from '@eslint-community/regexpp';
import { matchesWhole } from './pattern.ts';
import { isSerializedOrigin } from './rules.ts';

/** What about a pattern is likely not meant, with an origin that it lets in. */
export type PatternWarning = {
  readonly pattern: string;
  readonly problem: string;
  /** Absent when the pattern could not be examined. */
  readonly origin?: string;
};

type Node = AST.Alternative | AST.Element | AST.CharacterClassElement;
/** A node that may stand for more than was meant: for these texts, or, without them, for whatever fits. */
type Hole = { readonly node: Node; readonly repeated: boolean; readonly text?: string; readonly problem: string };
/** What a pattern says of its text: a certain character, one of several, anything, or the hole that is looked at. */
type Piece = { readonly kind: 'fixed' | 'open' | 'filler' | 'hole'; readonly text: string };
/** An origin without what is in the hole; `fixed` is the part after it that begins with the first certain character. */
type Around = { readonly before: string; readonly after: string; readonly fixed: string };

const MOST_WARNINGS = 10;
const MOST_HOLES = 50;
/** Each match costs as much as the pattern is long. */
const MOST_MATCHES = 100;

const UNESCAPED_DOT = 'an unescaped dot stands for any character; write \\.';
const ROOM = 'leaves room for anything, a foreign host included';
const HTTP = 'leaves the scheme open: lets in plain http, which anybody on the way can speak for';

/** What an attacker would register, at the end of a host and elsewhere; the first that the pattern takes is shown. */
const ENDINGS = ['.evil.example', 'evil.example', '-evil', 'evil', 'evil-'];
const BEGINNINGS = ['evil', 'evil-', '-evil', 'evil.example'];
/** Names of one label that no registry sells names under. @see RFC 6761 §6, RFC 6762 §3; ICANN keeps "internal" free */
const PRIVATE_SUFFIXES = ['localhost', 'test', 'local', 'internal'];
/** A host with a label that is empty, or begins or ends with a hyphen: nobody can have it. */
const NO_HOST = /\.\.|\.-|-\.|\/[-.]|[-.](?::|$)/;

/**
 * Warns of patterns that let in an origin that their reader would not expect: unescaped dots, open ends and hosts,
 * optional dots, single letters that are repeated (`com*` is Django's old idiom for "begins with"), an open scheme.
 * Subdomains of what a pattern fixes are expected, and so is http where it is spelled out. Every warning but one about
 * what cannot be examined comes with an origin that was generated from the pattern and is let in by it.
 */
export const lintPattern = (pattern: string): readonly PatternWarning[] => {
  let tree: AST.Pattern;
  try {
    tree = new RegExpParser({ ecmaVersion: 2025 }).parsePattern(inJavaScript(pattern));
  } catch {
    return [{ pattern, problem: 'could not be examined for origins that are let in by mistake' }];
  }
  const meant = around(produce(tree.alternatives, undefined)).after;
  const warnings: PatternWarning[] = [];
  let matches = 0;
  const letsIn = (origin: string): boolean =>
    origin !== meant && isSerializedOrigin(origin) && (matches += 1) <= MOST_MATCHES && matchesWhole(pattern, origin);
  for (const hole of [...holes(tree)].slice(0, MOST_HOLES)) {
    for (const [problem, origins] of unexpected(hole, around(produce(tree.alternatives, hole.node)))) {
      const origin = origins.find(letsIn);
      const known = warnings.some(
        (one) => one.origin === origin || (one.problem === problem && problem !== UNESCAPED_DOT),
      );
      if (origin !== undefined && !known && warnings.length < MOST_WARNINGS)
        warnings.push({ pattern, problem, origin });
    }
  }
  return warnings;
};

const POSIX_CLASSES: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  digit: '0-9',
  lower: 'a-z',
  word: '0-9A-Za-z_',
};

/** RE2's own spellings in those of the parser. @see https://github.com/google/re2/wiki/Syntax */
const inJavaScript = (pattern: string): string =>
  pattern
    .replace(/^\^?\(\?[imsU]+\)/, '')
    .replace(/\\Q(.*?)(?:\\E|$)/g, (_, literal: string) => literal.replace(/[^\w]/g, '\\$&'))
    .replace(/\[:(\w+):\]/g, (written, name: string) => POSIX_CLASSES[name] ?? written)
    .replaceAll('(?P<', '(?<')
    .replace(/\\A/g, '^')
    .replace(/\\z/g, '$');

const isUnbounded = (node: AST.Quantifier): boolean => node.max > 20;

/** Whether an element stands for more than one certain character. */
const isOpen = (element: AST.QuantifiableElement): boolean =>
  element.type === 'CharacterSet' || element.type === 'CharacterClass' || element.type.endsWith('Group');

function* holes(node: AST.Pattern | Node, repeated = false): Generator<Hole> {
  switch (node.type) {
    case 'Pattern':
    case 'Group':
    case 'CapturingGroup':
      for (const alternative of node.alternatives) yield* holes(alternative, repeated);
      return;
    case 'Alternative':
      for (const element of node.elements) yield* holes(element, repeated);
      return;
    case 'CharacterSet':
      if (node.kind === 'any') yield { node, repeated, text: 'x', problem: UNESCAPED_DOT };
      return;
    case 'Quantifier': {
      const { element } = node;
      if (isUnbounded(node) && isOpen(element)) {
        yield { node, repeated, problem: ROOM };
      } else if (element.type === 'Character') {
        const letter = String.fromCodePoint(element.value);
        const problem = `"${letter}" alone is optional or repeated, not what stands before it`;
        if (node.min === 0 && (node.max > 1 || letter === '.')) yield { node, repeated, text: '', problem };
        if (isUnbounded(node)) yield { node, repeated, text: letter.repeat(3), problem };
      }
      if (!(isUnbounded(node) && element.type === 'CharacterSet')) yield* holes(element, repeated || node.max > 1);
      return;
    }
    default:
      return;
  }
}

/** Origins with something in the hole that the pattern's reader would not expect there, each with what is wrong. */
function* unexpected(
  { node, repeated, text, problem }: Hole,
  { before, after, fixed }: Around,
): Generator<readonly [problem: string, origins: readonly string[]]> {
  if (text !== undefined) {
    // A dot that is repeated stands for any characters on purpose; an optional one is missed between two names only.
    const isMissed = node.type !== 'Quantifier' || node.max > 1 || (/\w$/.test(before) && /^\w/.test(after));
    const isMeant = node.type === 'CharacterSet' && repeated && isOwned(fixed);
    if (isMissed && !isMeant) yield [problem, [filled(before, text, after)]];
    return;
  }
  const names = isOwned(fixed) ? [] : /^(?::\d+)?$/.test(after) ? ENDINGS : BEGINNINGS;
  const origins = (start: string, some: readonly string[]): string[] =>
    some.map((name) => filled(start, name, after)).filter((origin) => !NO_HOST.test(origin));
  if (/^https?:\/\//.test(before)) {
    yield [problem, origins(before, names)];
    return;
  }
  const isSchemeOpen = 'http'.startsWith(before) && before !== 'http';
  if (after.startsWith('://')) {
    if (isSchemeOpen) yield [HTTP, [`http${after}`]];
    return;
  }
  for (const start of ['https://', 'http://']) if (start.startsWith(before)) yield [problem, origins(start, names)];
  if (isSchemeOpen) yield [HTTP, origins('http://', names.length > 0 ? names : ['app'])];
}

/** A hole in what is repeated is there again. */
const HOLE = '\0';
const filled = (before: string, text: string, after: string): string => before + text + after.replaceAll(HOLE, text);

/** Whether whatever stands before is a subdomain of a name that a reader takes for somebody's own. */
const isOwned = (fixed: string): boolean => {
  const labels = /^(?:-[\w-]*)?\.([^:]+)/.exec(fixed)?.[1]?.split('.') ?? [];
  return labels.length > 1 || PRIVATE_SUFFIXES.includes(labels[0] ?? '');
};

const around = (pieces: readonly Piece[]): Around => {
  const hole = pieces.findIndex(({ kind }) => kind === 'hole');
  const texts = pieces.map((piece, i) =>
    piece.kind === 'filler' ? fillerFor(pieces[i - 1], pieces[i + 1]) : piece.text,
  );
  const fixed = pieces.findIndex(({ kind }, i) => i > hole && kind === 'fixed');
  return {
    before: texts.slice(0, Math.max(hole, 0)).join(''),
    after: texts.slice(hole + 1).join(''),
    fixed: fixed < 0 ? '' : texts.slice(fixed).join(''),
  };
};

/** What was likely meant by "anything" between its neighbours. */
const fillerFor = (last: Piece | undefined, next: Piece | undefined): string => {
  if (last === undefined) return next?.text === ':' ? 'https' : 'https://app';
  if (last.text === ':') return '8080';
  return next === undefined && /\w$/.test(last.text) ? '' : 'app';
};

/** The text that was likely meant, with a hole in the place of one node. */
const produce = (alternatives: readonly AST.Alternative[], hole: Node | undefined): Piece[] => {
  const fixed = (text: string): Piece[] => [{ kind: 'fixed', text: text.toLowerCase() }];
  const pieces = (node: Node): Piece[] => {
    if (node === hole) return [{ kind: 'hole', text: HOLE }];
    switch (node.type) {
      case 'Alternative':
        return node.elements.flatMap(pieces);
      case 'Group':
      case 'CapturingGroup':
        return oneOf(node.alternatives);
      case 'Character':
        return fixed(String.fromCodePoint(node.value));
      case 'CharacterSet':
        if (node.kind === 'any') return fixed('.');
        return [{ kind: 'open', text: node.kind === 'digit' ? '1' : 'a' }];
      case 'CharacterClass':
        return node.elements.length === 1 && node.elements[0]?.type === 'Character' && !node.negate
          ? pieces(node.elements[0])
          : [{ kind: 'open', text: memberOf(node) }];
      case 'Quantifier':
        return quantified(node);
      default:
        return [];
    }
  };
  const quantified = ({ element, min, max }: AST.Quantifier): Piece[] => {
    if (max > 20 && element.type === 'CharacterSet' && element.kind === 'any') return [{ kind: 'filler', text: '' }];
    const isLikely = element.type === 'Character' ? !/[:/@]/.test(element.raw) : max > 20 && isOpen(element);
    const times = min === 0 && (isLikely || contains(element, hole)) ? 1 : min;
    return Array.from({ length: times }, () => pieces(element)).flat();
  };
  /** The alternative that the hole is in, otherwise the first. */
  const oneOf = (some: readonly AST.Alternative[]): Piece[] => {
    const chosen = some.find((alternative) => contains(alternative, hole)) ?? some[0];
    return chosen ? pieces(chosen) : [];
  };
  return oneOf(alternatives);
};

const contains = (node: { start: number; end: number }, hole: Node | undefined): boolean =>
  hole !== undefined && node.start <= hole.start && hole.end <= node.end;

/** A letter or digit that is in the class, if there is one. */
const memberOf = ({ negate, elements }: AST.CharacterClass): string => {
  const fits = (character: string): boolean => {
    const value = character.codePointAt(0) ?? 0;
    const listed = elements.some((element) => {
      if (element.type === 'Character') return element.value === value;
      if (element.type === 'CharacterClassRange') return element.min.value <= value && value <= element.max.value;
      if (element.type !== 'CharacterSet') return false;
      const inSet =
        element.kind === 'digit'
          ? /\d/.test(character)
          : element.kind === 'word'
            ? /\w/.test(character)
            : /\s/.test(character);
      return inSet !== ('negate' in element && element.negate);
    });
    return listed !== negate;
  };
  return [...'abcdefghijklmnopqrstuvwxyz0123456789-._:/'].find(fits) ?? '';
};
