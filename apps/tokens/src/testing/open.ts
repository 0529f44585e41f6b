import { common, type tokens as wire } from '@grantlog/contracts';
import type { DocumentStore } from '@grantlog/event-sourcing';
import { createScriptedStore } from '@grantlog/event-sourcing/testing';
import { createInstallationKey } from '@grantlog/service-kit';
import type { LastUseStore, SessionStore } from '@grantlog/short-lived';
import { createTokensService } from '../service.ts';

export const cause = { requestId: 'request', clientId: '' };
/** The user of the tokens. */
export const actor: common.Actor = {
  user: 7,
  superuser: false,
  systemAuditor: false,
  adminOf: [],
  memberOf: [1],
  auditorOf: [],
  means: common.Means.MEANS_BASIC,
  grant: 0,
};
const lifetimes: wire.Lifetimes = {
  authorizationCodeSeconds: 600,
  accessTokenSeconds: 3600,
  refreshTokenSeconds: 86_400,
  grantSeconds: 100_000,
  personalTokenSeconds: 86_400,
  refreshGraceSeconds: 30,
};
/** An application of organization 1. */
export const client: wire.Client = {
  application: 5,
  clientId: 'client-of-5',
  version: 1,
  clientType: 'confidential',
  authorizationGrantType: 'authorization-code',
  organization: 1,
  name: 'client',
};
const lastUses: LastUseStore = {
  keep: () => Promise.resolve(),
  of: (names) => Promise.resolve(names.map(() => undefined)),
};

/** The tokens service over a store in memory. */
export const open = (store = createScriptedStore()) => {
  let now = '2026-01-01T12:00:00.000Z';
  const { service } = createTokensService({
    store,
    documents: {} as DocumentStore,
    sessions: {} as SessionStore,
    lastUses,
    clock: { now: () => now, setting: () => undefined },
    key: createInstallationKey(Buffer.alloc(32, 7)),
  });
  const create = async (more: Partial<wire.CreateTokenRequest> = {}) => {
    const subject = { user: 7, version: 1, username: 'alice' };
    const { result } = await service.createToken({ cause, actor, requestKey: crypto.randomUUID(), subject, scope: 'write', description: '', lifetimes, expiresIn: 0, ...more }); // prettier-ignore
    if (result?.$case !== 'created') throw new Error(result?.value.description);
    return { ...result.value, id: result.value.token?.id ?? 0 };
  };
  return {
    service,
    store,
    create,
    createBy: (grant: number, more: Partial<wire.CreateTokenRequest> = {}) =>
      create({ actor: { ...actor, means: common.Means.MEANS_PERSONAL_TOKEN, grant }, ...more }),
    introspect: async (token: string) =>
      (await service.introspect({ tokens: [{ token, askingApplication: 0 }] })).introspections[0],
    at: (time: string) => (now = time),
  };
};
