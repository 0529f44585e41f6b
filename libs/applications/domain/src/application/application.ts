import {
  accept,
  type Cause,
  type Decider,
  type Decision,
  type Instant,
  refuse,
  unreachable,
  type Version,
} from '@grantlog/event-sourcing';
import { sameDigest } from '@grantlog/oauth';

/** What of an application may be changed after its registration. */
export type ChangeableFields = {
  readonly name: string;
  readonly description: string;
  readonly organization: number;
  readonly redirectUris: readonly string[];
  readonly allowedOrigins: readonly string[];
  readonly introspectionClients: readonly number[];
  readonly skipAuthorization: boolean;
};

/** What is fixed at registration: grants were given under it. */
type FixedFields = {
  readonly clientId: string;
  readonly user: number;
  readonly clientType: string;
  readonly authorizationGrantType: string;
};

export type ApplicationFields = ChangeableFields & FixedFields;

/** Whether a superuser did it. In events as a mark: who was one then cannot be found out later. */
type Authority = { readonly bySuperuser?: true };

export type ApplicationEvent =
  | ({ type: 'ApplicationRegistered' } & ApplicationFields & Authority)
  | ({
      type: 'ApplicationChanged';
      changes: Partial<ChangeableFields>;
      previous: Partial<ChangeableFields>;
    } & Authority)
  | { type: 'ClientSecretRotated'; previousExpiresAt: Instant }
  /** The organization is about to end: a change that would bring the application into it comes too late. */
  | { type: 'ApplicationKeptOut'; organization: number }
  | { type: 'ApplicationDeleted' };

/** `version` is of the commit that made it: its name outside. */
export type LiveSecret = {
  readonly digest: string;
  readonly version: Version;
  readonly createdAt: Instant;
  readonly expiresAt?: Instant;
};

export type Application =
  | { readonly status: 'None' }
  | { readonly status: 'Deleted'; readonly name: string; readonly organization: number }
  | (ApplicationFields & {
      readonly status: 'Registered';
      readonly createdAt: Instant;
      readonly modifiedAt: Instant;
      /** Version of the last change that ended its grants: a move to another organization. 0: none. */
      readonly rightsEndedAtVersion: Version;
      /** Newest first, at most two. Empty for a public client. */
      readonly secrets: readonly LiveSecret[];
    });

export type RegisteredApplication = Extract<Application, { status: 'Registered' }>;

export type ApplicationCommand =
  | ({
      readonly type: 'RegisterApplication';
      readonly fields: ApplicationFields;
      readonly secretDigest?: string;
    } & Authority)
  | ({ readonly type: 'ChangeApplication'; readonly changes: Partial<ChangeableFields> } & Authority)
  | { readonly type: 'RotateClientSecret'; readonly secretDigest: string; readonly previousExpiresAt: Instant }
  | { readonly type: 'KeepOut'; readonly organization: number }
  | { readonly type: 'DeleteApplication' };

const gone = refuse('not_found', 'No OAuth2Application matches the given query.');

const decide = (command: ApplicationCommand, application: Application): Decision<ApplicationEvent> => {
  switch (command.type) {
    case 'RegisterApplication':
      if (application.status !== 'None') return refuse('taken', 'this application number is taken');
      if (command.fields.skipAuthorization && !command.bySuperuser) return notYours('skip_authorization');
      return accept(
        [{ type: 'ApplicationRegistered', ...command.fields, ...markOf(command) }],
        undefined,
        command.secretDigest === undefined ? undefined : { secret: command.secretDigest },
      );
    case 'ChangeApplication':
      return application.status === 'Registered' ? changeApplication(command, application) : gone;
    case 'RotateClientSecret':
      if (application.status !== 'Registered') return gone;
      if (application.clientType !== 'confidential') {
        return refuse('invalid', 'a public application has no secret', {
          fields: { __all__: ['A public application has no client secret to rotate.'] },
        });
      }
      return accept([{ type: 'ClientSecretRotated', previousExpiresAt: command.previousExpiresAt }], undefined, {
        secret: command.secretDigest,
      });
    case 'KeepOut':
      if (application.status === 'Deleted') return accept([]);
      return application.status === 'Registered' && application.organization === command.organization
        ? refuse('in_use', 'the application is in this organization')
        : accept([{ type: 'ApplicationKeptOut', organization: command.organization }]);
    case 'DeleteApplication':
      return application.status === 'Registered' ? accept([{ type: 'ApplicationDeleted' }]) : gone;
    default:
      return unreachable(command);
  }
};

/**
 * Whether codes come without a consent page after a change. Only a superuser decides that, and to which redirect URIs:
 * an administrator of one organization would get tokens of whoever follows a link, superusers included.
 * @param bySuperuser whether one made the change
 */
