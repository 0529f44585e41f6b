import { permits } from '@grantlog/access';
import { z } from 'zod';
import { actsInPerson, type applications as wire, type common, type tokens } from '@grantlog/contracts';
import { APPLICATION_GRANT_TYPES, CLIENT_TYPES } from '@grantlog/oauth';
import { LONGEST_CLIENT_ID } from '@grantlog/service-kit';
import type { Gateway } from '../gateway.ts';
import { answered } from '../http/answered.ts';
import { forbidden, fromRefusal, invalid, notFound } from '../http/api-error.ts';
import { choice, flag, id, ids, integer, name, parseFields, text, words } from '../http/fields.ts';
import type { Caller } from '../http/caller.ts';
import type { Answer, Call, Endpoint, Methods } from './endpoint.ts';
import { listedAfterExpiryDays } from '../settings.ts';
import { answerPage } from './list-query.ts';
import { defineResource } from './resource.ts';
import { type Names, namesOf, organizationSummary, userSummary } from './summaries.ts';

export const MASK = '************';

type Related = Names & {
  readonly caller: Caller;
  readonly tokens: ReadonlyMap<number, tokens.TokensOfApplication>;
};

export const APPLICATION = defineResource<wire.Application, Related>()({
  type: 'o_auth2_application',
  model: 'OAuth2Application',
  collection: 'applications',
  word: 'application',
  searched: ['name', 'description'],
  order: ['organization', 'name'],
  // One application alone shows them.
  foreign: ['client_secrets'],
  related: ({ name, user, organization }, { organizations }, url) => ({
    named_url: `/api/v2/applications/${encodeURIComponent(name)}++${encodeURIComponent(organizations.get(organization)?.name ?? '')}/`,
    tokens: `${url}tokens/`,
    activity_stream: `${url}activity_stream/`,
    organization: `/api/v2/organizations/${organization}/`,
    user: `/api/v2/users/${user}/`,
  }),
  summary: (application, { caller, ...related }) => {
    const may = caller.mayWrite && permits(caller.actor, 'change', 'application', ofOrganization(application));
    const tokens = related.tokens.get(application.id);
    return {
      ...organizationSummary(related, application.organization),
      ...userSummary(related, application.user),
      user_capabilities: { edit: may && actsInPerson(caller.actor), delete: may },
      tokens: {
        count: tokens?.count ?? 0,
        results: (tokens?.newest ?? []).map(({ id, scope }) => ({ id, token: MASK, scope })),
      },
    };
  },
  fields: {
    name: {
      schema: name(255),
      required: true,
      filter: 'text',
      label: 'Name',
      help: 'Name of this application.',
    },
    description: {
      schema: text(),
      default: '',
      filter: 'text',
      label: 'Description',
      help: 'Optional description of this application.',
    },
    user: {
      schema: id,
      only: 'create',
      type: 'id',
      filter: 'integer',
      related: { username: 'text' },
      label: 'User',
      help: 'Owner of this application; the caller by default.',
    },
    client_id: {
      type: 'string',
      label: 'Client id',
      help: 'Begins with the number of this application, unless it was imported.',
    },
    imported_client_id: {
      schema: text(LONGEST_CLIENT_ID),
      only: 'create',
      hidden: true,
      label: 'Imported client id',
      help: 'The client id that the application had at another server. Only superusers give one.',
    },
    imported_client_secret: {
      schema: text(255),
      only: 'create',
      hidden: true,
      label: 'Imported client secret',
      help: 'The client secret that it had there, for confidential applications; write-only. Only superusers give one.',
    },
    client_secret: {
      type: 'string',
      read: ({ clientType }: wire.Application) => (clientType === 'confidential' ? MASK : undefined),
      label: 'Client secret',
      help: 'Shown once, in the reply that creates or rotates it; absent for public applications.',
    },
    client_type: {
      schema: choice(CLIENT_TYPES),
      only: 'create',
      required: true,
      filter: 'text',
      choices: { confidential: 'Confidential', public: 'Public' },
      label: 'Client type',
      help: 'Set to public or confidential depending on how secure the client device is.',
    },
    redirect_uris: {
      schema: words,
      default: '',
      read: ({ redirectUris }: wire.Application) => redirectUris.join(' '),
      label: 'Redirect uris',
      help: 'Allowed URIs list, space separated',
    },
    allowed_origins: {
      schema: words,
      default: '',
      read: ({ allowedOrigins }: wire.Application) => allowedOrigins.join(' '),
      label: 'Allowed origins',
      help: 'Origins whose pages may read answers to this application, space separated',
    },
    introspection_clients: {
      schema: ids,
      default: [],
      label: 'Introspection clients',
      help: "Numbers of applications that may introspect this one's tokens.",
    },
    authorization_grant_type: {
      schema: choice(APPLICATION_GRANT_TYPES),
      only: 'create',
      required: true,
      filter: 'text',
      choices: {
        'authorization-code': 'Authorization code',
        password: 'Resource owner password-based',
        'client-credentials': 'Client credentials',
      },
      label: 'Authorization grant type',
      help: 'The grant the user must use for acquire tokens for this application.',
    },
    skip_authorization: {
      schema: flag,
      default: false,
      filter: 'boolean',
      label: 'Skip authorization',
      help: 'Set True to skip authorization step for completely trusted applications. Only superusers set it to True.',
    },
    organization: {
      schema: id,
      type: 'id',
      filter: 'integer',
      related: { name: 'text' },
      label: 'Organization',
      help: 'Organization containing this application.',
    },
  },
});

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
  const fields = parseFields(APPLICATION.New, body);
  const { actor } = call.caller;
  const owner = await ownerOf(gateway, call, fields.user);
  const { result } = await gateway.applications.registerApplication({
    cause: call.cause,
    actor,
    ...APPLICATION.creation(fields),
    user: owner.id,
    organization: await existing(gateway, actor, fields.organization ?? defaultOrganization(owner)),
  });
  const { clientSecret, application: registered } = answered(result, 'registered', fromRefusal);
  const application = registered as wire.Application;
  call.wrote({ stream: `application-${application.id}`, version: application.version });
  return {
    status: 201,
    body: {
      ...(await represent(gateway, call.caller, application)),
      ...(clientSecret !== '' && { client_secret: clientSecret }),
    },
    headers: { location: APPLICATION.urlOf(application.id) },
  };
};

