import { z } from 'zod';
import { actsInPerson, type applications as wire, type common, type tokens } from '@grantlog/contracts';
import { APPLICATION_GRANT_TYPES, CLIENT_TYPES } from '@grantlog/oauth';
import { LONGEST_CLIENT_ID } from '@grantlog/service-kit';
import type { Gateway } from '../gateway.ts';
import { answered } from '../http/answered.ts';
import { forbidden, fromRefusal, invalid, notFound } from '../http/api-error.ts';
import { choice, flag, id, ids, integer, name, parseFields, text, words } from '../http/fields.ts';
import type { Caller } from '../http/caller.ts';
import { type Filterable, pageOf } from '../http/listing.ts';
import type { Answer, Call, Endpoint, Methods } from './endpoint.ts';
import { listedAfterExpiryDays } from '../settings.ts';
import { commonFields, withBounds } from './field.ts';
import { listQuery } from './list-query.ts';
import { type Names, namesOf, userSummary } from './summaries.ts';

const always = { writable: 'always', filterable: true } as const;

export const MASK = '************';
const MODEL = 'OAuth2Application';

export const FILTERABLE: Filterable = {
  id: { field: 'id', kind: 'integer' },
  name: { field: 'name', kind: 'text' },
  description: { field: 'description', kind: 'text' },
  user: { field: 'user', kind: 'integer' },
  user__id: { field: 'user', kind: 'integer' },
  organization: { field: 'organization', kind: 'integer' },
  user__username: { field: 'user:username', kind: 'text' },
  organization__id: { field: 'organization', kind: 'integer' },
  organization__name: { field: 'organization:name', kind: 'text' },
  client_type: { field: 'client_type', kind: 'text' },
  authorization_grant_type: { field: 'authorization_grant_type', kind: 'text' },
  skip_authorization: { field: 'skip_authorization', kind: 'boolean' },
  created: { field: 'created', kind: 'time' },
  modified: { field: 'modified', kind: 'time' },
};

const changeable = {
  name: name(255),
  description: text(),
  organization: id,
  redirect_uris: words,
  allowed_origins: words,
  introspection_clients: ids,
  skip_authorization: flag,
};

export const ApplicationChanges = z.object(changeable).partial();
export const NewApplication = z.object({
  ...ApplicationChanges.shape,
  name: changeable.name,
  user: id.optional(),
  client_type: choice(CLIENT_TYPES),
  authorization_grant_type: choice(APPLICATION_GRANT_TYPES),
  imported_client_id: text(LONGEST_CLIENT_ID).optional(),
  imported_client_secret: text(255).optional(),
});

/** How an application describes itself. */
export const APPLICATION_FIELDS = withBounds(NewApplication, {
  ...commonFields('application'),
  name: { ...always, type: 'string', label: 'Name', help_text: 'Name of this application.', required: true },
  description: { ...always, type: 'string', label: 'Description', help_text: 'Optional description of this application.', default: '' },
  user: { type: 'id', label: 'User', help_text: 'Owner of this application; the caller by default.', writable: 'create', filterable: true },
  client_id: { type: 'string', label: 'Client id', help_text: 'Begins with the number of this application, unless it was imported.', filterable: false },
  imported_client_id: { writeOnly: true, type: 'string', label: 'Imported client id', help_text: 'The client id that the application had at another server. Only superusers give one.', writable: 'create', filterable: false },
  imported_client_secret: { writeOnly: true, type: 'string', label: 'Imported client secret', help_text: 'The client secret that it had there, for confidential applications; write-only. Only superusers give one.', writable: 'create', filterable: false },
  client_secret: { type: 'string', label: 'Client secret', help_text: 'Shown once, in the reply that creates or rotates it; absent for public applications.', filterable: false },
  client_type: { type: 'choice', label: 'Client type', help_text: 'Set to public or confidential depending on how secure the client device is.', writable: 'create', required: true, filterable: true, choices: [['confidential', 'Confidential'], ['public', 'Public']] },
  redirect_uris: { ...always, type: 'string', label: 'Redirect uris', help_text: 'Allowed URIs list, space separated', default: '', filterable: false },
  allowed_origins: { ...always, type: 'string', label: 'Allowed origins', help_text: 'Origins whose pages may read answers to this application, space separated', default: '', filterable: false },
  introspection_clients: { ...always, type: 'json', label: 'Introspection clients', help_text: "Numbers of applications that may introspect this one's tokens.", default: [], filterable: false },
  authorization_grant_type: { type: 'choice', label: 'Authorization grant type', help_text: 'The grant the user must use for acquire tokens for this application.', writable: 'create', required: true, filterable: true, choices: [['authorization-code', 'Authorization code'], ['password', 'Resource owner password-based'], ['client-credentials', 'Client credentials']] },
  skip_authorization: { ...always, type: 'boolean', label: 'Skip authorization', help_text: 'Set True to skip authorization step for completely trusted applications. Only superusers set it to True.', default: false },
  organization: { ...always, type: 'id', label: 'Organization', help_text: 'Organization containing this application.' },
}); // prettier-ignore

