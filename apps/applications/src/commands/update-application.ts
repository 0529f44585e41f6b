import { permits } from '@grantlog/access';
import {
  applicationStream,
  type ChangeableFields,
  type RegisteredApplication,
  SETTINGS_STREAM,
} from '@grantlog/applications-domain';
import {
  actsInPerson,
  type applications as wire,
  FORBIDDEN,
  invalidField,
  NOT_IN_PERSON,
  refused,
  toCause,
} from '@grantlog/contracts';
import type { Cause, Refusal } from '@grantlog/event-sourcing';
import { originProblem, registrationProblem } from '../registration-problem.ts';
import type { Deps } from '../service-deps.ts';
import { nameClaim } from '../streams.ts';
import { toApplication } from '../translate.ts';
import { nameTaken } from './register-application.ts';

const NOT_FOUND: Refusal = { error: 'not_found', description: 'No OAuth2Application matches the given query.' };

/** The application, if the actor may change it; what it may not see looks like what does not exist. */
export const changeable = async (
  { streams }: Deps,
  { id, actor }: Pick<wire.UpdateApplicationRequest, 'id' | 'actor'>,
): Promise<{ application: RegisteredApplication } | { refusal: Refusal }> => {
  const { state } = await streams.applications.load(applicationStream(id));
  if (state.status !== 'Registered' || !permits(actor, 'read', 'application', { organizations: [state.organization] }))
    return { refusal: NOT_FOUND };
  return permits(actor, 'change', 'application', { organizations: [state.organization] })
    ? { application: state }
    : { refusal: FORBIDDEN };
};

/** Changes the named fields only; two changes at once are both applied, in version order. */
export const updateApplication =
  (deps: Deps) =>
  async (request: wire.UpdateApplicationRequest): Promise<wire.UpdateApplicationResponse> => {
    const { streams } = deps;
    const found = await changeable(deps, request);
    if ('refusal' in found) return { result: refused(found.refusal) };
    // A client's redirect URIs decide who gets its users' codes.
    if (!actsInPerson(request.actor)) return { result: refused(NOT_IN_PERSON) };
    const changes = toChanges(request);
    const { organization = found.application.organization } = changes;
    if (!permits(request.actor, 'change', 'application', { organizations: [organization] }))
      return { result: refused(FORBIDDEN) };
    const { state: settings } = await streams.settings.load(SETTINGS_STREAM);
    const problem = registrationProblem({ ...found.application, ...changes }, settings);
    if (problem !== undefined) return { result: refused(invalidField('__all__', problem)) };
    const badOrigin = originProblem(changes.allowedOrigins ?? []);
    if (badOrigin !== undefined) return { result: refused(invalidField('allowed_origins', badOrigin)) };

    const cause = toCause(request.cause);
    const moved = organization !== found.application.organization;
    const change = (): Promise<Refusal | undefined> => changeNamed(deps, request, changes, cause);
    const refusal = moved ? await streams.endings.run(request.id, cause, change) : await change();
    if (moved) {
      const none = refusal ? organization : found.application.organization;
      await streams.intake.left(none, request.id, { cause, at: deps.clock.now() });
    }
    if (refusal) return { result: refused(refusal) };
    const { state, version } = await streams.applications.load(applicationStream(request.id));
    if (state.status !== 'Registered') return { result: refused(NOT_FOUND) };
    return { result: { $case: 'application', value: toApplication(request.id, state, version) } };
  };

/** Name and organization together are what is claimed. */
const changeNamed = (
  { streams, clock }: Deps,
  { id, actor }: wire.UpdateApplicationRequest,
  changes: Partial<ChangeableFields>,
  cause: Cause,
): Promise<Refusal | undefined> => {
  const prepare = async () => {
    const command = {
      type: 'ChangeApplication',
      changes,
      ...(actor?.superuser && { bySuperuser: true as const }),
    } as const;
    const prepared = await streams.applications.prepare(applicationStream(id), command, { cause, at: clock.now() });
    if (!prepared.commit) return prepared;
    const { state, commit } = prepared;
    if (state.status !== 'Registered') return { refusal: NOT_FOUND };
    // It may have moved since it was looked at.
    if (!permits(actor, 'change', 'application', { organizations: [state.organization] }))
      return { refusal: FORBIDDEN };
    if (changes.organization !== undefined && changes.organization !== state.organization) {
      const closed = await streams.intake.admit(changes.organization, id, { cause, at: clock.now() });
      if (closed) return { refusal: closed };
    }
    return {
      commit,
      from: nameClaim(state.organization, state.name),
      to: nameClaim(changes.organization ?? state.organization, changes.name ?? state.name),
    };
  };
  return streams.names.change(prepare, nameTaken(), cause);
};

const toChanges = (request: wire.UpdateApplicationRequest): Partial<ChangeableFields> => ({
  ...(request.name !== undefined && { name: request.name }),
  ...(request.description !== undefined && { description: request.description }),
  ...(request.organization !== undefined && { organization: request.organization }),
  ...(request.redirectUris && { redirectUris: request.redirectUris.values }),
  ...(request.allowedOrigins && { allowedOrigins: request.allowedOrigins.values }),
  ...(request.introspectionClients && { introspectionClients: request.introspectionClients.values }),
  ...(request.skipAuthorization !== undefined && { skipAuthorization: request.skipAuthorization }),
});
