import type { common } from '@grantlog/contracts';
import { combinationProblem, lintPattern } from '@grantlog/origins';
import type { Gateway } from '../gateway.ts';
import { ApiError, forbidden, fromRefusal, invalid } from '../http/api-error.ts';
import type { Call, Endpoint, Methods } from './endpoint.ts';

/** The three that AWX keeps together in one object. */
const PROVIDER_KEYS = [
  'ACCESS_TOKEN_EXPIRE_SECONDS',
  'AUTHORIZATION_CODE_EXPIRE_SECONDS',
  'REFRESH_TOKEN_EXPIRE_SECONDS',
];
const CATEGORIES = ['all', 'authentication', 'cors'] as const;
type Category = (typeof CATEGORIES)[number];
type Values = Readonly<Record<string, unknown>>;

/** `/api/v2/settings/` */
export const settingsRoot = (): Methods => ({
  GET: ({ caller }) => {
    if (!caller.actor.superuser && !caller.actor.systemAuditor) throw forbidden();
    const results = CATEGORIES.map((slug) => ({ url: `/api/v2/settings/${slug}/`, slug, name: slug }));
    return Promise.resolve({ body: { count: results.length, next: null, previous: null, results } });
  },
});

/** `/api/v2/settings/<category>/`: superusers change, system auditors read. A change holds from the next request on. */
export const settingsDetail = (gateway: Gateway): Methods => ({
  GET: async (call) => {
    const category = categoryOf(call);
    const { settings } = await gateway.applications.getSettings({});
    return { body: show(JSON.parse(settings?.values ?? '{}') as Values, category) };
  },
  PUT: change(gateway),
  PATCH: change(gateway),
  DELETE: async (call) => {
    const category = categoryOf(call);
    const { settings } = await gateway.applications.getSettings({});
    const names = Object.keys(JSON.parse(settings?.values ?? '{}') as Values).filter((name) => isIn(category, name));
    await apply(gateway, call, Object.fromEntries(names.map((name) => [name, null])));
    return { status: 204 };
  },
});

const change =
  (gateway: Gateway): Endpoint =>
  async (call) => {
    const category = categoryOf(call);
    const { OAUTH2_PROVIDER: provider, ...others } = underNewNames(await call.body());
    const changes: Values = {
      ...Object.fromEntries(
        Object.entries(others).filter(([name]) => isIn(category, name) && !PROVIDER_KEYS.includes(name)),
      ),
      ...(provider !== undefined && isIn(category, 'OAUTH2_PROVIDER') && providerChanges(provider)),
    };
    refuseWithFiles(gateway, changes);
    const values = await apply(gateway, call, changes);
    const warnings = warningsOf(changes);
    return { body: { ...show(values, category), ...(warnings.length > 0 && { warnings }) } };
  };

/** Older names of django-cors-headers; where both are given the newer one counts. */
const ALIASES: Readonly<Record<string, string>> = {
  CORS_ORIGIN_ALLOW_ALL: 'CORS_ALLOW_ALL_ORIGINS',
  CORS_ORIGIN_WHITELIST: 'CORS_ALLOWED_ORIGINS',
  CORS_ORIGIN_REGEX_WHITELIST: 'CORS_ALLOWED_ORIGIN_REGEXES',
};

const underNewNames = (body: Values): Values => ({
  ...Object.fromEntries(
    Object.entries(ALIASES).flatMap(([alias, name]) => (Object.hasOwn(body, alias) ? [[name, body[alias]]] : [])),
  ),
  ...body,
});

/** Files have the last word on allow-all and credentials, so a change is judged together with them. */
const refuseWithFiles = ({ confFiles }: Gateway, changes: Values): void => {
  const problem = combinationProblem(Object.assign({}, changes, ...confFiles().map(({ rules }) => rules)) as object);
  if (problem !== undefined) throw invalid({ __all__: [problem] });
};

/** What is stored all the same, but lets in more than it seems to. */
const warningsOf = ({ CORS_ALLOWED_ORIGIN_REGEXES: patterns }: Values): readonly unknown[] =>
  (Array.isArray(patterns) ? (patterns as string[]) : []).flatMap((pattern) =>
    lintPattern(pattern).map(({ problem, origin }) => ({
      setting: 'CORS_ALLOWED_ORIGIN_REGEXES',
      entry: pattern,
      message: `The pattern ${problem}.`,
      ...(origin !== undefined && { lets_in: origin }),
    })),
  );

const apply = async (gateway: Gateway, { cause, caller, wrote }: Call, changes: Values): Promise<Values> => {
  const { result } = await gateway.applications.changeSettings({
    cause,
    actor: caller.actor,
    changes: JSON.stringify(changes),
  });
  if (result?.$case === 'settings') {
    wrote('settings', result.value.version);
    return JSON.parse(result.value.values) as Values;
  }
  throw withProvider(fromRefusal(result?.value as common.Refusal));
};

/** Messages about a key of OAUTH2_PROVIDER stand below that name. */
const withProvider = (error: ApiError): ApiError => {
  const keyed = Object.entries(error.body).filter(([name]) => PROVIDER_KEYS.includes(name));
  if (keyed.length === 0) return error;
  const others = Object.entries(error.body).filter(([name]) => !PROVIDER_KEYS.includes(name));
  return new ApiError(error.status, { ...Object.fromEntries(others), OAUTH2_PROVIDER: Object.fromEntries(keyed) });
};

const TYPES: Readonly<Record<string, string>> = { string: 'str', number: 'int', boolean: 'bool' };

const providerChanges = (provider: unknown): Values => {
  if (typeof provider !== 'object' || provider === null || Array.isArray(provider)) {
    const type = Array.isArray(provider) ? 'list' : provider === null ? 'NoneType' : TYPES[typeof provider];
    throw invalid({ OAUTH2_PROVIDER: [`Expected a dictionary of items but got type "${type}".`] });
  }
  const unknown = Object.keys(provider).filter((name) => !PROVIDER_KEYS.includes(name));
  if (unknown.length > 0)
    throw invalid({ OAUTH2_PROVIDER: [`Invalid key names: ${unknown.join(', ').slice(0, 200)}`] });
  const nulls = Object.entries(provider).filter(([, value]) => value === null);
  if (nulls.length > 0) {
    throw new ApiError(400, {
      OAUTH2_PROVIDER: Object.fromEntries(nulls.map(([name]) => [name, ['A valid integer is required.']])),
    });
  }
  return provider as Values;
};

const categoryOf = ({ request, caller }: Call): Category => {
  const slug = request.params['slug'];
  const reads = request.method === 'GET' || request.method === 'HEAD';
  if (!caller.actor.superuser && !(reads && caller.actor.systemAuditor)) throw forbidden();
  const category = CATEGORIES.find((one) => one === slug) ?? (slug === 'changed' ? 'all' : undefined);
  if (!category) throw new ApiError(404, { detail: 'Not found.' });
  return category;
};

const isIn = (category: Category, name: string): boolean =>
  category === 'all' || (category === 'cors') === name.startsWith('CORS_');

const show = (values: Values, category: Category): Values => {
  const entries = Object.entries(values).filter(([name]) => isIn(category, name));
  const provider = entries.filter(([name]) => PROVIDER_KEYS.includes(name));
  const others = entries.filter(([name]) => !PROVIDER_KEYS.includes(name));
  return {
    ...(provider.length > 0 && { OAUTH2_PROVIDER: Object.fromEntries(provider) }),
    ...Object.fromEntries(others),
  };
};