/** `/api/v2/applications/` and `/api/v2/users/N/applications/` */
export const applicationList = (gateway: Gateway): Methods => ({
  GET: (call) => listApplications(gateway, call),
  POST: async (call) => createApplication(gateway, call, await call.body()),
});

/** Registers an application; what a path fixes is in the body already. */
export const createApplication = async (
  gateway: Gateway,
  call: Call,
  body: Record<string, unknown>,
): Promise<Answer> => {
  const fields = parseFields(NewApplication, body);
  const owner = await ownerOf(gateway, call, fields.user);
  const organization = fields.organization ?? defaultOrganization(owner);
  const { result } = await gateway.applications.registerApplication({
    cause: call.cause,
    actor: call.caller.actor,
    name: fields.name,
    description: fields.description ?? '',
    user: owner.id,
    organization: await existing(gateway, call.caller.actor, organization),
    clientType: fields.client_type,
    authorizationGrantType: fields.authorization_grant_type,
    redirectUris: fields.redirect_uris ?? [],
    allowedOrigins: fields.allowed_origins ?? [],
    introspectionClients: fields.introspection_clients ?? [],
    skipAuthorization: fields.skip_authorization ?? false,
    ...(fields.imported_client_id !== undefined && { importedClientId: fields.imported_client_id }),
    ...(fields.imported_client_secret !== undefined && { importedClientSecret: fields.imported_client_secret }),
  });
  const { clientSecret, application: registered } = answered(result, 'registered', fromRefusal);
  const application = registered as wire.Application;
  call.wrote({ stream: `application-${application.id}`, version: application.version });
  return {
    status: 201,
    body: await represent(gateway, application, call.caller, clientSecret),
    headers: { location: `/api/v2/applications/${application.id}/` },
  };
};

/** `/api/v2/applications/N/` */
export const applicationDetail = (gateway: Gateway): Methods => ({
  GET: async (call) => {
    const application = await visible(gateway, call);
    const [shown, { secrets }] = await Promise.all([
      represent(gateway, application, call.caller),
      gateway.applications.getSecretUses({ id: application.id }),
    ]);
    return {
      body: {
        ...shown,
        client_secrets: secrets.map(({ created, expires, lastUsed }) => ({
          created,
          expires: expires || null,
          last_used: lastUsed || null,
        })),
      },
    };
  },
  PUT: change(gateway),
  PATCH: change(gateway),
  DELETE: async (call) => {
    const number = call.id;
    const { refusal, version } = await gateway.applications.deleteApplication({
      cause: call.cause,
      actor: call.caller.actor,
      id: number,
    });
    if (refusal && !(refusal.error === 'not_found' && (await isGone(gateway, number)))) throw fromRefusal(refusal);
    // Repeated, it finishes what a failure left.
    await gateway.accounts.deleteServiceIdentity({ cause: call.cause, application: number });
    if (refusal) throw fromRefusal(refusal);
    call.wrote({ stream: `application-${number}`, version });
    return { status: 204 };
  },
});

const LONGEST_OVERLAP_SECONDS = 31_536_000;
const isGone = async (gateway: Gateway, id: number): Promise<boolean> => {
  const { applications } = await gateway.applications.getApplications({ keys: [{ key: { $case: 'id', value: id } }] });
  return !applications[0]?.application;
};

