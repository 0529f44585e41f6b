import { accept, type Decider, refuse } from '@grantlog/event-sourcing';
import { combinationProblem } from '@grantlog/origins';
import { DEFAULT_SETTINGS, isSettingName, type SettingName, type Settings } from '@grantlog/settings';

export type SettingsEvent = {
  type: 'SettingsChanged';
  /** New values; null: back to the default. */
  changes: Readonly<Record<string, unknown>>;
  /** What was in force before. */
  previous: Readonly<Record<string, unknown>>;
};

/** Changes were validated; names that stay as they are record nothing. */
export type SettingsCommand = { readonly type: 'ChangeSettings'; readonly changes: Readonly<Record<string, unknown>> };

export const settingsDecider: Decider<Settings, SettingsCommand, SettingsEvent> = {
  initialState: DEFAULT_SETTINGS,
  decide: ({ changes }, settings) => {
    const differs = ([name, value]: [string, unknown]): boolean =>
      JSON.stringify(value ?? DEFAULT_SETTINGS[name as SettingName]) !== JSON.stringify(settings[name as SettingName]);
    const changed = Object.entries(changes).filter(differs);
    if (changed.length === 0) return accept([]);
    const problem = combinationProblem(applied(settings, Object.fromEntries(changed)));
    if (problem !== undefined) return refuse('invalid', problem, { fields: { __all__: [problem] } });
    const previous = Object.fromEntries(changed.map(([name]) => [name, settings[name as SettingName]]));
    return accept([{ type: 'SettingsChanged', changes: Object.fromEntries(changed), previous }]);
  },
  evolve: (settings, event) => applied(settings, event.changes),
};

/** Settings with some of them changed; null is the default. */
const applied = (settings: Settings, changes: Readonly<Record<string, unknown>>): Settings => ({
  ...settings,
  ...Object.fromEntries(
    Object.entries(changes)
      .filter(([name]) => isSettingName(name))
      .map(([name, value]) => [name, value ?? DEFAULT_SETTINGS[name as SettingName]]),
  ),
});

export const SETTINGS_STREAM = 'settings';
