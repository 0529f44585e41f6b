import type { Request } from 'express';
import type { applications, audit } from '@grantlog/contracts';
import { newClientId } from '@grantlog/oauth';
import { type Logger, systemClock } from '@grantlog/service-kit';
import { createRefusals } from './refusals.ts';

const request = { path: '/api/o/token/', headers: {}, socket: { remoteAddress: '192.0.2.1' }, app: { get: () => () => false } } as unknown as Request; // prettier-ignore

describe('a refusal', () => {
  it('names the client, imported ones too, and nothing that stands in its place', async () => {
    const recorded: audit.RefusalRecord[] = [];
    let lookups = 0;
    const refusals = createRefusals(
      {
        recordRefusals: ({ refusals: sent = [] }) => {
          recorded.push(...sent);
          return Promise.resolve({});
        },
      },
      {
        getApplications: ({ keys = [] }) => {
          lookups += 1;
          const found = keys.map(({ key }) => (key?.value === 'imported.client' ? { application: { id: 1 } as applications.Application } : {})); // prettier-ignore
          return Promise.resolve({ applications: found, settings: undefined });
        },
      },
      systemClock,
      {} as Logger,
      () => undefined,
    );
    const own = newClientId(7);
    const given = [own, '', 'imported.client', 'a password typed here', 'x'.repeat(101)];
    for (const one of given) refusals.record(request, 'failed_client_authentication', 'failed', one);
    await refusals.close();
    expect(recorded.map(({ clientId }) => clientId)).toEqual([own, '', 'imported.client', '', '']);
    refusals.record(request, 'failed_client_authentication', 'failed', own);
    await refusals.close();
    expect(lookups).toBe(1);
  });
});
