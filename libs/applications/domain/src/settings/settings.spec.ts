import { deciderSpec } from '@grantlog/event-sourcing/testing';
import { DEFAULT_SETTINGS } from '@grantlog/settings';
import { settingsDecider, SETTINGS_STREAM } from './settings.ts';

const { given } = deciderSpec(settingsDecider);
const change = (changes: Record<string, unknown>) => ({ type: 'ChangeSettings', changes }) as const;
const changed = (changes: Record<string, unknown>) => ({
  events: [{ type: 'SettingsChanged', changes, previous: {} } as const],
});

describe('settings that nobody changed', () => {
  it('are the defaults', () => {
    expect(SETTINGS_STREAM).toBe('settings');
    expect(given().state).toEqual(DEFAULT_SETTINGS);
  });
});

describe('changing settings', () => {
  it('records what differs, with what was in force', () =>
    given(changed({ ACCESS_TOKEN_EXPIRE_SECONDS: 60 }))
      .when(change({ ACCESS_TOKEN_EXPIRE_SECONDS: 120, PKCE_REQUIRED: 'public' }))
      .then({
        type: 'SettingsChanged',
        changes: { ACCESS_TOKEN_EXPIRE_SECONDS: 120 },
        previous: { ACCESS_TOKEN_EXPIRE_SECONDS: 60 },
      }));
  it('null is the default; what has it already records nothing', () => {
    given()
      .when(change({ ACCESS_TOKEN_EXPIRE_SECONDS: null }))
      .thenNothing();
    given(changed({ ACCESS_TOKEN_EXPIRE_SECONDS: 60 }))
      .when(change({ ACCESS_TOKEN_EXPIRE_SECONDS: null }))
      .then({
        type: 'SettingsChanged',
        changes: { ACCESS_TOKEN_EXPIRE_SECONDS: null },
        previous: { ACCESS_TOKEN_EXPIRE_SECONDS: 60 },
      });
    expect(
      given(changed({ ACCESS_TOKEN_EXPIRE_SECONDS: 60 }), changed({ ACCESS_TOKEN_EXPIRE_SECONDS: null })).state,
    ).toEqual(DEFAULT_SETTINGS);
  });
  it('refuses allow-all with credentials, in whichever order they come', () => {
    const together = change({ CORS_ALLOW_ALL_ORIGINS: true, CORS_ALLOW_CREDENTIALS: true });
    for (const { decision, thenRefuses } of [
      given().when(together),
      given(changed({ CORS_ALLOW_CREDENTIALS: true })).when(change({ CORS_ALLOW_ALL_ORIGINS: true })),
      given(changed({ CORS_ALLOW_ALL_ORIGINS: true })).when(change({ CORS_ALLOW_CREDENTIALS: true })),
    ]) {
      thenRefuses('invalid').andRecordsNothing();
      expect(decision.refusal?.fields).toEqual({ __all__: [decision.refusal?.description] });
      expect(decision.refusal?.description).toContain('cannot both be true');
    }
  });
  it('one can be given up for the other', () =>
    given(changed({ CORS_ALLOW_CREDENTIALS: true }))
      .when(change({ CORS_ALLOW_ALL_ORIGINS: true, CORS_ALLOW_CREDENTIALS: null }))
      .then({
        type: 'SettingsChanged',
        changes: { CORS_ALLOW_ALL_ORIGINS: true, CORS_ALLOW_CREDENTIALS: null },
        previous: { CORS_ALLOW_ALL_ORIGINS: false, CORS_ALLOW_CREDENTIALS: true },
      }));
  it('a setting that a later version had is passed over', () =>
    expect(given(changed({ SOMETHING_NEWER: 1, PKCE_REQUIRED: 'all' })).state).toEqual({
      ...DEFAULT_SETTINGS,
      PKCE_REQUIRED: 'all',
    }));
});
