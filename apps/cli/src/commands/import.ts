import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { writtenName } from '@grantlog/event-sourcing';
import { writeDurably } from '@grantlog/service-kit';
import { z } from 'zod';
import { type Api, apiClient, ApiFailure, type Connection } from '../api-client.ts';

const BUILT_IN = 'Default';
const READABLE_BY_OWNER = 0o600;
/** 128 characters: as many as the setting PASSWORD_MIN_LENGTH may ask for. */
const PASSWORD_BYTES = 96;

const NaturalKey = z.looseObject({ name: z.string().optional(), username: z.string().optional() });
const Role = z.looseObject({
  name: z.string(),
  content_object: z.looseObject({ type: z.string().optional(), name: z.string().optional() }).nullish(),
});
/** `awx export` writes null for what the user may not create. */
const listOf = <T extends z.ZodType>(item: T) =>
  z
    .array(item)
    .nullish()
    .transform((items) => items ?? []);
/** What `awx export` writes, as far as it is taken. */
const Export = z.looseObject({
  organizations: listOf(z.looseObject({ name: z.string(), description: z.string().default('') })),
  users: listOf(
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
  ),
  applications: listOf(
    z.looseObject({
      name: z.string(),
      description: z.string().default(''),
      client_type: z.string(),
      authorization_grant_type: z.string(),
      redirect_uris: z.string().default(''),
      allowed_origins: z.string().default(''),
      skip_authorization: z.boolean().default(false),
      organization: NaturalKey.nullish(),
      user: z.union([NaturalKey, z.number()]).nullish(),
    }),
  ),
});

/** Client ids and secrets, which `awx export` leaves out: a list of them, or what `awx applications list` writes. */
const Clients = z
  .union([z.array(z.unknown()), z.looseObject({ results: z.array(z.unknown()) }).transform(({ results }) => results)])
  .pipe(
    z.array(
      z
        .looseObject({
          name: z.string(),
          organization: z.unknown(),
          client_id: z.string(),
          client_secret: z.string().nullish(),
          summary_fields: z.looseObject({ organization: NaturalKey.optional() }).optional(),
        })
        .transform(
          ({ name, organization, client_id, client_secret, summary_fields: { organization: shown } = {} }) => ({
            name,
            organization: shown?.name ?? (typeof organization === 'string' ? organization : BUILT_IN),
            id: client_id,
            // Masked where AWX does not show it.
            secret: client_secret && !/^(\*+|\$encrypted\$)$/.test(client_secret) ? client_secret : undefined,
          }),
        ),
    ),
  );
type Clients = z.infer<typeof Clients>;

/** `incomplete`: it is there, but a role of it, or that it is disabled, was refused; importing again tries that again. */
type Outcome = 'created' | 'exists' | 'left out' | 'incomplete' | 'refused';
type Line = { readonly name: string; readonly outcome: Outcome; readonly notes: readonly string[] };
type Report = { readonly organizations: Line[]; readonly users: Line[]; readonly applications: Line[] };
type Target = {
  readonly api: Api;
  /** The number of each organization that was looked up. */
  readonly organizations: Map<string, number>;
};
type Secret = { readonly application: string; readonly client_id: string; readonly client_secret: string };

const COLLECTIONS = ['organizations', 'users', 'applications'] as const;

/**
 * `grantlog import <file>`: takes organizations, users and applications from `awx export`. What is there already stays
 * as it is, apart from roles: users get those that they lack. Applications keep the client ids and secrets that `--clients` names; secrets
 * that had to be made go to a file that only its owner can read.
 */
