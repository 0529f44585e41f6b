import { permits } from '@grantlog/access';
import { SETTINGS_STREAM } from '@grantlog/applications-domain';
import { type applications as wire, FORBIDDEN, refused, toCause } from '@grantlog/contracts';
import { isSettingName, SETTINGS } from '@grantlog/settings';
import type { Deps } from '../service-deps.ts';

/** Changes settings from the next request on, on every instance. A refused change changes nothing. */
export const changeSettings =
  ({ streams, clock }: Deps) =>
  async (request: wire.ChangeSettingsRequest): Promise<wire.ChangeSettingsResponse> => {
    if (!permits(request.actor, 'change', 'installation')) return { result: refused(FORBIDDEN) };
    const asked = Object.entries(JSON.parse(request.changes) as Record<string, unknown>).filter(([name]) =>
      isSettingName(name),
    );
    const problems = asked.flatMap(([name, value]) => {
      const problem = value !== null && isSettingName(name) ? SETTINGS[name].problem(value) : undefined;
      return problem === undefined ? [] : [[name, [problem]] as const];
    });
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
      SETTINGS_STREAM,
      { type: 'ChangeSettings', changes: Object.fromEntries(asked) },
      { cause: toCause(request.cause), at: clock.now() },
    );
    if (refusal) return { result: refused(refusal) };
    return { result: { $case: 'settings', value: { values: JSON.stringify(state), version } } };
  };
