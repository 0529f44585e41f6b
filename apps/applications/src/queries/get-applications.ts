import { applicationStream } from '@grantlog/applications-domain';
import type { applications as wire } from '@grantlog/contracts';
import { applicationByClientId } from '../imported-client.ts';
import type { Deps } from '../service-deps.ts';
import { toApplication } from '../translate.ts';
import { currentSettings } from './get-settings.ts';

/** Applications by number or client id, as they are now; absent where there is none. */
export const getApplications =
  ({ streams }: Deps) =>
  async ({ keys }: wire.GetApplicationsRequest): Promise<wire.GetApplicationsResponse> => {
    const find = async ({ key }: wire.ApplicationKey): Promise<wire.FoundApplication> => {
      if (key?.$case === 'clientId') {
        const found = await applicationByClientId(streams, key.value);
        return found ? { application: toApplication(found.id, found.state, found.version) } : {};
      }
      const id = key?.value ?? 0;
      const { state, version } = await streams.applications.load(applicationStream(id));
      return state.status === 'Registered' ? { application: toApplication(id, state, version) } : {};
    };
    const [settings, ...applications] = await Promise.all([currentSettings(streams), ...keys.map(find)]);
    return { applications, settings };
  };