export const importExport = async (
  file: string,
  options: Connection & { readonly secrets: string; readonly clients?: string; readonly json?: boolean },
): Promise<void> => {
  const exported = readAs(Export, file, 'an export of AWX');
  if (COLLECTIONS.every((name) => exported[name].length === 0))
    throw new ApiFailure(`${file} has no ${COLLECTIONS.join(', no ')}: there is nothing to import`);
  const clients = options.clients === undefined ? [] : readAs(Clients, options.clients, 'a list of clients');
  const target: Target = { api: apiClient(options), organizations: new Map() };
  const keptBefore = existsSync(options.secrets)
    ? readAs(z.array(z.unknown()), options.secrets, 'a list of secrets')
    : [];
  const secrets: Secret[] = [];
  /** At once: it is shown this once, and the next application may fail. */
  const keep = (secret: Secret): void => {
    secrets.push(secret);
    writeDurably(options.secrets, `${JSON.stringify([...keptBefore, ...secrets], null, 2)}\n`, READABLE_BY_OWNER);
  };
  const report: Report = { organizations: [], users: [], applications: [] };
  for (const one of exported.organizations) report.organizations.push(await importOrganization(target, one));
  for (const one of exported.users) report.users.push(await importUser(target, one));
  for (const one of exported.applications)
    report.applications.push(await importApplication(target, one, clients, keep));
  if (options.json) console.log(JSON.stringify(report));
  else print(report, secrets.length > 0 ? options.secrets : undefined);
  if (COLLECTIONS.some((name) => report[name].some(({ outcome }) => outcome === 'refused' || outcome === 'incomplete')))
    process.exitCode = 1;
};

const readAs = <T extends z.ZodType>(schema: T, file: string, what: string): z.infer<T> => {
  const parsed = schema.safeParse(readJson(file));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new ApiFailure(`${file} is not ${what}: ${[...(issue?.path ?? []), issue?.message].join(': ')}`);
};

const readJson = (file: string): unknown => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as unknown;
  } catch (error) {
    throw new ApiFailure(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
};

type Found = Readonly<Record<string, unknown>> & { readonly id: number };

/** The object of exactly this name. A named URL would take digits for a number, and upper case for lower case. */
const find = async (api: Api, collection: string, filters: Record<string, string>): Promise<Found | undefined> => {
  const { results } = await api('GET', `${collection}/?${new URLSearchParams(filters).toString()}`);
  return (results as readonly Found[])[0];
};

const organizationNumber = async ({ api, organizations }: Target, name: string): Promise<number | undefined> => {
  const number = organizations.get(name) ?? (await find(api, 'organizations', { name: writtenName(name) }))?.id;
  if (number !== undefined) organizations.set(name, number);
  return number;
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
  { api, organizations }: Target,
  { name, description }: z.infer<typeof Export>['organizations'][number],
): Promise<Line> => {
  const found = await find(api, 'organizations', { name: writtenName(name) });
  if (found) return { name, outcome: 'exists', notes: differences(found, { description }) };
  return create(name, [], async () => {
    const { id } = await api('POST', 'organizations/', { name, description });
    organizations.set(name, id as number);
    return [];
  });
};

const ROLE_PATHS: Readonly<Record<string, string>> = { Member: 'users', Admin: 'admins', Auditor: 'auditors' };

const importUser = async (target: Target, user: z.infer<typeof Export>['users'][number]): Promise<Line> => {
  const { api } = target;
  const { username, is_active: active, related, first_name, last_name, email, is_superuser, is_system_auditor } = user;
  if (username.startsWith('$'))
    return { name: username, outcome: 'left out', notes: ['a service identity, made by the installation itself'] };
  const profile = { first_name, last_name, email, is_superuser, is_system_auditor };
  const found = await find(api, 'users', { username: writtenName(username) });
  let id = found?.id;
  const line: Line = found
    ? { name: username, outcome: 'exists', notes: differences(found, { ...profile, is_active: active }) }
    : await create(username, ['passwords are not exported: nobody knows the one that was made, set another'], async () => {
        const made = await api('POST', 'users/', { username, password: randomBytes(PASSWORD_BYTES).toString('base64url'), ...profile });
        id = made['id'] as number;
        return [];
      }); // prettier-ignore
  if (id === undefined) return line;
  const done: string[] = [];
  const refused: string[] = [];
  /** A refusal does not keep the rest from being tried. */
  const attempt = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof ApiFailure)) throw error;
      refused.push(`${what}: ${error.message}`);
    }
  };
  if (!found && !active) await attempt('is disabled', () => api('PATCH', `users/${String(id)}/`, { is_active: false }));
  const roles = related?.roles ?? [];
  await attempt('its roles', async () => {
    const held = roles.length > 0 ? await rolesOf(api, Number(id)) : new Set();
    for (const { name, content_object: of } of roles) {
      const path = ROLE_PATHS[name];
      const organization = of?.type === 'organization' ? of.name : undefined;
      if (path === undefined || organization === undefined)
        done.push(`the role ${name} of ${of?.type ?? 'nothing'} does not exist here`);
      else
        await attempt(`${name} of organization ${organization}`, async () => {
          const number = await organizationNumber(target, organization);
          if (number === undefined) throw new ApiFailure('there is no such organization');
          if (held.has(`${name} ${number}`)) return;
          await api('POST', `organizations/${number}/${path}/`, { id });
          done.push(`is now ${name} of organization ${organization}`);
        });
    }
  });
  return {
    name: username,
    outcome: refused.length > 0 ? 'incomplete' : line.outcome,
    notes: [...line.notes, ...done, ...refused],
  };
};

