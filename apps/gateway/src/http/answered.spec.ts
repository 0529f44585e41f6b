import type { common } from '@grantlog/contracts';
import { answered } from './answered.ts';

type Result = { $case: 'user'; value: { id: number } } | { $case: 'refusal'; value: common.Refusal };
const refusal = { error: 'forbidden', description: 'Not yours.', fields: {}, guessed: false };
const ask = (result: Result | undefined) => answered(result, 'user', ({ description }) => new RangeError(description));

describe('the answer of a service', () => {
  it('is its value', () => expect(ask({ $case: 'user', value: { id: 7 } }).id).toBe(7));
  it('or a refusal, in the form of the one who asked', () =>
    expect(() => ask({ $case: 'refusal', value: refusal })).toThrow(new RangeError('Not yours.')));
  it('an answer that is neither is a fault that says so', () =>
    expect(() => ask(undefined)).toThrow(new TypeError('A service answered nothing in place of user or a refusal.')));
});
