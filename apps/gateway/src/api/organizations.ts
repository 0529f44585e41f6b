import { permits } from '@grantlog/access';
import { z } from 'zod';
import type { accounts as wire } from '@grantlog/contracts';
import type { Gateway } from '../gateway.ts';
import { answered } from '../http/answered.ts';
import { forbidden, fromRefusal, notFound } from '../http/api-error.ts';
import type { Caller } from '../http/caller.ts';
import { flag, id, name, parseFields, text } from '../http/fields.ts';
import { exactly } from '../http/listing.ts';
import { createApplication, listApplications } from './applications.ts';
import type { Answer, Call, Endpoint, Methods } from './endpoint.ts';
import { answerPage } from './list-query.ts';
import { defineResource } from './resource.ts';
import { createUser, listUsers, visibleUser } from './users.ts';

const BUILT_IN = 1;
const RELATED = ['users', 'admins', 'auditors', 'applications', 'object_roles', 'activity_stream'];
const Membership = z.object({ id, disassociate: flag.optional() });

export const ORGANIZATION = defineResource<wire.Organization, Caller>()({
  type: 'organization',
  model: 'Organization',
  collection: 'organizations',
  word: 'organization',
  searched: ['name', 'description'],
  order: ['name'],
  foreign: ['max_hosts', 'custom_virtualenv', 'default_environment'],
  related: (_organization, _caller, url) => Object.fromEntries(RELATED.map((one) => [one, `${url}${one}/`])),
  summary: ({ id: organization }, { actor, mayWrite }) => ({
    user_capabilities: {
      edit: mayWrite && permits(actor, 'change', 'organization', { organizations: [organization] }),
      delete: mayWrite && permits(actor, 'delete', 'organization') && organization !== BUILT_IN,
    },
  }),
  fields: {
    name: {
      schema: name(512),
      required: true,
      filter: 'text',
      label: 'Name',
      help: 'Name of this organization.',
    },
    description: {
      schema: text(),
      default: '',
      filter: 'text',
      label: 'Description',
      help: 'Optional description of this organization.',
    },
  },
});

/** `/api/v2/organizations/` */
export const organizationList = (gateway: Gateway): Methods => ({
  GET: (call) => listOrganizations(gateway, call, 0),
  POST: async (call) => {
    const fields = parseFields(ORGANIZATION.New, await call.body());
    const { result } = await gateway.accounts.createOrganization({
      cause: call.cause,
      actor: call.caller.actor,
      ...ORGANIZATION.creation(fields),
    });
    const organization = answered(result, 'organization', fromRefusal);
    call.wrote({ stream: `organization-${organization.id}`, version: organization.version });
    return {
      status: 201,
      body: ORGANIZATION.represent(organization, call.caller),
      headers: { location: ORGANIZATION.urlOf(organization.id) },
    };
  },
});

/** `/api/v2/organizations/N/` */
export const organizationDetail = (gateway: Gateway): Methods => ({
  GET: async (call) => ({ body: ORGANIZATION.represent(await visibleOrganization(gateway, call), call.caller) }),
  PUT: change(gateway),
  PATCH: change(gateway),
  DELETE: async (call) => {
    const organization = await visibleOrganization(gateway, call);
    if (!permits(call.caller.actor, 'delete', 'organization')) throw forbidden();
    if (organization.id !== BUILT_IN) {
      // Its applications would be left without anybody who administers them.
      const closed = await gateway.applications.closeOrganization({ cause: call.cause, actor: call.caller.actor, id: organization.id }); // prettier-ignore
      if (closed.refusal) throw fromRefusal(closed.refusal);
    }
    const { refusal, version } = await gateway.accounts.deleteOrganization({
      cause: call.cause,
      actor: call.caller.actor,
      id: organization.id,
    });
    if (refusal) throw fromRefusal(refusal);
    call.wrote({ stream: `organization-${organization.id}`, version });
    return { status: 204 };
  },
});

const change =
  (gateway: Gateway): Endpoint =>
  async (call) => {
    const fields = parseFields(ORGANIZATION.Changes, await call.body());
    const { result } = await gateway.accounts.updateOrganization({
      cause: call.cause,
      actor: call.caller.actor,
      id: call.id,
      ...ORGANIZATION.changes(fields),
    });
    const organization = answered(result, 'organization', fromRefusal);
    call.wrote({ stream: `organization-${call.id}`, version: organization.version });
    return { body: ORGANIZATION.represent(organization, call.caller) };
  };

/** Whether the caller may see this organization: one's own, or all. */
export const maySee = ({ actor }: Caller, id: number): boolean =>
  permits(actor, 'read', 'organization', { organizations: [id] });

/** The organization that the path names. @throws ApiError 404, also for one that the caller may not see */
export const visibleOrganization = async (gateway: Gateway, { id, caller }: Call): Promise<wire.Organization> => {
  const { organizations } = await gateway.accounts.getOrganizations({ ids: [id] });
  const organization = organizations[0]?.organization;
  if (!organization || !maySee(caller, id)) throw notFound(ORGANIZATION.model);
  return organization;
};

/** A page of organizations; of those in which a user has a role, where one is given. */
const listOrganizations = async (gateway: Gateway, call: Call, user: number): Promise<Answer> => {
  const { caller } = call;
  return answerPage(gateway, call, ORGANIZATION, [], async (query) => {
    const { organizations, outcome } = await gateway.accounts.listOrganizations({ actor: caller.actor, query, user });
    return { outcome, results: organizations.map((one) => ORGANIZATION.represent(one, caller)) };
  });
};

/** `/api/v2/users/N/organizations/`: those in which N has a role. */
export const userOrganizations = (gateway: Gateway): Methods => ({
  GET: async (call) => listOrganizations(gateway, call, (await visibleUser(gateway, call)).id),
});

/** `/api/v2/organizations/N/applications/` */
export const organizationApplications = (gateway: Gateway): Methods => ({
  GET: async (call) => {
    const { id } = await visibleOrganization(gateway, call);
    return listApplications(gateway, call, [exactly('organization', id)]);
  },
  POST: async (call) => {
    const { id } = await visibleOrganization(gateway, call);
    return createApplication(gateway, call, { ...(await call.body()), organization: id });
  },
});

/**
 * `/api/v2/organizations/N/{users,admins,auditors}/`: who has the role; POST gives it to a user by `id`, or takes it
 * with `disassociate`. Without either, `users/` creates a member.
 */
export const organizationRole = (gateway: Gateway, role: 'member' | 'admin' | 'auditor'): Methods => ({
  GET: async (call) => {
    const { id: organization } = await visibleOrganization(gateway, call);
    return listUsers(gateway, call, { organization, role });
  },
  POST: async (call) => {
    const { id: organization } = await visibleOrganization(gateway, call);
    const body = await call.body();
    const attaches = Object.hasOwn(body, 'id') || Object.hasOwn(body, 'disassociate');
    if (role === 'member' && !attaches) return createUser(gateway, call, body, organization);
    const { id: user, disassociate = false } = parseFields(Membership, body);
    const { refusal, version } = await gateway.accounts.changeMembership({
      cause: call.cause,
      actor: call.caller.actor,
      user,
      organization,
      role,
      remove: disassociate,
    });
    if (refusal) throw fromRefusal(refusal);
    call.wrote({ stream: `user-${user}`, version });
    return { status: 204 };
  },
});
