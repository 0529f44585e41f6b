import {
  type EntryProjection,
  type Fields,
  numberedStream,
  type ReadModel,
  type RecordedEvent,
} from '@grantlog/event-sourcing';

/**
 * Who did what to which object: an entry for each commit that says something to an administrator, in AWX's form. Its
 * sources are the published events of every context; this file knows them by their published names only.
 */
export const activityStream: ReadModel = {
  name: 'activity_stream',
  fields: {
    timestamp: 'text',
    operation: 'text',
    object1: 'text',
    object1_id: 'integer',
    object2: 'text',
    object2_id: 'integer',
    object_association: 'text',
    changes: 'json',
    // null: Grantlog itself.
    actor: 'integer',
    // Whom it concerns, for who may see it.
    application: 'integer',
    user: 'integer',
    organization: 'integer',
    scope: 'text',
    request_id: 'text',
    client_id: 'text',
  },
  indexes: [
    ['object1_id', 'object1'],
    ['object1'],
    ['application'],
    ['user'],
    ['organization'],
    ['actor'],
    ['timestamp'],
    ['operation'],
    ['object2'],
  ],
  // 1: absence is null; the id is the commit's number.
  rule: 1,
};

type Fact = { readonly type: string } & Readonly<Record<string, unknown>>;
type Change = Readonly<Record<string, unknown>>;
/** What an entry says beside when, by whom and for which request. */
type ActivityEntry = {
  readonly operation: 'create' | 'update' | 'delete' | 'associate' | 'disassociate';
  readonly object1: string;
  readonly object1_id: number;
  readonly object2?: string;
  readonly object2_id?: number;
  readonly object_association?: string;
  readonly changes: Change;
  readonly application?: number;
  readonly user?: number;
  readonly organization?: number;
  readonly scope?: string;
};

const MASK = '************';
const APPLICATION = 'o_auth2_application';
const TOKEN = 'o_auth2_access_token';

const number = (value: unknown): number => (typeof value === 'number' ? value : 0);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const snaked = (fields: Change): Change => Object.fromEntries(Object.entries(fields).map(([name, value]) => [snake(name), value])); // prettier-ignore

/** `{field: [old, new]}` */
const pairs = (changes: unknown, previous: unknown): Change =>
  Object.fromEntries(
    Object.entries(snaked(changes as Change)).map(([name, value]) => [
      name,
      [snaked(previous as Change)[name] ?? null, value],
    ]),
  );

const applicationEntry = (
  id: number,
  facts: readonly Fact[],
  subject: Fields | undefined,
): ActivityEntry | undefined => {
  const [fact] = facts;
  if (!fact) return undefined;
  const { type, bySuperuser: _mark, ...fields } = fact;
  const about = {
    object1: APPLICATION,
    object1_id: id,
    application: id,
    organization: number(subject?.['organization'] ?? fields['organization']),
  };
  switch (type) {
    case 'ApplicationRegistered':
      return { ...about, operation: 'create', changes: { id, ...snaked(fields) } };
    case 'ApplicationChanged':
      return { ...about, operation: 'update', changes: pairs(fields['changes'], fields['previous']) };
    case 'ClientSecretRotated':
      return {
        ...about,
        operation: 'update',
        changes: { client_secret: [MASK, MASK], previous_secret_expires: [null, fields['previousExpiresAt'] ?? null] },
      };
    case 'ApplicationDeleted':
      return { ...about, operation: 'delete', changes: { id, name: subject?.['name'] ?? null } };
    default:
      return undefined;
  }
};

/** Facts that make a token resource appear. */
const BEGINNINGS = ['ClientCredentialsGranted', 'PasswordGranted', 'TokenGranted', 'AuthorizationCodeRedeemed'];

