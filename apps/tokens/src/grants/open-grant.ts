import type { Cause, Folded, Refusal } from '@grantlog/event-sourcing';
import { type Grant, type GrantCommand, grantStream } from '@grantlog/grants-domain';
import type { Deps } from '../service-deps.ts';

const MOST_ATTEMPTS = 5;

/** Begins a new grant under a fresh number; one that was drawn twice takes another. */
export const openGrant = async (
  { streams }: Deps,
  command: GrantCommand,
  context: { cause: Cause; at: string },
): Promise<{ grant: number } & Folded<Grant> & { refusal?: Refusal | undefined }> => {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
    const grant = streams.newGrantNumber();
    const handled = await streams.grants.handle(grantStream(grant), command, { ...context, fresh: true });
    if (handled.refusal?.error !== 'taken') return { grant, ...handled };
  }
  throw new Error('no free grant number was drawn');
};