export const RotateSecret = z.object({
  overlap_seconds: integer(0, LONGEST_OVERLAP_SECONDS).optional(),
});

/** `POST /api/v2/applications/N/rotate_secret/` */
export const rotateSecret = (gateway: Gateway): Methods => ({
  POST: async (call) => {
    const { overlap_seconds: overlapSeconds = 0 } = parseFields(RotateSecret, await call.body());
    const number = call.id;
    const { result } = await gateway.applications.rotateClientSecret({
      cause: call.cause,
      actor: call.caller.actor,
      id: number,
      overlapSeconds,
    });
    const { clientId, clientSecret, previousSecretExpires, version } = answered(result, 'rotated', fromRefusal);
    call.wrote({ stream: `application-${number}`, version });
    return {
      body: { client_id: clientId, client_secret: clientSecret, previous_secret_expires: previousSecretExpires },
    };
  },
});

/** `POST /api/v2/applications/N/revoke_tokens/`: every grant of the application is dead before the 204, by one event. */
export const revokeApplicationTokens = (gateway: Gateway): Methods => ({
  POST: async (call) => {
    const application = await visible(gateway, call);
    if (!mayChange(call.caller.actor, application)) throw forbidden();
    const { position } = await gateway.tokens.revokeAll({
      cause: call.cause,
      subject: { $case: 'application', value: application.id },
      because: 'requested',
      subjectVersion: 0,
    });
    call.wrote(position);
    return { status: 204 };
  },
});

const mayChange = (actor: common.Actor, { organization }: wire.Application): boolean =>
  actor.superuser || actor.adminOf.includes(organization);

const mayRead = (actor: common.Actor, application: wire.Application): boolean =>
  mayChange(actor, application) || actor.systemAuditor || actor.memberOf.includes(application.organization);

/** The application that the path names. @throws ApiError 404, also for one that the caller may not see */
export const visible = async (gateway: Gateway, call: Call): Promise<wire.Application> => {
  const value = call.id;
  const { applications } = await gateway.applications.getApplications({ keys: [{ key: { $case: 'id', value } }] });
  const application = applications[0]?.application;
  if (!application || !mayRead(call.caller.actor, application)) throw notFound(MODEL);
  return application;
};

export const listApplications = async (
  gateway: Gateway,
  call: Call,
  only: common.Condition[] = [],
): Promise<Answer> => {
  const { request, response, caller } = call;
  const listing = await listQuery(gateway, call, FILTERABLE, ['organization', 'name'], only);
  const { applications, outcome } = await gateway.applications.listApplications({
    actor: caller.actor,
    query: listing.query,
  });
  if (outcome?.stale) response.set('grantlog-stale', 'true');
  const related = await relatedOf(gateway, caller, applications);
  return { body: pageOf(request, listing, outcome, applications.map((application) => representWith(related, application, caller))) }; // prettier-ignore
};

const change =
  (gateway: Gateway): Endpoint =>
  async (call) => {
    const fields = parseFields(ApplicationChanges, await call.body());
    const number = call.id;
    const { actor } = call.caller;
    // What the caller may not see is not found, whatever is asked of it.
    if (fields.organization !== undefined) await visible(gateway, call);
    const { result } = await gateway.applications.updateApplication({
      cause: call.cause,
      actor,
      id: number,
      ...(fields.name !== undefined && { name: fields.name }),
      ...(fields.description !== undefined && { description: fields.description }),
      ...(fields.organization !== undefined && { organization: await existing(gateway, actor, fields.organization) }),
      ...(fields.redirect_uris && { redirectUris: { values: fields.redirect_uris } }),
      ...(fields.allowed_origins && { allowedOrigins: { values: fields.allowed_origins } }),
      ...(fields.introspection_clients && { introspectionClients: { values: fields.introspection_clients } }),
      ...(fields.skip_authorization !== undefined && { skipAuthorization: fields.skip_authorization }),
    });
    const application = answered(result, 'application', fromRefusal);
    call.wrote({ stream: `application-${number}`, version: application.version });
    return { body: await represent(gateway, application, call.caller) };
  };

type Owner = { readonly id: number; readonly memberOf: readonly number[] };

