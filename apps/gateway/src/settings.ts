import type { applications, ApplicationsClient, tokens } from '@grantlog/contracts';
import type { Settings } from '@grantlog/settings';

let last: { text: string; settings: Settings } | undefined;

/** Parses what came with an answer; the same text is parsed once. */
export const settingsOf = (message: applications.Settings | undefined): Settings => {
  if (!message) throw new TypeError('settings are missing');
  if (last?.text !== message.values) last = { text: message.values, settings: JSON.parse(message.values) as Settings };
  return last.settings;
};

export const lifetimesOf = (settings: Settings): tokens.Lifetimes => ({
  authorizationCodeSeconds: settings.AUTHORIZATION_CODE_EXPIRE_SECONDS,
  accessTokenSeconds: settings.ACCESS_TOKEN_EXPIRE_SECONDS,
  refreshTokenSeconds: settings.REFRESH_TOKEN_EXPIRE_SECONDS,
  grantSeconds: settings.GRANT_EXPIRE_SECONDS,
  personalTokenSeconds: settings.PERSONAL_TOKEN_EXPIRE_SECONDS,
  refreshGraceSeconds: settings.REFRESH_TOKEN_GRACE_SECONDS,
});

/** For how many days lists show tokens that expired. */
export const listedAfterExpiryDays = async ({
  applications: service,
}: {
  applications: Pick<ApplicationsClient, 'getSettings'>;
}): Promise<number> => settingsOf((await service.getSettings({})).settings).LISTED_AFTER_EXPIRY_DAYS;
