import { applicationList } from '@grantlog/applications-read-models';
import type { applications as wire } from '@grantlog/contracts';
import { equals } from '@grantlog/event-sourcing';
import type { Deps } from '../service-deps.ts';

const PER_READ = 1000;

/** The origins that applications list for themselves, with whose they are. */
export const listAllowedOrigins =
  ({ documents }: Deps) =>
  async (): Promise<wire.ListAllowedOriginsResponse> => {
    const applications: wire.OriginsOfApplication[] = [];
    for (let offset = 0; ; offset += PER_READ) {
      const { documents: found } = await documents.find(applicationList, {
        where: equals('has_allowed_origins', true),
        orderBy: ['id'],
        offset,
        limit: PER_READ,
        count: false,
      });
      applications.push(...found.map(({ id, fields }) => ({ application: id, values: fields['allowed_origins'] as string[] }))); // prettier-ignore
      if (found.length < PER_READ) return { applications };
    }
  };
