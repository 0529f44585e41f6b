import { SETTINGS_STREAM } from '@grantlog/applications-domain';
import type { applications as wire } from '@grantlog/contracts';
import type { Settings } from '@grantlog/settings';
import type { ApplicationStreams } from '../streams.ts';

/** Each state as text, made once: settings change rarely and travel with every answer. */
const texts = new WeakMap<Settings, string>();

/** The settings in force, as of a moment after the call. */
export const currentSettings = async ({ settings }: ApplicationStreams): Promise<wire.Settings> => {
  const { state, version } = await settings.load(SETTINGS_STREAM);
  const values = texts.get(state) ?? JSON.stringify(state);
  texts.set(state, values);
  return { values, version };
};
