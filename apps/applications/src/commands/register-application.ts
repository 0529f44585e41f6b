import { permits } from '@grantlog/access';
import { randomUUID } from 'node:crypto';
import { applicationStream, SETTINGS_STREAM } from '@grantlog/applications-domain';
import {
  actsInPerson,
  type applications as wire,
  FORBIDDEN,
  invalidField,
  NOT_IN_PERSON,
  refused,
  toCause,
} from '@grantlog/contracts';
import { digestOf, newClientId, newClientSecret } from '@grantlog/oauth';
import { applicationByClientId, clientIdClaim, clientIdTaken, importProblem } from '../imported-client.ts';
import { originProblem, registrationProblem } from '../registration-problem.ts';
import type { Deps } from '../service-deps.ts';
import { nameClaim, NUMBERS_STREAM } from '../streams.ts';
import { toApplication } from '../translate.ts';

/**
 * Registers a client. Its number comes first, then its place in the organization, the claims on an imported client id and
 * on its name, and its own first commit. Only a superuser lets a client keep the id and the secret that it has from
 * another server.
 * @returns the application and, for a confidential one, its secret in clear, this once; or a refusal
 */
export const registerApplication =
  ({ streams, clock }: Deps) =>
  async (request: wire.RegisterApplicationRequest): Promise<wire.RegisterApplicationResponse> => {
    const { actor, organization, name } = request;
    if (!permits(actor, 'change', 'application', { organizations: [organization] }))
      return { result: refused(FORBIDDEN) };
    // The reply has a secret.
    if (!actsInPerson(actor)) return { result: refused(NOT_IN_PERSON) };
    const { state: settings } = await streams.settings.load(SETTINGS_STREAM);
    const problem = registrationProblem(request, settings);
    if (problem !== undefined) return { result: refused(invalidField('__all__', problem)) };
    const badOrigin = originProblem(request.allowedOrigins);
    if (badOrigin !== undefined) return { result: refused(invalidField('allowed_origins', badOrigin)) };

    const { importedClientId, importedClientSecret } = request;
    const isImport = importedClientId !== undefined || importedClientSecret !== undefined;
    if (isImport && !actor?.superuser) return { result: refused(FORBIDDEN) };
    const badImport = importProblem(request);
    if (badImport) return { result: refused(badImport) };
    if (importedClientId !== undefined && (await applicationByClientId(streams, importedClientId)))
      return { result: refused(clientIdTaken()) };

    const cause = toCause(request.cause);
    const at = clock.now();
    for (;;) {
      const { version: id } = await streams.numbers.handle(NUMBERS_STREAM, null, { cause, at });
      const secret = request.clientType === 'confidential' ? (importedClientSecret ?? newClientSecret()) : '';
      const prepared = await streams.applications.prepare(
        applicationStream(id),
        {
          type: 'RegisterApplication',
          fields: {
            clientId: importedClientId ?? newClientId(id),
            name,
            description: request.description,
            user: request.user,
            organization,
            clientType: request.clientType,
            authorizationGrantType: request.authorizationGrantType,
            redirectUris: request.redirectUris,
            allowedOrigins: request.allowedOrigins,
            introspectionClients: request.introspectionClients,
            skipAuthorization: request.skipAuthorization,
          },
          ...(actor.superuser && { bySuperuser: true }),
          ...(secret !== '' && { secretDigest: digestOf('client', secret) }),
        },
        { cause, at, commitId: randomUUID() },
      );
      if (!prepared.commit) {
        if (!prepared.refusal || prepared.refusal.error === 'taken')
          throw new Error(`application number ${id} is in use`);
        return { result: refused(prepared.refusal) };
      }
      // After the commit is made: who closes the organization takes the version that it is for.
      const closed = await streams.intake.admit(organization, id, { cause, at });
      if (closed) return { result: refused(closed) };
      const { commit } = prepared;
      const byId = importedClientId !== undefined ? await streams.clientIds.take(clientIdClaim(importedClientId), commit, cause) : 'outrun'; // prettier-ignore
      const outcome = byId === 'outrun' ? await streams.names.take(nameClaim(organization, name), commit, cause) : byId;
      if (outcome === 'outrun') continue; // Kept out by the organization's end, which asks anew.
      // Who met the claim on the client id meanwhile may have finished this registration: then it stands.
      if (outcome === 'taken' && (await streams.intake.left(organization, id, { cause, at }))) {
        if (importedClientId !== undefined)
          await streams.clientIds.release(clientIdClaim(importedClientId), commit.stream, cause);
        return { result: refused(byId === 'taken' ? clientIdTaken() : nameTaken()) };
      }
      const { state, version } = await streams.applications.load(applicationStream(id));
      if (state.status !== 'Registered') throw new Error(`application ${id} was not registered`);
      return {
        result: {
          $case: 'registered',
          value: { application: toApplication(id, state, version), clientSecret: secret },
        },
      };
    }
  };

export const nameTaken = () => invalidField('__all__', 'Application with this Name and Organization already exists.');