const rolesOf = async (api: Api, user: number): Promise<ReadonlySet<unknown>> => {
  const { results } = await api('GET', `users/${user}/roles/`);
  const roles = results as readonly { name: string; summary_fields: { resource_id: number } }[];
  return new Set(roles.map(({ name, summary_fields: { resource_id } }) => `${name} ${resource_id}`));
};

const importApplication = async (
  target: Target,
  application: z.infer<typeof Export>['applications'][number],
  clients: Clients,
  keep: (secret: Secret) => void,
): Promise<Line> => {
  const { api } = target;
  const { name, description, client_type, authorization_grant_type, redirect_uris, allowed_origins, skip_authorization } = application; // prettier-ignore
  const organization = application.organization?.name ?? BUILT_IN;
  const owner = typeof application.user === 'object' ? application.user?.username : undefined;
  const client = clients.find((one) => one.name === name && one.organization === organization);
  const fields = { description, redirect_uris, allowed_origins, skip_authorization };
  const notes = [
    ...(application.organization?.name === undefined ? [`it named no organization: taken into ${BUILT_IN}`] : []),
    ...(skip_authorization && client_type === 'public'
      ? ['skip_authorization counts for confidential applications only']
      : []),
  ];
  const number = await organizationNumber(target, organization);
  if (number === undefined)
    return { name, outcome: 'refused', notes: [...notes, `there is no organization ${organization}`] };
  const found = await find(api, 'applications', { name: writtenName(name), organization: String(number) });
  if (found)
    return {
      name,
      outcome: 'exists',
      notes: [
        ...notes,
        ...differences(found, { ...fields, ...(client && { client_id: client.id }) }),
        ...(client?.secret === undefined ? [] : ['its client_secret stays as it is here, whatever --clients says']),
      ],
    };
  return create(name, notes, async () => {
    const user = owner === undefined ? undefined : await find(api, 'users', { username: writtenName(owner) });
    const made = await api('POST', 'applications/', {
      name,
      client_type,
      authorization_grant_type,
      ...fields,
      organization: number,
      ...(user && { user: user.id }),
      ...(client && { imported_client_id: client.id }),
      ...(client?.secret !== undefined && { imported_client_secret: client.secret }),
    });
    const secret = client?.secret === undefined ? made['client_secret'] : undefined;
    if (typeof secret === 'string')
      keep({ application: name, client_id: String(made['client_id']), client_secret: secret });
    return [
      ...(client ? [] : ['the client_id is new: --clients did not name the one it had']),
      ...(typeof secret === 'string' ? ['the client_secret is new: --clients did not name the one it had'] : []),
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
