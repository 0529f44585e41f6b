import { createSecretKey } from 'node:crypto';
import { parse as parseContentType } from 'content-type';
import { parseCookie } from 'cookie';
import express, { type Request } from 'express';
import { isSerializedOrigin, lintPattern, matchesWhole, parseConfFile } from '@grantlog/origins';
import {
  isCodeChallenge,
  isWithin,
  matchesRedirectUri,
  parseScope,
  parseToken,
  redirectUriProblem,
} from '@grantlog/oauth';
import { readVariables } from '@grantlog/service-kit';
import { localPath } from '../pages/local-path.ts';
import { isAllowedHost, isOurOrigin } from '../public-address.ts';
import { decodeBasic, decodeBearer } from './authorization-header.ts';
import { text } from './fields.ts';
import { hasControls, parseFlatForm } from './flat-form.ts';
import { parseListing } from './listing.ts';
import { parseJson } from './parse-json.ts';
import { createPositions } from './position.ts';

const KIB = 1024;
const requestWith = (more: object): Request =>
  Object.assign(Object.create(express.request), { headers: {}, ...more }) as Request;
const positions = createPositions(createSecretKey(Buffer.alloc(32)));
const parsedJson = (body: string): void => {
  const value = parseJson(body) as { a?: unknown } | null;
  text().safeParse(value?.a);
};

/** Every parser of what comes from outside, with the most characters that reach it. */
const PARSERS: Readonly<Record<string, readonly [most: number, parse: (text: string) => unknown]>> = {
  'a JSON body': [64 * KIB, parsedJson],
  'a form': [16 * KIB, (body) => parseFlatForm(body)?.entries.some((pair) => pair.some(hasControls))],
  'the query of a list': [8 * KIB, (query) => parseListing(requestWith({ url: `/?${query}` }), { a: { field: 'a', kind: 'text' } }, [], [])],
  'a value of a list': [8 * KIB, (value) => parseListing(requestWith({ url: `/?a__in=${value}` }), { a: { field: 'a', kind: 'integer' } }, [], [])],
  'a content type': [16 * KIB, parseContentType],
  'the Accept header': [16 * KIB, (accept) => requestWith({ headers: { accept } }).accepts(['json', 'html'])],
  cookies: [16 * KIB, parseCookie],
  'Basic credentials': [16 * KIB, (value) => [decodeBasic(`Basic ${value}`), decodeBasic(`Basic ${Buffer.from(value).toString('base64')}`)]],
  'a bearer token': [16 * KIB, (value) => decodeBearer(`Bearer ${value}`)],
  'a position': [16 * KIB, (value) => positions.read(requestWith({ headers: { 'grantlog-position': value } }))],
  'a host': [16 * KIB, (host) => isAllowedHost(host, ['app.example'], 'https://app.example')],
  'an origin': [16 * KIB, (origin) => [isSerializedOrigin(origin), isOurOrigin(origin, 'https://app.example', ['app.example']), matchesWhole('(a|a)*b', origin)]],
  'a path to go on to': [16 * KIB, localPath],
  'a redirect URI': [64 * KIB, (uri) => [redirectUriProblem(uri, 'public', 'none', 'reverse-domain'), redirectUriProblem(`https://${uri}`, 'public', 'none', 'none'), redirectUriProblem(`com.example:/${uri}`, 'public', 'none', 'reverse-domain'), matchesRedirectUri('http://127.0.0.1/', `http://127.0.0.1:${uri}`)]],
  'a token': [16 * KIB, (value) => [parseToken(value), parseToken(`gla_${value}`)]],
  'a scope': [64 * KIB, (scope) => [parseScope(scope), isWithin(scope, 'read write')]],
  'a code challenge': [16 * KIB, isCodeChallenge],
  'a pattern of origins': [1000, (pattern) => [matchesWhole(pattern, 'https://app.example'), lintPattern(pattern)]],
  'a settings file in Python': [8 * KIB, (file) => parseConfFile('a.py', file)],
  'a settings file in JSON': [16 * KIB, (file) => parseConfFile('a.json', file)],
  'a variable': [64 * KIB, (value) => readVariables({ GRANTLOG_ALLOWED_HOSTS: value, GRANTLOG_ISSUER: value }, ['GRANTLOG_ALLOWED_HOSTS', 'GRANTLOG_ISSUER'])],
}; // prettier-ignore

const UNITS = [
  '\\"', '"', "'", '\\', "\\'", "'''", '"""', '["', '[', '{', '{"a":', '[0,', '0,', '"a":1,', '- ', '? ', '&a ', ' ', '\t', '\n', '\r\n', ' \n', '#\n', '=', '&', 'a=1&', '%41', '%', '+', '++', ',', ', ', ';', 'a/b,', 'a/b;q=', 'a;a=b', ':', ':1', '.', 'a.', '../', '//', '@', '-', '_', 'or__', 'a', 'A', '0', 'read ', '(', '(a', '(?:a*)*', 'a*', 'a+', '.*', '[a-', '\u0301', '\u00fc', '\ufeff', '\u200b', 'A = [\n', 'CORS_ALLOWED_ORIGINS = ["x",\n',
]; // prettier-ignore
const AFFIXES = [['', ''], ['', '!'], ['a', '\n'], ['{"a":"', '"}'], ['{"a":[', '0]}'], ['https://a/', '\\'], ['CORS_ALLOWED_ORIGINS = [', ']']] as const; // prettier-ignore

type Shape = (length: number) => string;
const SHAPES: readonly Shape[] = [
  ...UNITS.flatMap((unit) =>
    AFFIXES.map(
      ([before, behind]): Shape =>
        (length) =>
          before + unit.repeat((length - before.length - behind.length) / unit.length) + behind,
    ),
  ),
  // Two classes of combining marks, which normalising sorts.
  (length) => `{"a":"${'\u0301'.repeat(length / 4)}${'\u0323'.repeat(length / 4)}"}`,
  (length) => `{${Array.from({ length: length / 10 }, (_, i) => `"k${i}":1`).join(',')}}`,
  (length) => Array.from({ length: length / 10 }, (_, i) => `a${i}=${i}`).join('&'),
];

/** Milliseconds of this thread's processor time, the best of `tries`. */
const cost = (parse: (text: string) => unknown, input: string, tries: number): number => {
  let best = Infinity;
  for (let i = 0; i < tries; i += 1) {
    const before = process.threadCpuUsage();
    try {
      parse(input);
    } catch {
      // A refusal has its cost like any answer.
    }
    const { user, system } = process.threadCpuUsage(before);
    best = Math.min(best, (user + system) / 1000);
  }
  return best;
};

const DEAR_MS = 50;
const MOST_GROWTH = 16;

describe('the cost of input before it is known to be valid', () => {
  it.each(Object.entries(PARSERS))('IN-21 %s costs linear time, whatever is in it', (_name, [most, parse]) => {
    const superLinear = SHAPES.filter((shape) => {
      const large = shape(most);
      if (cost(parse, large, 1) < DEAR_MS) return false;
      const dear = cost(parse, large, 5);
      return dear > DEAR_MS && dear > MOST_GROWTH * cost(parse, shape(most / 8), 5);
    });
    expect(superLinear.map((shape) => shape(40))).toEqual([]);
  });
});
