import {
  equals,
  type Filter,
  type Instant,
  numberedStream,
  type Projection,
  type ReadModel,
  type RecordedEvent,
} from '@grantlog/event-sourcing';
import type { GrantEvent, RevocationsEvent } from '@grantlog/grants-domain';

/** One grant with its newest access token; the grant number is the document's id. */
export const tokenList: ReadModel = {
  name: 'token_list',
  fields: {
    application: 'integer',
    organization: 'integer',
    user: 'integer',
    scope: 'text',
    description: 'text',
    created: 'text',
    modified: 'text',
    expires: 'text',
    // The second after which neither of its tokens is of any use.
    ends: 'integer',
    has_refresh_token: 'boolean',
    // The personal token that created it; 0: none.
    parent: 'integer',
    application_epoch: 'integer',
    user_epoch: 'integer',
    installation_epoch: 'integer',
    // A grant that has only a code is in no list.
    issued: 'boolean',
  },
  indexes: [
    ['id'],
    ['application'],
    ['user'],
    ['organization'],
    ['description'],
    ['scope'],
    ['created'],
    ['modified'],
    ['expires'],
    ['ends'],
  ],
  // 1: a personal token has no application, which is null and not 0.
  rule: 1,
  listed: 'issued',
  ends: 'ends',
  searched: ['description'],
};

/** Feeds the token list from the grants' events; revoked grants and those of ended subjects leave it. */
export const tokenListProjection: Projection = {
  model: tokenList,
  category: 'grant',
  project: (fields, recorded) => {
    const event = recorded.event as GrantEvent;
    switch (event.type) {
      case 'AuthorizationGranted':
      case 'ClientCredentialsGranted':
      case 'PasswordGranted':
      case 'TokenGranted':
        return {
          application: event.application || null,
          organization: event.organization,
          user: event.user,
          scope: event.scope,
          description: event.type === 'TokenGranted' ? event.description : '',
          created: recorded.at,
          modified: recorded.at,
          expires: '',
          ends: 0,
          has_refresh_token: false,
          parent: event.parent ?? 0,
          application_epoch: event.epochs.application,
          user_epoch: event.epochs.user,
          installation_epoch: event.epochs.installation,
          issued: false,
        };
      case 'AccessTokenIssued':
        return (
          fields && {
            ...fields,
            scope: event.scope,
            expires: event.expiresAt,
            ends: secondOf(event.expiresAt),
            modified: recorded.at,
            issued: true,
          }
        );
      case 'RefreshTokenIssued':
        return (
          fields && {
            ...fields,
            ends: Math.max(fields['ends'] as number, secondOf(event.expiresAt)),
            has_refresh_token: true,
          }
        );
      case 'TokenDescribed':
        return fields && { ...fields, description: event.description, modified: recorded.at };
      case 'ScopeChanged':
        return fields && { ...fields, scope: event.scope, modified: recorded.at };
      case 'GrantRevoked':
      case 'AuthorizationDenied':
        return null;
      default:
        return fields;
    }
  },
  bulkDeletes: {
    of: (recorded) => endedGrants(recorded),
    subjectsOf: ({ application, user, parent }) => [
      INSTALLATION,
      `user ${user as number}`,
      ...(application === null ? [] : [`application ${application as number}`]),
      ...(parent === 0 ? [] : [`grant ${parent as number}`]),
    ],
  },
  marks: 'revocations',
};

const INSTALLATION = 'installation';

const secondOf = (at: Instant): number => Math.ceil(Date.parse(at) / 1000);

/**
 * The grants that an event of another stream ended: those opened under an earlier epoch than the one it began, and those
 * that an ended token created.
 */
const endedGrants = ({ event, stream }: RecordedEvent): { subject: string; where: Filter } | undefined => {
  const fact = event as RevocationsEvent | GrantEvent;
  const bornBefore = (field: string, epoch: number): Filter => ({ field, lookup: 'lt', value: epoch });
  switch (fact.type) {
    case 'ApplicationGrantsRevoked':
      return {
        subject: `application ${fact.application}`,
        where: { all: [equals('application', fact.application), bornBefore('application_epoch', fact.epoch)] },
      };
    case 'UserGrantsRevoked':
      return {
        subject: `user ${fact.user}`,
        where: { all: [equals('user', fact.user), bornBefore('user_epoch', fact.epoch)] },
      };
    case 'GrantRevoked':
      // By its user first: that has an index.
      return fact.endsChildrenOf === undefined
        ? undefined
        : {
            subject: stream.replace('-', ' '),
            where: {
              all: [equals('user', fact.endsChildrenOf), equals('parent', numberedStream(stream)?.number ?? 0)],
            },
          };
    case 'AllGrantsRevoked':
      return { subject: INSTALLATION, where: bornBefore('installation_epoch', fact.epoch) };
    default:
      return undefined;
  }
};
