import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { type Api, apiClient, ApiFailure, type Connection } from '../api-client.ts';

const NaturalKey = z.looseObject({ name: z.string().optional(), username: z.string().optional() });
const Role = z.looseObject({
  name: z.string(),
  content_object: z.looseObject({ type: z.string().optional(), name: z.string().optional() }).nullish(),
});
/** What `awx export` writes, as far as it is taken. */
const Export = z.looseObject({
  organizations: z.array(z.looseObject({ name: z.string(), description: z.string().default('') })).default([]),
  users: z
    .array(
      z.looseObject({
        username: z.string(),
        first_name: z.string().default(''),
        last_name: z.string().default(''),
        email: z.string().default(''),
        is_superuser: z.boolean().default(false),
        is_system_auditor: z.boolean().default(false),
        is_active: z.boolean().default(true),
        related: z.looseObject({ roles: z.array(Role).default([]) }).optional(),
      }),
    )
    .default([]),
  applications: z
    .array(
      z.looseObject({
        name: z.string(),
        description: z.string().default(''),
        client_type: z.string(),
        authorization_grant_type: z.string(),
        redirect_uris: z.string().default(''),
        skip_authorization: z.boolean().default(false),
        organization: NaturalKey.nullish(),
        user: z.union([NaturalKey, z.number()]).nullish(),
      }),
    )
    .default([]),
});

type Outcome = 'created' | 'exists' | 'left out' | 'refused';
/** What became of one object, and what differs from the export, each with why. */
type Line = { readonly name: string; readonly outcome: Outcome; readonly notes: readonly string[] };
type Report = { readonly organizations: Line[]; readonly users: Line[]; readonly applications: Line[] };
type Secret = { readonly application: string; readonly client_id: string; readonly client_secret: string };

const COLLECTIONS = ['organizations', 'users', 'applications'] as const;
const BUILT_IN = 'Default';

/**
 * `grantlog import <file>`: takes organizations, users and applications from `awx export`. What is there already stays
 * as it is, so repeating it changes nothing. Secrets of new applications go to a file that only its owner can read.
 */
export const importExport = async (
  file: string,
  options: Connection & { readonly secrets: string; readonly json?: boolean },
): Promise<void> => {
  const parsed = Export.safeParse(readJson(file));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new ApiFailure(`${file} is not an export of AWX: ${issue?.path.join('.')}: ${issue?.message}`);
  }
  const api = apiClient(options);
  const secrets: Secret[] = [];
  const report: Report = { organizations: [], users: [], applications: [] };
  for (const one of parsed.data.organizations) report.organizations.push(await importOrganization(api, one));
  for (const one of parsed.data.users) report.users.push(await importUser(api, one));
  for (const one of parsed.data.applications) report.applications.push(await importApplication(api, one, secrets));
  if (secrets.length > 0) writeFileSync(options.secrets, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  if (options.json) console.log(JSON.stringify(report));
  else print(report, secrets.length > 0 ? options.secrets : undefined);
  if (COLLECTIONS.some((name) => report[name].some(({ outcome }) => outcome === 'refused'))) process.exitCode = 1;
};

