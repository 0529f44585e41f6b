import { applicationStream, liveSecrets } from '@grantlog/applications-domain';
import type { applications as wire } from '@grantlog/contracts';
import type { Deps } from '../service-deps.ts';

/** What the uses of a secret are noted under: never anything of the secret itself. */
export const secretName = (application: number, version: number): string => `secret:${application}:${version}`;

/** The secrets of an application that are alive, newest first, each with its last use. */
export const getSecretUses =
  ({ streams, clock, lastUse }: Deps) =>
  async ({ id }: wire.GetSecretUsesRequest): Promise<wire.GetSecretUsesResponse> => {
    const { state } = await streams.applications.load(applicationStream(id));
    if (state.status !== 'Registered') return { secrets: [] };
    const secrets = liveSecrets(state, clock.now());
    const uses = await lastUse.of(secrets.map(({ version }) => secretName(id, version)));
    return {
      secrets: secrets.map(({ createdAt, expiresAt = '' }, i) => ({
        created: createdAt,
        expires: expiresAt,
        lastUsed: uses[i] ?? '',
      })),
    };
  };
