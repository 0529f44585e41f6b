import { numberFromBase62, numberToBase62, randomBase62 } from './secret.ts';

const NUMBER_LENGTH = 8;
const CLIENT_ID_LENGTH = 40;
const CLIENT_SECRET_LENGTH = 128;
const FORM = /^[0-9A-Za-z]{40}$/;

/** 40 alphanumeric characters that begin with the application's number, so that no lookup is needed to find it. */
export const newClientId = (application: number): string =>
  numberToBase62(application, NUMBER_LENGTH) + randomBase62(CLIENT_ID_LENGTH - NUMBER_LENGTH);

/** 128 alphanumeric characters. */
export const newClientSecret = (): string => randomBase62(CLIENT_SECRET_LENGTH);

/** The application's number; undefined for what cannot be a client id of this installation. */
export const applicationOfClientId = (clientId: string): number | undefined =>
  FORM.test(clientId) ? numberFromBase62(clientId.slice(0, NUMBER_LENGTH)) : undefined;