const grantEntry = (id: number, facts: readonly Fact[], subject: Fields | undefined): ActivityEntry | undefined => {
  const [first] = facts;
  if (!first) return undefined;
  const find = (type: string): Fact | undefined => facts.find((fact) => fact.type === type);
  const known = (name: string): unknown => first[name] ?? subject?.[name];
  const scope = text(find('AccessTokenIssued')?.['scope'] ?? known('scope'));
  const about = {
    object1: TOKEN,
    object1_id: id,
    application: number(known('application')),
    user: number(known('user')),
    organization: number(known('organization')),
    scope,
  };
  const event = facts.map(({ type }) => type);
  const revoked = find('GrantRevoked');
  const itself = {
    id,
    user: about.user,
    application: about.application === 0 ? null : about.application,
    scope,
    token: MASK,
    refresh_token: find('RefreshTokenIssued') || subject?.['has_refresh_token'] === true ? MASK : null,
    description: text(known('description')),
  };
  if (revoked) return { ...about, operation: 'delete', changes: { ...itself, event, because: revoked['because'] } };
  if (BEGINNINGS.some((type) => find(type)))
    return {
      ...about,
      operation: 'create',
      changes: { ...itself, expires: find('AccessTokenIssued')?.['expiresAt'], event },
    };
  const issued = find('AccessTokenIssued');
  const described = find('TokenDescribed');
  const narrowed = find('ScopeChanged');
  return {
    ...about,
    operation: 'update',
    changes: {
      ...(issued && { expires: [subject?.['expires'] ?? null, issued['expiresAt']] }),
      ...(described && { description: [subject?.['description'] ?? null, described['description']] }),
      ...(narrowed && { scope: [subject?.['scope'] ?? null, narrowed['scope']] }),
      event,
    },
  };
};

const userEntry = (id: number, facts: readonly Fact[]): ActivityEntry | undefined => {
  const about = { object1: 'user', object1_id: id, user: id };
  const [fact] = facts;
  if (!fact) return undefined;
  const role = facts.find(({ type }) => type === 'RoleGiven' || type === 'RoleTaken');
  if (fact.type === 'UserCreated') {
    const { type: _type, ...fields } = fact;
    return { ...about, organization: number(role?.['organization']), operation: 'create', changes: { id, ...snaked(fields), password: MASK } }; // prettier-ignore
  }
  if (fact.type === 'UserDeleted') return { ...about, operation: 'delete', changes: { id } };
  if (role) {
    return {
      ...about,
      operation: role.type === 'RoleGiven' ? 'associate' : 'disassociate',
      object2: 'organization',
      object2_id: number(role['organization']),
      organization: number(role['organization']),
      object_association: `${text(role['role'])}_role`,
      changes: {},
    };
  }
  const changes: Change = Object.assign(
    {},
    ...facts.map((one): Change => {
      switch (one.type) {
        case 'UserChanged':
          return pairs(one['changes'], one['previous']);
        case 'UsernameChanged':
          return { username: [one['previous'], one['username']] };
        case 'PasswordChanged':
          return { password: [MASK, MASK] };
        case 'UserDisabled':
          return { is_active: [true, false] };
        case 'UserEnabled':
          return { is_active: [false, true] };
        default:
          return {};
      }
    }),
  ) as Change;
  // A login or logout is in the journal; here it would only bury what administrators did.
  return Object.keys(changes).length === 0 ? undefined : { ...about, operation: 'update', changes };
};

const organizationEntry = (
  id: number,
  facts: readonly Fact[],
  subject: Fields | undefined,
): ActivityEntry | undefined => {
  const about = { object1: 'organization', object1_id: id, organization: id };
  const [fact] = facts;
  if (!fact) return undefined;
  const { name, description } = fact;
  if (fact.type === 'OrganizationCreated') return { ...about, operation: 'create', changes: { id, name, description } };
  if (fact.type === 'OrganizationDeleted')
    return { ...about, operation: 'delete', changes: { id, name: subject?.['name'] ?? null } };
  return { ...about, operation: 'update', changes: pairs(fact['changes'], fact['previous']) };
};

