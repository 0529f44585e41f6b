import type { accounts, AccountsClient, applications } from '@grantlog/contracts';
import { createServiceIdentities } from './service-identities.ts';

const application = (version: number, organization: number) => ({ id: 7, version, organization }) as applications.Application; // prettier-ignore
const cause = { requestId: 'request', clientId: '' };

const open = () => {
  const asked: number[] = [];
  const getServiceIdentity: AccountsClient['getServiceIdentity'] = ({ organization }) => {
    asked.push(organization);
    const user = { id: 40, version: asked.length, username: '$application-7' } as accounts.User;
    return Promise.resolve({ result: { $case: 'user', value: user } });
  };
  return { asked, identities: createServiceIdentities({ getServiceIdentity }) };
};

describe('the service identity of an application', () => {
  it('is asked for once while the application stays as it is', async () => {
    const { asked, identities } = open();
    expect(await identities.of(application(1, 1), cause)).toEqual({ user: 40, version: 1, username: '$application-7' });
    await identities.of(application(1, 1), cause);
    expect(asked).toEqual([1]);
    identities.forget(application(1, 1));
    await identities.of(application(1, 1), cause);
    expect(asked).toEqual([1, 1]);
  });
  it('AP-52 follows it to another organization and back', async () => {
    const { asked, identities } = open();
    for (const [version, organization] of [[1, 1], [2, 2], [3, 1]] as const) await identities.of(application(version, organization), cause); // prettier-ignore
    expect(asked).toEqual([1, 2, 1]);
  });
});
