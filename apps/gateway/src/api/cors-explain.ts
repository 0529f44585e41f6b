import { permits } from '@grantlog/access';
import { z } from 'zod';
import { explain } from '@grantlog/origins';
import { LONGEST_CLIENT_ID } from '@grantlog/service-kit';
import type { Gateway } from '../gateway.ts';
import { forbidden } from '../http/api-error.ts';
import { parseFields, text } from '../http/fields.ts';
import type { Methods } from './endpoint.ts';

export const CorsQuestion = z.object({
  origin: text(400),
  method: text(20)
    .transform((method) => method.toUpperCase())
    .default('GET'),
  path: text(2000)
    .refine((path) => path.startsWith('/'), 'Enter a path that begins with "/".')
    .default('/api/o/token/'),
  headers: z
    .array(
      text(100).transform((name) => name.toLowerCase()),
      'Expected a list of header names.',
    )
    .max(100, 'Expected at most 100 header names.')
    .default([]),
  client_id: text(LONGEST_CLIENT_ID).optional(),
});

/** `POST /api/v2/cors/explain/`: whether a page may read an answer, by which entry of which source, and what is missing. */
export const corsExplain = (gateway: Gateway): Methods => ({
  POST: async (call) => {
    if (!permits(call.caller.actor, 'read', 'installation')) throw forbidden();
    const { client_id: clientId, ...question } = parseFields(CorsQuestion, await call.body());
    const [sources, application] = await Promise.all([gateway.cors.sources(), numberOf(gateway, clientId)]);
    const known = application !== undefined;
    const { missing, ...rest } = explain(sources, { ...question, ...(known && { application }) });
    const unknown = clientId !== undefined && !known ? [`an application with the client_id "${clientId}"`] : [];
    return { body: { ...rest, missing: [...unknown, ...missing] } };
  },
});

const numberOf = async ({ applications }: Gateway, clientId: string | undefined): Promise<number | undefined> => {
  if (clientId === undefined) return undefined;
  const { applications: found } = await applications.getApplications({
    keys: [{ key: { $case: 'clientId', value: clientId } }],
  });
  return found[0]?.application?.id;
};
