import { deciderSpec, type Past } from '@grantlog/event-sourcing/testing';
import {
  applicationDecider,
  type ApplicationEvent,
  type ApplicationFields,
  applicationStream,
  liveSecret,
  liveSecrets,
  type RegisteredApplication,
} from './application.ts';

const { given } = deciderSpec(applicationDecider);
const NOON = '2026-01-01T12:00:00.000Z';
const at = (time: string): string => `2026-01-01T${time}.000Z`;

const fields: ApplicationFields = {
  name: 'AuthCodeApp',
  description: '',
  organization: 1,
  redirectUris: ['https://app.ex/cb'],
  allowedOrigins: [],
  introspectionClients: [],
  skipAuthorization: false,
  clientId: 'client-of-5',
  user: 1,
  clientType: 'confidential',
  authorizationGrantType: 'authorization-code',
};
const registered = {
  at: NOON,
  events: [{ type: 'ApplicationRegistered', ...fields } as const],
  sealed: { secret: 'first' },
};
const publicOne = { at: NOON, events: [{ type: 'ApplicationRegistered', ...fields, clientType: 'public' } as const] };
const changed = (changes: object) => ({
  at: at('13:00:00'),
  events: [{ type: 'ApplicationChanged', changes, previous: {} } as const],
});
const rotated = (secret: string, previousExpiresAt: string, time = '14:00:00') => ({
  at: at(time),
  events: [{ type: 'ClientSecretRotated', previousExpiresAt } as const],
  sealed: { secret },
});
const deleted = { events: [{ type: 'ApplicationDeleted' } as const] };
const GONE = ['not_found', 'No OAuth2Application matches the given query.'] as const;

const rotate = { type: 'RotateClientSecret', secretDigest: 'second', previousExpiresAt: at('15:00:00') } as const;

describe('skipping the consent page', () => {
  const trusted = { ...fields, skipAuthorization: true };
  const byRoot = {
    at: NOON,
    events: [{ type: 'ApplicationRegistered', ...trusted, bySuperuser: true } as const],
    sealed: { secret: 'first' },
  };
  const skips = (...past: readonly Past<ApplicationEvent>[]): boolean =>
    (given(...past).state as RegisteredApplication).skipAuthorization;
  const change = (changes: Partial<ApplicationFields>, more: { bySuperuser?: true } = {}) =>
    ({ type: 'ChangeApplication', changes, ...more }) as const;
  const NEW_URI = ['https://app.ex/cb', 'https://evil.ex/cb'];

  it('is for a superuser to allow, at registration and later', () => {
    const register = { type: 'RegisterApplication', fields: trusted, secretDigest: 'first' } as const;
    const { decision, thenRefuses } = given().when(register);
    thenRefuses('forbidden').andRecordsNothing();
    expect(decision.refusal?.fields).toHaveProperty('skip_authorization');
    given().when({ ...register, bySuperuser: true }).then(byRoot.events[0]);
    const later = given(registered).when(change({ skipAuthorization: true }));
    later.thenRefuses('forbidden').andRecordsNothing();
    expect(later.decision.refusal?.fields).toHaveProperty('skip_authorization');
    given(registered)
      .when(change({ skipAuthorization: true }, { bySuperuser: true }))
      .then({ type: 'ApplicationChanged', changes: { skipAuthorization: true }, previous: { skipAuthorization: false }, bySuperuser: true });
  }); // prettier-ignore
  it('is for anybody who may change the application to send back as it is, or to end', () => {
    given(byRoot).when(change({ skipAuthorization: true })).thenNothing();
    given(byRoot)
      .when(change({ skipAuthorization: false, redirectUris: NEW_URI }))
      .then({ type: 'ApplicationChanged', changes: { skipAuthorization: false, redirectUris: NEW_URI }, previous: { skipAuthorization: true, redirectUris: fields.redirectUris } });
  }); // prettier-ignore
  it('is to the redirect URIs that a superuser saw', () => {
    const { decision, thenRefuses } = given(byRoot).when(change({ redirectUris: NEW_URI }));
    thenRefuses('forbidden').andRecordsNothing();
    expect(decision.refusal?.fields).toHaveProperty('redirect_uris');
    given(byRoot).when(change({ redirectUris: NEW_URI }, { bySuperuser: true })).then(expect.objectContaining({ bySuperuser: true }));
    const two = { ...byRoot, events: [{ ...byRoot.events[0], redirectUris: NEW_URI }] } as typeof byRoot;
    given(two).when(change({ redirectUris: ['https://app.ex/cb'] })).then(expect.objectContaining({ type: 'ApplicationChanged' }));
    expect(skips(two, changed({ redirectUris: ['https://app.ex/cb'] }))).toBe(true);
  }); // prettier-ignore
  it('counts no more where facts of before do not say that the first superuser allowed it', () => {
    const before = (actor?: number) =>
      applicationDecider.evolve({ status: 'None' }, { type: 'ApplicationRegistered', ...trusted }, { id: '', stream: '', version: 1, at: NOON, events: [], cause: { requestId: '', ...(actor !== undefined && { actor }) } }) as RegisteredApplication;
    expect([before(), before(7), before(1)].map(({ skipAuthorization }) => skipAuthorization)).toEqual([false, false, true]);
    expect(skips(registered, changed({ skipAuthorization: true }))).toBe(false);
    expect(skips(byRoot, changed({ redirectUris: NEW_URI }))).toBe(false);
    expect(skips(byRoot, changed({ name: 'Renamed' }))).toBe(true);
  }); // prettier-ignore
});

