import { StoreUnavailable } from '@grantlog/event-sourcing';
import { probeEngine } from './collections.ts';
import { type Databases } from './connect.ts';

/** An engine that lets so many of some inserts of one key succeed. */
const letting = (successes: number): Databases => {
  let inserts = 0;
  const insertOne = (): Promise<void> =>
    (inserts += 1) <= successes ? Promise.resolve() : Promise.reject(new Error('E11000'));
  const db = {
    admin: () => ({ command: () => Promise.resolve({ version: '8.0.4' }) }),
    collection: () => ({ insertOne, deleteOne: () => Promise.resolve() }),
  };
  return { use: () => ({ db }) } as unknown as Databases;
};

describe('the probe of the engine', () => {
  it('is ok when one of eight inserts of one key succeeds', async () =>
    expect(await probeEngine(letting(1))).toMatchObject({ state: 'ok' }));

  it('has failed, for readiness to say so, when two of them succeed', async () =>
    expect(await probeEngine(letting(2))).toMatchObject({ state: 'failed', cause: expect.stringContaining('2') }));

  it('says nothing of an engine that took none: it is tried again', async () =>
    expect(probeEngine(letting(0))).rejects.toThrow(StoreUnavailable));
});
