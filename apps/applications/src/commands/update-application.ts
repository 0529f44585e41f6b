import { applicationStream, type ChangeableFields, type RegisteredApplication } from '@grantlog/applications-domain';
import { type applications as wire, FORBIDDEN, invalidField, refused, toCause } from '@grantlog/contracts';
import type { Cause, Refusal } from '@grantlog/event-sourcing';
import { originProblem, registrationProblem } from '../registration-problem.ts';
import { mayChange, mayRead } from '../rights.ts';
import { type Deps, SETTINGS } from '../service-deps.ts';
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
  if (state.status !== 'Registered' || !mayRead(actor, state.organization)) return { refusal: NOT_FOUND };
  return mayChange(actor, state.organization) ? { application: state } : { refusal: FORBIDDEN };
};

/** Changes the named fields only; two changes at once are both applied, in version order. */
export const updateApplication =
  (deps: Deps) =>
  async (request: wire.UpdateApplicationRequest): Promise<wire.UpdateApplicationResponse> => {
    const { streams } = deps;
    const found = await changeable(deps, request);
    if ('refusal' in found) return { result: refused(found.refusal) };
    const changes = toChanges(request);
    const { organization = found.application.organization } = changes;
    if (!mayChange(request.actor, organization)) return { result: refused(FORBIDDEN) };
    const { state: settings } = await streams.settings.load(SETTINGS);
    const problem = registrationProblem({ ...found.application, ...changes }, settings.HTTP_REDIRECT_URIS);
    if (problem !== undefined) return { result: refused(invalidField('__all__', problem)) };
    const badOrigin = originProblem(changes.allowedOrigins ?? []);
    if (badOrigin !== undefined) return { result: refused(invalidField('allowed_origins', badOrigin)) };

    const cause = toCause(request.cause);
    const moved = organization !== found.application.organization;
    const change = (): Promise<Refusal | undefined> => changeNamed(deps, request.id, changes, cause);
    const refusal = moved ? await streams.endings.run(request.id, cause, change) : await change();
    if (refusal) return { result: refused(refusal) };
    const { state, version } = await streams.applications.load(applicationStream(request.id));
    if (state.status !== 'Registered') return { result: refused(NOT_FOUND) };
    return { result: { $case: 'application', value: toApplication(request.id, state, version) } };
  };

/** Where the name or its organization changes, the new name is claimed first and the old one released last. */
const changeNamed = async (
  { streams, clock }: Deps,
  id: number,
  changes: Partial<ChangeableFields>,
  cause: Cause,
): Promise<Refusal | undefined> => {
  const stream = applicationStream(id);
  for (;;) {
    const prepared = await streams.applications.prepare(
      stream,
      { type: 'ChangeApplication', changes },
      { cause, at: clock.now() },
    );
    if (!prepared.commit || prepared.state.status !== 'Registered')
      return prepared.commit ? NOT_FOUND : prepared.refusal;
    const before = prepared.state;
    const oldName = nameClaim(before.organization, before.name);
    const newName = nameClaim(changes.organization ?? before.organization, changes.name ?? before.name);
    if (oldName === newName) {
      if (await streams.applications.complete(prepared.commit)) return undefined;
      continue;
    }
    const outcome = await streams.names.take(newName, prepared.commit, cause);
    if (outcome === 'taken') return nameTaken();
    if (outcome === 'outrun') continue;
    await streams.names.release(oldName, stream, cause);
    return undefined;
  }
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