export const skipsAfter = (
  before: Pick<ChangeableFields, 'skipAuthorization' | 'redirectUris'>,
  changes: Partial<ChangeableFields>,
  bySuperuser: boolean,
): boolean => {
  const wanted = changes.skipAuthorization ?? before.skipAuthorization;
  if (!wanted || bySuperuser) return wanted;
  const adds = changes.redirectUris?.some((uri) => !before.redirectUris.includes(uri)) ?? false;
  return before.skipAuthorization && !adds;
};

/** Facts from before they were marked count where the first superuser made them. */
export const wasBySuperuser = ({ bySuperuser }: Authority, { actor }: Cause): boolean =>
  bySuperuser === true || actor === FIRST_SUPERUSER;

const FIRST_SUPERUSER = 1;

const markOf = ({ bySuperuser }: Authority): Authority => (bySuperuser ? { bySuperuser } : {});

const NOT_YOURS = {
  skip_authorization: 'Only a superuser may let an application skip the consent page.',
  redirect_uris:
    'This application skips the consent page, so only a superuser may add redirect URIs. Set skip_authorization to false first.',
};

const notYours = (field: keyof typeof NOT_YOURS) =>
  refuse('forbidden', NOT_YOURS[field], { fields: { [field]: [NOT_YOURS[field]] } });

const changeApplication = (
  command: Extract<ApplicationCommand, { type: 'ChangeApplication' }>,
  application: RegisteredApplication,
): Decision<ApplicationEvent> => {
  const { changes: asked } = command;
  const names = (Object.keys(asked) as (keyof ChangeableFields)[]).filter(
    (name) => asked[name] !== undefined && JSON.stringify(asked[name]) !== JSON.stringify(application[name]),
  );
  if (names.length === 0) return accept([]);
  const pick = (from: Partial<ChangeableFields>): Partial<ChangeableFields> =>
    Object.fromEntries(names.map((name) => [name, from[name]]));
  const changes = pick(asked);
  const skips = changes.skipAuthorization ?? application.skipAuthorization;
  if (skips && !skipsAfter(application, changes, command.bySuperuser === true))
    return notYours(changes.skipAuthorization ? 'skip_authorization' : 'redirect_uris');
  return accept([{ type: 'ApplicationChanged', changes, previous: pick(application), ...markOf(command) }]);
};

/** Registration, change, secret rotation and end of one application. */
export const applicationDecider: Decider<Application, ApplicationCommand, ApplicationEvent> = {
  initialState: { status: 'None' },
  decide,
  evolve: (application, event, commit) => {
    switch (event.type) {
      case 'ApplicationRegistered': {
        const { type: _type, bySuperuser: _mark, ...fields } = event;
        const digest = commit.sealed?.['secret'];
        return {
          status: 'Registered',
          ...fields,
          skipAuthorization: fields.skipAuthorization && wasBySuperuser(event, commit.cause),
          createdAt: commit.at,
          modifiedAt: commit.at,
          rightsEndedAtVersion: 0,
          secrets: typeof digest === 'string' ? [{ digest, version: commit.version, createdAt: commit.at }] : [],
        };
      }
      case 'ApplicationChanged':
        if (application.status !== 'Registered') return application;
        return {
          ...application,
          ...event.changes,
          skipAuthorization: skipsAfter(application, event.changes, wasBySuperuser(event, commit.cause)),
          modifiedAt: commit.at,
          rightsEndedAtVersion:
            event.changes.organization === undefined ? application.rightsEndedAtVersion : commit.version,
        };
      case 'ClientSecretRotated': {
        if (application.status !== 'Registered') return application;
        const [newest] = application.secrets;
        return {
          ...application,
          modifiedAt: commit.at,
          secrets: [
            { digest: commit.sealed?.['secret'] ?? '', version: commit.version, createdAt: commit.at },
            ...(newest ? [{ ...newest, expiresAt: event.previousExpiresAt }] : []),
          ],
        };
      }
      case 'ApplicationDeleted':
        return application.status === 'Registered'
          ? { status: 'Deleted', name: application.name, organization: application.organization }
          : application;
      default:
        return application;
    }
  },
};

/** The secrets that prove the client at `at`, newest first. */
export const liveSecrets = ({ secrets }: RegisteredApplication, at: Instant): readonly LiveSecret[] =>
  secrets.filter(({ expiresAt }) => expiresAt === undefined || at < expiresAt);

/** The live secret of this digest at `at`. Looks at each, whatever the first says. */
export const liveSecret = (application: RegisteredApplication, digest: string, at: Instant): LiveSecret | undefined =>
  liveSecrets(application, at).filter((secret) => sameDigest(secret.digest, digest))[0];

export const applicationStream = (id: number): string => `application-${id}`;
