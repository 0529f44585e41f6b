import { type Application, applicationStream, type RegisteredApplication } from '@grantlog/applications-domain';
import { invalidField } from '@grantlog/contracts';
import { claimStream, numberedStream, type Refusal, type Version } from '@grantlog/event-sourcing';
import { applicationOfClientId } from '@grantlog/oauth';
import type { ApplicationStreams } from './streams.ts';

/** What needs no escaping, neither in a URL nor in Basic, where a colon ends it (RFC 7617 section 2). */
const IMPORTED_ID = /^[\w.~-]{8,100}$/;
/** No space and no control; not shorter than what another server would draw. */
const IMPORTED_SECRET = /^[\x21-\x7e]{32,255}$/;

type Imported = {
  readonly clientType: string;
  readonly importedClientId?: string | undefined;
  readonly importedClientSecret?: string | undefined;
};

/** Why a client cannot keep this id or secret; undefined when it can. */
export const importProblem = ({
  clientType,
  importedClientId,
  importedClientSecret,
}: Imported): Refusal | undefined => {
  if (importedClientId !== undefined && !IMPORTED_ID.test(importedClientId))
    return invalidField('imported_client_id', 'Enter 8 to 100 letters, digits, or any of . _ ~ -');
  if (importedClientSecret === undefined) return undefined;
  if (clientType !== 'confidential')
    return invalidField('imported_client_secret', 'A public application has no client secret.');
  return IMPORTED_SECRET.test(importedClientSecret)
    ? undefined
    : invalidField('imported_client_secret', 'Enter 32 to 255 printable ASCII characters without spaces.');
};

export const clientIdTaken = () => invalidField('imported_client_id', 'Another application has this client id.');

/** The claim on a client id that another server gave. */
export const clientIdClaim = (clientId: string): string => claimStream('application-client-id', clientId);

export const holdsClientId = (application: Application, claim: string): boolean =>
  application.status === 'Registered' && clientIdClaim(application.clientId) === claim;

type Found = { readonly id: number; readonly state: RegisteredApplication; readonly version: Version };

/** The application with a client id: its own, which begins with its number, or an imported one, through its claim. */
export const applicationByClientId = async (
  { applications, claims }: Pick<ApplicationStreams, 'applications' | 'claims'>,
  clientId: string,
): Promise<Found | undefined> => {
  const find = async (id: number | undefined): Promise<Found | undefined> => {
    if (id === undefined) return undefined;
    const { state, version } = await applications.load(applicationStream(id));
    return state.status === 'Registered' && state.clientId === clientId ? { id, state, version } : undefined;
  };
  const own = await find(applicationOfClientId(clientId));
  if (own || !IMPORTED_ID.test(clientId)) return own;
  const { state: claim } = await claims.load(clientIdClaim(clientId));
  return claim.status === 'Claimed' ? find(numberedStream(claim.holder)?.number) : undefined;
};
