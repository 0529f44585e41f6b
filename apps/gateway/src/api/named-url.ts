import { notFound } from '../http/api-error.ts';
import type { Gateway } from '../gateway.ts';

const DIGITS = /^\d{1,16}$/;

/**
 * The number of the object that a path names. Digits are always a number; a user may be named by its username, an
 * organization by its name, an application by `<name>++<organization's name>`.
 * @throws ApiError 404 naming the model
 */
export const numberInPath = async (gateway: Gateway, path: string, given: unknown): Promise<number> => {
  if (typeof given !== 'string') return 0;
  const [, collection = ''] = /^\/api\/v2\/([a-z_]+)\//.exec(path) ?? [];
  const model = MODELS[collection] ?? 'object';
  if (DIGITS.test(given)) {
    const number = Number(given);
    if (Number.isSafeInteger(number)) return number;
    throw notFound(model);
  }
  const number = await RESOLVERS[collection]?.(gateway, given);
  if (!number) throw notFound(model);
  return number;
};

const MODELS: Readonly<Record<string, string>> = {
  applications: 'OAuth2Application',
  tokens: 'OAuth2AccessToken',
  users: 'User',
  organizations: 'Organization',
  activity_stream: 'ActivityStream',
};

type Resolver = (gateway: Gateway, name: string) => Promise<number | undefined>;

const organizationByName: Resolver = async ({ accounts }, name) => (await accounts.findOrganization({ name })).id;

const RESOLVERS: Readonly<Record<string, Resolver>> = {
  organizations: organizationByName,
  users: async ({ accounts }, value) =>
    (await accounts.getUsers({ keys: [{ key: { $case: 'username', value } }] })).users[0]?.user?.id,
  applications: async (gateway, text) => {
    const at = text.lastIndexOf('++');
    if (at < 0) return undefined;
    const organization = await organizationByName(gateway, text.slice(at + 2));
    if (!organization) return undefined;
    return (await gateway.applications.findApplication({ name: text.slice(0, at), organization })).id;
  },
};
