import fc from 'fast-check';
import { parseToken } from '@grantlog/oauth';
import { decodeBasic, decodeBearer } from './authorization-header.ts';
import { parseFlatForm } from './flat-form.ts';

describe('a form', () => {
  it('is flat: punctuation in a name means nothing', () => {
    const form = parseFlatForm('a[b]=1&a.b=2&__proto__=3&constructor=4');
    expect(form?.names).toEqual(['a[b]', 'a.b', '__proto__', 'constructor']);
    expect(form?.get('__proto__')).toBe('3');
    expect(form?.get('toString')).toBeUndefined();
  });
  it('IN-03 tells which parameters came twice', () => expect(parseFlatForm('a=1&b=2&a=3')?.duplicates).toEqual(['a']));
  it.each(['a=%', 'a=%zz', 'a=%ff', 'a=%C3'])('refuses malformed encoding, never repairs it: %s', (text) =>
    expect(parseFlatForm(text)).toBeUndefined(),
  );
  it('gives back what was encoded', () =>
    fc.assert(
      fc.property(fc.dictionary(fc.string({ minLength: 1 }), fc.string()), (values) => {
        const form = parseFlatForm(new URLSearchParams(values).toString());
        for (const [name, value] of Object.entries(values)) expect(form?.get(name)).toBe(value || undefined);
      }),
    ));
  it('IN-20 no input makes a parser throw', () =>
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        for (const parse of [parseFlatForm, parseToken, decodeBasic, decodeBearer]) parse(text);
        decodeBasic(`Basic ${Buffer.from(text).toString('base64')}`);
      }),
      { numRuns: 2000 },
    ));
});
