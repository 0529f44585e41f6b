import { LONGEST_WAIT_MS } from '@grantlog/event-sourcing';
import { BACKGROUND_ENGINE_MS, deadlineOf, ENGINE_MS } from './deadlines.ts';
import { definitions } from './rpc.ts';

const methods = Object.entries(definitions).flatMap(([service, definition]) =>
  Object.keys(definition).map((method) => [service, method] as const),
);

describe('the deadlines of calls between services', () => {
  it.each(methods)('%s.%s: the caller waits longer than the service, and that longer than what it waits for', (service, method) => {
    const { callMs, serviceMs, insideMs } = deadlineOf(method);
    expect(callMs).toBeGreaterThan(serviceMs);
    expect(serviceMs).toBeGreaterThan(insideMs);
    expect(insideMs).toBeGreaterThanOrEqual(service === 'audit' ? BACKGROUND_ENGINE_MS : ENGINE_MS);
  }); // prettier-ignore

  it.each(methods.filter(([, method]) => method.startsWith('list') && method !== 'listAllowedOrigins'))(
    '%s.%s has time for a wait for a write and for a read after it',
    (_service, method) => {
      expect(deadlineOf(method).insideMs).toBeGreaterThanOrEqual(LONGEST_WAIT_MS + ENGINE_MS);
    },
  );

  it.each(['deleteApplication', 'updateApplication', 'deleteUser', 'updateUser', 'updateOrganization'])(
    '%s has time for the call of the token service that it makes',
    (method) => {
      expect(deadlineOf(method).insideMs).toBeGreaterThanOrEqual(ENGINE_MS + deadlineOf('revokeGrants').callMs);
    },
  );
});
