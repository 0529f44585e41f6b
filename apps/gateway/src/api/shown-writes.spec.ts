import type { GatewayPorts } from '../ports.ts';
import { createShownWrites } from './shown-writes.ts';

const SHOWN = { outcome: { stale: false } };

const areShown = (tokens: () => Promise<unknown>, asked: string[] = []) => {
  const list = (name: string, answer: () => Promise<unknown>) => () => {
    asked.push(name);
    return answer();
  };
  const shown = (): Promise<unknown> => Promise.resolve(SHOWN);
  return createShownWrites({
    accounts: { listUsers: list('users', shown), listOrganizations: list('organizations', shown) },
    applications: { listApplications: list('applications', shown) },
    tokens: { listTokens: list('tokens', tokens) },
    logger: { warn: () => undefined },
  } as unknown as GatewayPorts);
};

describe('whether the lists show what was written', () => {
  it('asks each list once that the streams show in', async () => {
    const asked: string[] = [];
    const wait = areShown(() => Promise.resolve(SHOWN), asked);
    const writes = ['application-1', 'revocations', 'settings'].map((stream) => ({ stream, version: 1 }));
    expect([await wait(writes), asked]).toEqual([true, ['applications', 'tokens']]);
  });

  it('asks none where nothing was written', async () => {
    const asked: string[] = [];
    expect([await areShown(() => Promise.resolve(SHOWN), asked)([]), asked]).toEqual([true, []]);
  });

  it.each([
    ['is behind', () => Promise.resolve({ outcome: { stale: true } })],
    ['cannot be asked', () => Promise.reject(new Error('away'))],
  ])('is no where a list %s: the write itself is done', async (_case, tokens) => {
    expect(await areShown(tokens)([{ stream: 'user-1', version: 2 }])).toBe(false);
  });
});