const revocationEntry = ([fact]: readonly Fact[]): ActivityEntry | undefined => {
  if (!fact) return undefined;
  const changes = { event: [fact.type], because: fact['because'] ?? null };
  const application = number(fact['application']);
  const user = number(fact['user']);
  if (fact.type === 'ApplicationGrantsRevoked')
    return { operation: 'update', object1: APPLICATION, object1_id: application, application, changes };
  if (fact.type === 'UserGrantsRevoked')
    return { operation: 'update', object1: 'user', object1_id: user, user, changes };
  return fact.type === 'AllGrantsRevoked'
    ? { operation: 'update', object1: 'setting', object1_id: 0, changes }
    : undefined;
};

const CONSENT = /^consent-(\d+)-(\d+)$/;

const consentEntry = (stream: string, [fact]: readonly Fact[]): ActivityEntry | undefined => {
  const [, user = 0, application = 0] = (CONSENT.exec(stream) ?? []).map(Number);
  if (!fact || user === 0) return undefined;
  return {
    operation: fact.type === 'ConsentRemembered' ? 'associate' : 'disassociate',
    object1: 'user',
    object1_id: user,
    object2: APPLICATION,
    object2_id: application,
    object_association: 'consent',
    changes: { event: [fact.type], ...(fact['scope'] !== undefined && { scope: fact['scope'] }) },
    application,
    user,
  };
};

const SUBJECTS: Readonly<Record<string, string>> = {
  application: 'application_list',
  grant: 'token_list',
  organization: 'organization_list',
};

const activityEntry = (
  stream: string,
  facts: readonly Fact[],
  subject: Fields | undefined,
): ActivityEntry | undefined => {
  const { category, number: id } = numberedStream(stream) ?? { category: '', number: 0 };
  if (category === 'grant') return grantEntry(id, facts, subject);
  if (category === 'application') return applicationEntry(id, facts, subject);
  if (category === 'user') return userEntry(id, facts);
  if (category === 'organization') return organizationEntry(id, facts, subject);
  if (stream === 'revocations') return revocationEntry(facts);
  if (stream.startsWith('consent-')) return consentEntry(stream, facts);
  if (stream !== 'settings' || facts[0]?.type !== 'SettingsChanged') return undefined;
  const { changes, previous } = facts[0];
  const names = Object.keys(changes as Change);
  return {
    operation: 'update',
    object1: 'setting',
    object1_id: 0,
    changes: Object.fromEntries(
      names.map((name) => [name, [(previous as Change)[name] ?? null, (changes as Change)[name] ?? null]]),
    ),
  };
};

export const activityStreamProjection: EntryProjection = {
  model: activityStream,
  subject: (stream) => {
    const numbered = numberedStream(stream);
    const model = SUBJECTS[numbered?.category ?? ''];
    return numbered && model !== undefined ? { model, id: numbered.number } : undefined;
  },
  entry: (commit, subject) => {
    const [first] = commit;
    if (!first) return undefined;
    const entry = activityEntry(first.stream, commit.map(({ event }) => event as Fact), subject); // prettier-ignore
    return entry && toFields(entry, first);
  },
};

const toFields = (entry: ActivityEntry, { at, cause }: RecordedEvent): Fields => ({
  timestamp: at,
  operation: entry.operation,
  object1: entry.object1,
  object1_id: entry.object1_id,
  object2: entry.object2 ?? '',
  object2_id: entry.object2_id ?? 0,
  object_association: entry.object_association ?? '',
  changes: entry.changes,
  actor: cause.actor || (entry.object1 === TOKEN ? entry.user : undefined) || null,
  application: entry.application ?? 0,
  user: entry.user ?? 0,
  organization: entry.organization ?? 0,
  scope: entry.scope ?? '',
  request_id: cause.requestId,
  client_id: cause.clientId ?? '',
});
