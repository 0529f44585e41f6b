import { applicationStream } from '@grantlog/applications-domain';
import type { applications as wire } from '@grantlog/contracts';
import { applicationOfClientId } from '@grantlog/oauth';
import type { Deps } from '../service-deps.ts';
import { toApplication } from '../translate.ts';
import { currentSettings } from './get-settings.ts';

/** Applications by number or client id, as they are now; absent where there is none. */
export const getApplications =
  ({ streams }: Deps) =>
  async ({ keys }: wire.GetApplicationsRequest): Promise<wire.GetApplicationsResponse> => {
    const find = async ({ key }: wire.ApplicationKey): Promise<wire.FoundApplication> => {
      const id = key?.$case === 'id' ? key.value : applicationOfClientId(key?.value ?? '');
      if (id === undefined) return {};
      const { state, version } = await streams.applications.load(applicationStream(id));
      if (state.status !== 'Registered' || (key?.$case === 'clientId' && state.clientId !== key.value)) return {};
      return { application: toApplication(id, state, version) };
    };
    const [settings, ...applications] = await Promise.all([currentSettings(streams), ...keys.map(find)]);
    return { applications, settings };
  };
