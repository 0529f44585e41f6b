import { isSettingName, settingProblems } from '@grantlog/applications-domain';
import { type applications as wire, FORBIDDEN, refused, toCause } from '@grantlog/contracts';
import { type Deps, SETTINGS } from '../service-deps.ts';

/** Changes settings from the next request on, on every instance. A refused change changes nothing. */
export const changeSettings =
  ({ streams, clock }: Deps) =>
  async (request: wire.ChangeSettingsRequest): Promise<wire.ChangeSettingsResponse> => {
    if (!request.actor?.superuser) return { result: refused(FORBIDDEN) };
    const asked = Object.entries(JSON.parse(request.changes) as Record<string, unknown>).filter(([name]) =>
      isSettingName(name),
    );
    const problems = asked
      .map(
        ([name, value]) => [name, value === null || !isSettingName(name) ? [] : settingProblems(name, value)] as const,
      )
      .filter(([, messages]) => messages.length > 0);
    if (problems.length > 0) {
      return {
        result: refused({
          error: 'invalid',
          description: 'A setting has a value that is not allowed.',
          fields: Object.fromEntries(problems),
        }),
      };
    }
    const { state, version, refusal } = await streams.settings.handle(
      SETTINGS,
      { type: 'ChangeSettings', changes: Object.fromEntries(asked) },
      { cause: toCause(request.cause), at: clock.now() },
    );
    if (refusal) return { result: refused(refusal) };
    return { result: { $case: 'settings', value: { values: JSON.stringify(state), version } } };
  };