/** `/api/v2/applications/N/` */
export const applicationDetail = (gateway: Gateway): Methods => ({
  GET: async (call) => {
    const application = await visible(gateway, call);
    const [shown, { secrets }] = await Promise.all([
      represent(gateway, call.caller, application),
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
    const { refusal, position } = await gateway.applications.revokeApplicationTokens({
      cause: call.cause,
      actor: call.caller.actor,
      id: call.id,
    });
    if (refusal) throw fromRefusal(refusal);
    call.wrote(position);
    return { status: 204 };
  },
});

const ofOrganization = ({ organization }: Pick<wire.Application, 'organization'>) => ({
  organizations: [organization],
});

/** The application that the path names. @throws ApiError 404, also for one that the caller may not see */
export const visible = async (gateway: Gateway, call: Call): Promise<wire.Application> => {
  const value = call.id;
  const { applications } = await gateway.applications.getApplications({ keys: [{ key: { $case: 'id', value } }] });
  const application = applications[0]?.application;
  if (!application || !permits(call.caller.actor, 'read', 'application', ofOrganization(application)))
    throw notFound(APPLICATION.model);
  return application;
};

export const listApplications = async (
  gateway: Gateway,
  call: Call,
  only: common.Condition[] = [],
): Promise<Answer> => {
  const { caller } = call;
  return answerPage(gateway, call, APPLICATION, only, async (query) => {
    const { applications, outcome } = await gateway.applications.listApplications({ actor: caller.actor, query });
    const related = await relatedOf(gateway, caller, applications);
    return { outcome, results: applications.map((application) => APPLICATION.represent(application, related)) };
  });
};

const change =
  (gateway: Gateway): Endpoint =>
  async (call) => {
    const fields = parseFields(APPLICATION.Changes, await call.body());
    const { actor } = call.caller;
    if (fields.organization !== undefined) {
      // What the caller may not see is not found, whatever is asked of it.
      await visible(gateway, call);
      await existing(gateway, actor, fields.organization);
    }
    const { result } = await gateway.applications.updateApplication({
      cause: call.cause,
      actor,
      id: call.id,
      ...APPLICATION.changes(fields),
    });
    const application = answered(result, 'application', fromRefusal);
    call.wrote({ stream: `application-${call.id}`, version: application.version });
    return { body: await represent(gateway, call.caller, application) };
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
  if (!permits(actor, 'change', 'application', { organizations: [organization] })) throw forbidden();
  const { organizations } = await gateway.accounts.getOrganizations({ ids: [organization] });
  if (!organizations[0]?.organization)
    throw invalid({ organization: [`Invalid pk "${organization}" - object does not exist.`] });
  return organization;
};

/** What representations tell besides the applications, each read once. */
const relatedOf = async (
  gateway: Gateway,
  caller: Caller,
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
        actor: caller.actor,
        applications: applications.map(({ id }) => id),
        listedAfterExpiryDays: after,
      }),
    ),
  ]);
  return { ...names, caller, tokens: new Map(summaries.map((summary) => [summary.application, summary])) };
};

const represent = async (gateway: Gateway, caller: Caller, application: wire.Application) =>
  APPLICATION.represent(application, await relatedOf(gateway, caller, [application]));