describe('registering an application', () => {
  it('records all about it but its secret, whose digest is sealed', () => {
    const { decision, then } = given().when({ type: 'RegisterApplication', fields, secretDigest: 'first' });
    then({ type: 'ApplicationRegistered', ...fields });
    expect(decision.sealed).toEqual({ secret: 'first' });
  });
  it('seals nothing for a public one, which has no secret (RFC 6749 §2.1)', () =>
    expect(given().when({ type: 'RegisterApplication', fields }).decision).not.toHaveProperty('sealed'));
  it.each([[[registered]], [[registered, deleted]]])('refuses a number that is or was taken', (past) =>
    given(...past)
      .when({ type: 'RegisterApplication', fields })
      .thenRefuses('taken', 'this application number is taken')
      .andRecordsNothing(),
  );
  it('makes it what it is', () => {
    expect(applicationStream(5)).toBe('application-5');
    expect(given(registered).state).toEqual({
      status: 'Registered',
      ...fields,
      createdAt: NOON,
      modifiedAt: NOON,
      rightsEndedAtVersion: 0,
      secrets: [{ digest: 'first', version: 1, createdAt: NOON }],
    });
    expect(given(publicOne).state).toMatchObject({ secrets: [] });
  });
});

describe('changing an application', () => {
  it('records what differs, with what it was', () =>
    given(registered)
      .when({ type: 'ChangeApplication', changes: { name: 'New', description: '', redirectUris: ['https://app.ex/cb', 'https://b.ex/'] } })
      .then({
        type: 'ApplicationChanged',
        changes: { name: 'New', redirectUris: ['https://app.ex/cb', 'https://b.ex/'] },
        previous: { name: 'AuthCodeApp', redirectUris: ['https://app.ex/cb'] },
      })); // prettier-ignore
  it('records nothing when nothing differs', () =>
    given(registered)
      .when({ type: 'ChangeApplication', changes: { name: 'AuthCodeApp', redirectUris: ['https://app.ex/cb'] } })
      .thenNothing());
  it('leaves alone what is not named', () =>
    given(registered)
      .when({ type: 'ChangeApplication', changes: { name: undefined as never } })
      .thenNothing());
  it.each([[[]], [[registered, deleted]]])('refuses what is not registered', (past) =>
    given(...past)
      .when({ type: 'ChangeApplication', changes: { name: 'x' } })
      .thenRefuses(...GONE)
      .andRecordsNothing(),
  );
  it('to another organization ends the rights that it gave; to another name does not', () => {
    expect(given(registered, changed({ name: 'New' })).state).toMatchObject({
      name: 'New',
      organization: 1,
      modifiedAt: at('13:00:00'),
      createdAt: NOON,
      rightsEndedAtVersion: 0,
    });
    expect(given(registered, changed({ organization: 2 }), changed({ name: 'New' })).state).toMatchObject({
      organization: 2,
      rightsEndedAtVersion: 2,
    });
  });
});