/** The owner: the caller, or whom a superuser or an admin of an organization of that user names. */
const ownerOf = async (gateway: Gateway, { caller }: Call, asked: number | undefined): Promise<Owner> => {
  const { actor, user } = caller;
  if (asked === undefined || asked === user.id) return user;
  const { users } = await gateway.accounts.getUsers({ keys: [{ key: { $case: 'id', value: asked } }] });
  const owner = users[0]?.user;
  if (actor.superuser) {
    if (!owner) throw invalid({ user: [`Invalid pk "${asked}" - object does not exist.`] });
    return owner;
  }
  if (!owner?.memberOf.some((organization) => actor.adminOf.includes(organization))) throw forbidden();
  return owner;
};

const BUILT_IN_ORGANIZATION = 1;

const defaultOrganization = ({ memberOf }: Owner): number =>
  memberOf.length === 1 ? (memberOf[0] as number) : BUILT_IN_ORGANIZATION;

/** An organization that the caller may name. What it does not administer is refused whether or not it exists. */
const existing = async (gateway: Gateway, actor: common.Actor, organization: number): Promise<number> => {
  if (!actor.superuser && !actor.adminOf.includes(organization)) throw forbidden();
  const { organizations } = await gateway.accounts.getOrganizations({ ids: [organization] });
  if (!organizations[0]?.organization)
    throw invalid({ organization: [`Invalid pk "${organization}" - object does not exist.`] });
  return organization;
};

type Related = Names & { readonly tokens: ReadonlyMap<number, tokens.TokensOfApplication> };

/** What `summary_fields` tell, each read once. */
const relatedOf = async (
  gateway: Gateway,
  { actor }: Caller,
  applications: readonly wire.Application[],
): Promise<Related> => {
  const days = listedAfterExpiryDays(gateway);
  const [names, { applications: summaries }] = await Promise.all([
    namesOf(gateway, {
      users: applications.map(({ user }) => user),
      organizations: applications.map(({ organization }) => organization),
    }),
    days.then((after) =>
      gateway.tokens.summarizeTokens({
        actor,
        applications: applications.map(({ id }) => id),
        listedAfterExpiryDays: after,
      }),
    ),
  ]);
  return { ...names, tokens: new Map(summaries.map((summary) => [summary.application, summary])) };
};

const represent = async (
  gateway: Gateway,
  application: wire.Application,
  caller: Caller,
  secret?: string,
): Promise<Record<string, unknown>> =>
  representWith(await relatedOf(gateway, caller, [application]), application, caller, secret);

const representWith = (
  related: Related,
  application: wire.Application,
  caller: Caller,
  secret?: string,
): Record<string, unknown> => {
  const url = `/api/v2/applications/${application.id}/`;
  const organization = related.organizations.get(application.organization);
  const may = caller.mayWrite && mayChange(caller.actor, application);
  const summary = related.tokens.get(application.id);
  return {
    id: application.id,
    type: 'o_auth2_application',
    url,
    related: {
      named_url: `/api/v2/applications/${encodeURIComponent(application.name)}++${encodeURIComponent(organization?.name ?? '')}/`,
      tokens: `${url}tokens/`,
      activity_stream: `${url}activity_stream/`,
      organization: `/api/v2/organizations/${application.organization}/`,
      user: `/api/v2/users/${application.user}/`,
    },
    summary_fields: {
      ...(organization && {
        organization: { id: organization.id, name: organization.name, description: organization.description },
      }),
      ...userSummary(related, application.user),
      user_capabilities: { edit: may && actsInPerson(caller.actor), delete: may },
      tokens: {
        count: summary?.count ?? 0,
        results: (summary?.newest ?? []).map(({ id, scope }) => ({ id, token: MASK, scope })),
      },
    },
    created: application.created,
    modified: application.modified,
    name: application.name,
    description: application.description,
    user: application.user,
    client_id: application.clientId,
    ...(application.clientType === 'confidential' && { client_secret: secret || MASK }),
    client_type: application.clientType,
    redirect_uris: application.redirectUris.join(' '),
    allowed_origins: application.allowedOrigins.join(' '),
    introspection_clients: application.introspectionClients,
    authorization_grant_type: application.authorizationGrantType,
    skip_authorization: application.skipAuthorization,
    organization: application.organization,
  };
};
