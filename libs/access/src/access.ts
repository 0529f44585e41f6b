import { equals, everything, type Filter, nothing, oneOf } from '@grantlog/event-sourcing';

/** Who asks, as the accounts service knew it when the request arrived. */
export type Actor = {
  readonly user: number;
  readonly superuser: boolean;
  readonly systemAuditor: boolean;
  readonly adminOf: readonly number[];
  readonly memberOf: readonly number[];
  readonly auditorOf: readonly number[];
};

/** What an actor can be to an object: of the whole installation, its owner, or by a role in an organization of it. */
type Relation = 'superuser' | 'system auditor' | 'owner' | 'admin' | 'member' | 'auditor';

/**
 * Who may do what to which kind of object. Everything else about rights is derived: the verdicts of the services, the
 * objects that lists show, and the capabilities that the gateway shows.
 */
export const ACCESS = {
  application: {
    read: ['superuser', 'system auditor', 'admin', 'member'],
    change: ['superuser', 'admin'],
  },
  token: {
    read: ['superuser', 'system auditor', 'owner', 'admin', 'auditor'],
    change: ['superuser', 'owner', 'admin'],
  },
  user: {
    read: ['superuser', 'system auditor', 'owner', 'admin'],
    change: ['superuser', 'owner'],
    create: ['superuser', 'admin'],
    delete: ['superuser'],
  },
  organization: {
    read: ['superuser', 'system auditor', 'admin', 'member', 'auditor'],
    change: ['superuser', 'admin'],
    create: ['superuser'],
    delete: ['superuser'],
  },
  /** Settings, events, refusals. */
  installation: {
    read: ['superuser', 'system auditor'],
    change: ['superuser'],
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, readonly Relation[]>>>>;

export type Kind = keyof typeof ACCESS;
export type Action<K extends Kind> = keyof (typeof ACCESS)[K];

/** What decides of an object; its organizations are those that it belongs to, or that it is. */
export type Target = { readonly owner?: number; readonly organizations?: readonly number[] };

const ROLES = { admin: 'adminOf', member: 'memberOf', auditor: 'auditorOf' } as const;
const isRole = (relation: Relation): relation is keyof typeof ROLES => Object.hasOwn(ROLES, relation);

const relationsFor = <K extends Kind>(kind: K, action: Action<K>): readonly Relation[] =>
  (ACCESS[kind] as Readonly<Record<PropertyKey, readonly Relation[]>>)[action] ?? [];

const isOfInstallation = (actor: Actor, relations: readonly Relation[]): boolean =>
  (actor.superuser && relations.includes('superuser')) || (actor.systemAuditor && relations.includes('system auditor'));

/** The organizations in which the actor has one of the roles. */
const organizationsOf = (actor: Actor, relations: readonly Relation[]): readonly number[] => [
  ...new Set(relations.filter(isRole).flatMap((role) => actor[ROLES[role]])),
];

/** Whether the actor may do this to that object. Nobody may without an actor. */
export const permits = <K extends Kind>(
  actor: Actor | undefined,
  action: Action<K>,
  kind: K,
  { owner, organizations = [] }: Target = {},
): boolean => {
  if (!actor) return false;
  const relations = relationsFor(kind, action);
  return (
    isOfInstallation(actor, relations) ||
    (relations.includes('owner') && owner === actor.user) ||
    organizationsOf(actor, relations).some((organization) => organizations.includes(organization))
  );
};

/**
 * The objects that the actor's lists show: those that it may read.
 * @param fields of the read model: the owner's number, and the organization's, or a filter for some organizations
 */
export const readable = (
  actor: Actor | undefined,
  kind: Kind,
  fields: { readonly owner?: string; readonly organization: string | ((organizations: readonly number[]) => Filter) },
): Filter => {
  if (!actor) return nothing;
  const relations = relationsFor(kind, 'read');
  if (isOfInstallation(actor, relations)) return everything;
  const organizations = organizationsOf(actor, relations);
  const { owner, organization } = fields;
  const any = [
    ...(owner !== undefined && relations.includes('owner') ? [equals(owner, actor.user)] : []),
    ...(organizations.length === 0 ? [] : [typeof organization === 'string' ? among(organization, organizations) : organization(organizations)]), // prettier-ignore
  ];
  return any.length === 1 ? (any[0] as Filter) : any.length === 0 ? nothing : { any };
};

const among = (field: string, values: readonly number[]): Filter =>
  values.length === 1 ? equals(field, values[0]) : oneOf(field, [...values]);