describe('rotating a client secret', () => {
  it('records when the previous one ends, and seals the digest', () => {
    const { decision, then } = given(registered).when(rotate);
    then({ type: 'ClientSecretRotated', previousExpiresAt: at('15:00:00') });
    expect(decision.sealed).toEqual({ secret: 'second' });
  });
  it('refuses a public application', () => {
    const { decision, thenRefuses } = given(publicOne).when(rotate);
    thenRefuses('invalid', 'a public application has no secret').andRecordsNothing();
    expect(decision.refusal?.fields).toEqual({ __all__: ['A public application has no client secret to rotate.'] });
  });
  it.each([[[]], [[registered, deleted]]])('refuses what is not registered', (past) =>
    given(...past)
      .when(rotate)
      .thenRefuses(...GONE)
      .andRecordsNothing(),
  );
  it('lets both live until the previous one ends, the newest first', () => {
    const { state } = given(registered, rotated('second', at('15:00:00')));
    const application = state as RegisteredApplication;
    expect(application).toMatchObject({ modifiedAt: at('14:00:00'), createdAt: NOON });
    expect(application.secrets).toEqual([
      { digest: 'second', version: 2, createdAt: at('14:00:00') },
      { digest: 'first', version: 1, createdAt: NOON, expiresAt: at('15:00:00') },
    ]);
    const digestsAt = (time: string) => liveSecrets(application, time).map(({ digest }) => digest);
    expect(digestsAt('2026-01-01T14:59:59.999Z')).toEqual(['second', 'first']);
    expect(digestsAt(at('15:00:00'))).toEqual(['second']);
  });
  it('at most two are alive: a further rotation ends the oldest at once', () => {
    const { state } = given(registered, rotated('second', at('20:00:00')), rotated('third', at('21:00:00'), '14:30:00'));
    const application = state as RegisteredApplication;
    expect(application.secrets.map(({ digest }) => digest)).toEqual(['third', 'second']);
    expect(liveSecret(application, 'first', at('14:31:00'))).toBeUndefined();
    expect(liveSecret(application, 'second', at('14:31:00'))).toMatchObject({ version: 2, expiresAt: at('21:00:00') });
    expect(liveSecret(application, 'third', at('14:31:00'))).toMatchObject({ version: 3 });
    expect(liveSecret(application, 'guess', at('14:31:00'))).toBeUndefined();
  }); // prettier-ignore
});

describe('deleting an application', () => {
  it('is a fact, once', () => {
    given(registered).when({ type: 'DeleteApplication' }).then({ type: 'ApplicationDeleted' });
    for (const past of [[], [registered, deleted]])
      given(...past)
        .when({ type: 'DeleteApplication' })
        .thenRefuses(...GONE)
        .andRecordsNothing();
  });
  it('keeps its name and organization, which the name claim is freed by, and nothing else', () =>
    expect(given(registered, deleted).state).toEqual({ status: 'Deleted', name: 'AuthCodeApp', organization: 1 }));
  it('nothing brings it back', () => {
    const end = given(registered, deleted).state;
    for (const late of [changed({ name: 'x' }), rotated('x', NOON), deleted, { events: [{ type: 'SomethingNewer' } as never] }])
      expect(given(registered, deleted, late).state).toEqual(end);
  }); // prettier-ignore
});
