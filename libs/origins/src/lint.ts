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
/** What one node is made to produce instead of what was likely meant. */
type Variation = { readonly node: Node; readonly text: string; readonly problem: string };

const MOST_WARNINGS = 10;
/** Each costs as much as the pattern is long. */
const MOST_VARIATIONS = 50;
const LOOPBACK_HOST = /^http:\/\/(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/;
/** What an attacker would put where a pattern leaves room; the first that the pattern takes is shown. */
const INTRUDERS = ['evil.example', 'https://evil.example', 'evil-', '.evil.example', '-evil', 'evil'];

/**
 * Warns of patterns that let in more than they seem to: unescaped dots, open ends and hosts, single letters that are
 * repeated (`com*` is Django's old idiom for "begins with"), plain http. Every warning but one about what cannot be
 * examined comes with an origin that was generated from the pattern and is let in by it.
 */
export const lintPattern = (pattern: string): readonly PatternWarning[] => {
  let tree: AST.Pattern;
  try {
    tree = new RegExpParser({ ecmaVersion: 2025 }).parsePattern(inJavaScript(pattern));
  } catch {
    return [{ pattern, problem: 'could not be examined for origins that are let in by mistake' }];
  }
  const intended = generate(tree.alternatives, undefined);
  const warnings: PatternWarning[] = [];
  const warn = (problem: string, origin: string): void => {
    const known = warnings.some(
      (one) => one.origin === origin || (one.problem === problem && problem !== UNESCAPED_DOT),
    );
    if (!known && warnings.length < MOST_WARNINGS) warnings.push({ pattern, problem, origin });
  };
  const letsIn = (origin: string): boolean => isSerializedOrigin(origin) && matchesWhole(pattern, origin);

  let tried = 0;
  for (const variation of variations(tree)) {
    if ((tried += 1) > MOST_VARIATIONS) break;
    const origin = generate(tree.alternatives, variation);
    if (origin !== intended && letsIn(origin) && isForeign(origin, variation)) warn(variation.problem, origin);
  }
  const plain = [intended, ...warnings.map(({ origin = '' }) => origin)].flatMap((origin) => [
    origin,
    origin.replace(/^https:/, 'http:'),
  ]);
  const http = plain.find((origin) => origin.startsWith('http:') && !LOOPBACK_HOST.test(origin) && letsIn(origin));
  if (http !== undefined) warn('lets in plain http, which anybody on the way can speak for', http);
  return warnings;
};

/** A label in front of what the pattern fixes is a subdomain of it, and as it was meant. */
const isForeign = (origin: string, { text }: Variation): boolean =>
  text.includes('.') || !text.includes('evil') || origin[origin.indexOf(text) + text.length] !== '.';

const UNESCAPED_DOT = 'an unescaped dot stands for any character; write \\.';

/** RE2's own spellings in those of the parser. */
const inJavaScript = (pattern: string): string =>
  pattern
    .replace(/^\(\?[ims]+\)/, '')
    .replaceAll('(?P<', '(?<')
    .replace(/\\A/g, '^')
    .replace(/\\z/g, '$');

const isUnbounded = (node: AST.Quantifier): boolean => node.max > 20;

/** Whether an element stands for more than one certain character. */
const isOpen = (element: AST.QuantifiableElement): boolean =>
  element.type === 'CharacterSet' || element.type === 'CharacterClass' || element.type.endsWith('Group');

function* variations(node: AST.Pattern | Node): Generator<Variation> {
  switch (node.type) {
    case 'Pattern':
    case 'Group':
    case 'CapturingGroup':
      for (const alternative of node.alternatives) yield* variations(alternative);
      return;
    case 'Alternative':
      for (const element of node.elements) yield* variations(element);
      return;
    case 'CharacterSet':
      if (node.kind === 'any') yield { node, text: 'x', problem: UNESCAPED_DOT };
      return;
    case 'Quantifier': {
      const { element } = node;
      if (isUnbounded(node) && isOpen(element)) {
        const problem = 'leaves room for anything, a foreign host included';
        for (const text of INTRUDERS) yield { node, text, problem };
      } else if (element.type === 'Character') {
        const letter = String.fromCodePoint(element.value);
        const problem = `"${letter}" alone is optional or repeated, not what stands before it`;
        if (node.min === 0 && node.max > 1) yield { node, text: '', problem };
        if (isUnbounded(node)) yield { node, text: letter.repeat(3), problem };
      }
      if (!(isUnbounded(node) && element.type === 'CharacterSet')) yield* variations(element);
      return;
    }
    default:
      return;
  }
}

/** The text that was likely meant, with one node varied. */
const generate = (alternatives: readonly AST.Alternative[], variation: Variation | undefined): string => {
  const text = (node: Node): string => {
    if (node === variation?.node) return variation.text;
    switch (node.type) {
      case 'Alternative':
        return node.elements.map(text).join('');
      case 'Group':
      case 'CapturingGroup':
        return oneOf(node.alternatives);
      case 'Character':
        return String.fromCodePoint(node.value);
      case 'CharacterSet':
        return node.kind === 'any' ? '.' : node.kind === 'digit' ? '1' : 'a';
      case 'CharacterClass':
        return memberOf(node);
      case 'Quantifier':
        if (isUnbounded(node) && isOpen(node.element)) return quantified(node, text);
        if (node.min === 0) return node.element.type === 'Character' || contains(node.element, variation) ? text(node.element) : ''; // prettier-ignore
        return text(node.element).repeat(node.min);
      default:
        return '';
    }
  };
  /** The alternative that the variation is in, otherwise the first. */
  const oneOf = (some: readonly AST.Alternative[]): string => {
    const chosen = some.find((alternative) => contains(alternative, variation)) ?? some[0];
    return chosen ? text(chosen) : '';
  };
  return oneOf(alternatives);
};

const contains = (node: { start: number; end: number }, variation: Variation | undefined): boolean =>
  variation !== undefined && node.start <= variation.node.start && variation.node.end <= node.end;

const quantified = (node: AST.Quantifier, text: (node: Node) => string): string => {
  const once = text(node.element);
  if (once === '.') return 'app';
  return once.repeat(Math.max(node.min, 1));
};

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