const readJson = (file: string): unknown => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as unknown;
  } catch (error) {
    throw new ApiFailure(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
};

const find = async (api: Api, path: string): Promise<Record<string, unknown> | undefined> => {
  try {
    return await api('GET', path);
  } catch (error) {
    if (error instanceof ApiFailure && error.message.includes(': 404 ')) return undefined;
    throw error;
  }
};

/** Creates one object; a refusal of the installation is a line of the report, not the end. */
const create = async (
  name: string,
  notes: readonly string[],
  work: () => Promise<readonly string[]>,
): Promise<Line> => {
  try {
    return { name, outcome: 'created', notes: [...notes, ...(await work())] };
  } catch (error) {
    if (!(error instanceof ApiFailure)) throw error;
    return { name, outcome: 'refused', notes: [...notes, error.message] };
  }
};

const differences = (found: Record<string, unknown>, wanted: Record<string, unknown>): string[] =>
  Object.entries(wanted)
    .filter(([name, value]) => JSON.stringify(found[name]) !== JSON.stringify(value))
    .map(([name]) => `${name} differs and stays as it is here`);

const importOrganization = async (
  api: Api,
  { name, description }: z.infer<typeof Export>['organizations'][number],
): Promise<Line> => {
  const found = await find(api, `organizations/${encodeURIComponent(name)}/`);
  if (found) return { name, outcome: 'exists', notes: differences(found, { description }) };
  return create(name, [], async () => {
    await api('POST', 'organizations/', { name, description });
    return [];
  });
};

const ROLE_PATHS: Readonly<Record<string, string>> = { Member: 'users', Admin: 'admins', Auditor: 'auditors' };

const importUser = async (api: Api, user: z.infer<typeof Export>['users'][number]): Promise<Line> => {
  const { username, is_active: active, related, first_name, last_name, email, is_superuser, is_system_auditor } = user;
  if (username.startsWith('$'))
    return { name: username, outcome: 'left out', notes: ['a service identity, made by the installation itself'] };
  const profile = { first_name, last_name, email, is_superuser, is_system_auditor };
  const found = await find(api, `users/${encodeURIComponent(username)}/`);
  if (found) return { name: username, outcome: 'exists', notes: differences(found, { ...profile, is_active: active }) };
  return create(username, ['passwords are not exported: nobody knows the one that was made, set another'], async () => {
    const { id } = await api('POST', 'users/', {
      username,
      password: randomBytes(24).toString('base64url'),
      ...profile,
    });
    if (!active) await api('PATCH', `users/${String(id)}/`, { is_active: false });
    const notes: string[] = [];
    for (const { name, content_object: of } of related?.roles ?? []) {
      const path = ROLE_PATHS[name];
      if (path === undefined || of?.type !== 'organization' || of.name === undefined)
        notes.push(`the role ${name} of ${of?.type ?? 'nothing'} does not exist here`);
      else await api('POST', `organizations/${encodeURIComponent(of.name)}/${path}/`, { id });
    }
    return notes;
  });
};

const importApplication = async (
  api: Api,
  application: z.infer<typeof Export>['applications'][number],
  secrets: Secret[],
): Promise<Line> => {
  const { name, description, client_type, authorization_grant_type, redirect_uris, skip_authorization } = application;
  const organization = application.organization?.name ?? BUILT_IN;
  const owner = typeof application.user === 'object' ? application.user?.username : undefined;
  const fields = { description, redirect_uris, skip_authorization };
  const notes = [
    ...(application.organization?.name === undefined ? [`it named no organization: taken into ${BUILT_IN}`] : []),
    ...(skip_authorization && client_type === 'public'
      ? ['skip_authorization counts for confidential applications only']
      : []),
  ];
  const found = await find(api, `applications/${encodeURIComponent(name)}++${encodeURIComponent(organization)}/`);
  if (found) return { name, outcome: 'exists', notes: [...notes, ...differences(found, fields)] };
  return create(name, notes, async () => {
    const { id: organizationId } = await api('GET', `organizations/${encodeURIComponent(organization)}/`);
    const user = owner === undefined ? undefined : await find(api, `users/${encodeURIComponent(owner)}/`);
    const made = await api('POST', 'applications/', {
      name,
      client_type,
      authorization_grant_type,
      ...fields,
      organization: organizationId,
      ...(user && { user: user['id'] }),
    });
    if (typeof made['client_secret'] === 'string')
      secrets.push({ application: name, client_id: String(made['client_id']), client_secret: made['client_secret'] });
    return [
      'client_id and client_secret are new: AWX does not export them',
      ...(owner !== undefined && !user ? [`its owner ${owner} is not here: owned by who imported it`] : []),
    ];
  });
};

const print = (report: Report, secrets: string | undefined): void => {
  for (const collection of COLLECTIONS)
    for (const { name, outcome, notes } of report[collection]) {
      console.log(`${collection.slice(0, -1)} ${name}: ${outcome}`);
      for (const note of notes) console.log(`  ${note}`);
    }
  if (secrets !== undefined) console.log(`secrets of new applications: ${secrets} (readable by you only)`);
};
