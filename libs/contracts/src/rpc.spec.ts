import { DamagedCommit, StoreUnavailable } from '@grantlog/event-sourcing';
import { DamagedAnswer, isUnavailable, ServiceUnavailable } from './rpc.ts';

describe('a fault', () => {
  it.each([
    new StoreUnavailable('away'),
    new ServiceUnavailable('away'),
    new DamagedCommit({ stream: 'grant-1', version: 1, part: 'open part' }),
    new DamagedAnswer('damaged'),
  ])('says that something is away: %s', (fault) => expect(isUnavailable(fault)).toBe(true));

  it('does not say so by its name', () => {
    const named = Object.assign(new Error('another'), { name: 'StoreUnavailable' });
    expect([named, undefined, 'StoreUnavailable'].some(isUnavailable)).toBe(false);
  });
});
