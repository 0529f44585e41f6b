import { liveSecret } from '@grantlog/applications-domain';
import { type applications as wire, refused } from '@grantlog/contracts';
import type { Refusal } from '@grantlog/event-sourcing';
import { digestOf, sameDigest } from '@grantlog/oauth';
import { LONGEST_CLIENT_SECRET } from '@grantlog/service-kit';
import { applicationByClientId } from '../imported-client.ts';
import type { Deps } from '../service-deps.ts';
import { secretName } from './get-secret-uses.ts';
import { toApplication } from '../translate.ts';
import { currentSettings } from './get-settings.ts';

/** One text for every failure: an unknown client and a wrong secret look alike. @see RFC 6749 §5.2 */
const FAILED: Refusal = { error: 'invalid_client', description: 'Client authentication failed.' };

/**
 * Proves clients by their secrets. A confidential client has to present one that lives; a public one must present none.
 * @see RFC 6749 §2.3
 */
export const authenticateClients =
  ({ streams, clock, lastUse }: Deps) =>
  async ({ clients }: wire.AuthenticateClientsRequest): Promise<wire.AuthenticateClientsResponse> => {
    const at = clock.now();
    const authenticate = async ({
      clientId,
      clientSecret,
    }: wire.ClientCredentials): Promise<wire.AuthenticatedClient> => {
      const digest = digestOf('client', (clientSecret ?? '').slice(0, LONGEST_CLIENT_SECRET));
      const found = await applicationByClientId(streams, clientId);
      if (!found) {
        sameDigest(digest, digest);
        return { result: refused(FAILED) };
      }
      const { id, state, version } = found;
      const secret = liveSecret(state, digest, at);
      const proven =
        state.clientType === 'confidential'
          ? clientSecret !== undefined && secret !== undefined
          : clientSecret === undefined;
      if (proven && secret) lastUse.note(secretName(id, secret.version), at);
      return proven
        ? { result: { $case: 'application', value: toApplication(id, state, version) } }
        : { result: refused(FAILED) };
    };
    const [settings, ...authenticated] = await Promise.all([currentSettings(streams), ...clients.map(authenticate)]);
    return { clients: authenticated, settings };
  };
