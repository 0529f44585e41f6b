import { permits } from '@grantlog/access';
import { isDeepStrictEqual } from 'node:util';
import { combinationProblem, lintPattern } from '@grantlog/origins';
import { isSettingName, OAUTH2_PROVIDER_KEYS, type Setting, SETTINGS } from '@grantlog/settings';
import type { Gateway } from '../gateway.ts';
import { answered } from '../http/answered.ts';
import { ApiError, forbidden, fromRefusal, invalid } from '../http/api-error.ts';
import { asFlag, asInteger } from '../http/fields.ts';
import type { Call, Endpoint, Methods } from './endpoint.ts';
import type { Field, Fields } from './field.ts';

/** AWX's words for the types of settings. */
const TYPES = { integer: 'integer', boolean: 'boolean', choice: 'choice', list: 'json', text: 'string' } as const;

const fieldOf = ({ type, label, help = '', least, most, longest, choices, ...setting }: Setting): Field => ({
  type: TYPES[type],
  label,
  help_text: help,
  default: setting.default,
  writable: 'always',
  ...(least !== undefined && { min_value: least }),
  ...(most !== undefined && { max_value: most }),
  ...(longest !== undefined && { max_length: longest }),
  ...(choices && { choices: choices.map((value) => [value, value] as const) }),
});

const [keysOfProvider, others] = [true, false].map((isKey) =>
  Object.entries<Setting>(SETTINGS).filter(([name]) => OAUTH2_PROVIDER_KEYS.includes(name) === isKey),
) as [[string, Setting][], [string, Setting][]];

/** How the settings describe themselves. */
export const SETTING_FIELDS: Fields = {
  OAUTH2_PROVIDER: {
    type: 'json',
    label: 'OAuth 2 Timeout Settings',
    help_text: `Lifetimes of what is issued next, in seconds: ${keysOfProvider.map(([name, { least, most }]) => `${name} (${least} to ${most})`).join(', ')}.`,
    default: Object.fromEntries(keysOfProvider.map(([name, setting]) => [name, setting.default])),
    writable: 'always',
  },
  ...Object.fromEntries(others.map(([name, setting]) => [name, fieldOf(setting)])),
};

const CATEGORIES = ['all', 'authentication', 'cors', 'changed'] as const;
type Category = (typeof CATEGORIES)[number];
type Values = Readonly<Record<string, unknown>>;

/** `/api/v2/settings/` */
export const settingsRoot = (): Methods => ({
  GET: ({ caller }) => {
    if (!permits(caller.actor, 'read', 'installation')) throw forbidden();
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
    const { OAUTH2_PROVIDER: provider, warnings: _sentBack, ...others } = underNewNames(await call.body());
    refuseMisplaced(Object.keys(others), category);
    const changes: Values = {
      ...Object.fromEntries(
        Object.entries(others)
          .filter(([name]) => isIn(category, name))
          .map(([name, value]) => [name, written(SETTING_FIELDS[name]?.type, value)]),
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

/**
 * Names that a body may have besides those of settings: some are answered by what to do instead, and the warnings of a
 * reply may be sent back with it.
 */
export const OTHER_SETTING_NAMES = [...Object.keys(ALIASES), ...OAUTH2_PROVIDER_KEYS, 'warnings'];

/** Where a name belongs that this category does not take; undefined for one that it takes. */
const belongs = (category: Category, name: string): string | undefined => {
  if (OAUTH2_PROVIDER_KEYS.includes(name)) return `${name} is a key of OAUTH2_PROVIDER.`;
  if (isIn(category, name) || Object.hasOwn(ALIASES, name)) return undefined;
  return `${name} is a setting of the category ${categoryOfSetting(name)}.`;
};

/** What would be left out in silence is refused. @throws ApiError 400 that says where each name belongs */
const refuseMisplaced = (names: readonly string[], category: Category): void => {
  const messages = names.map((name) => [name, belongs(category, name)] as const);
  const misplaced = messages.flatMap(([name, message]) => (message === undefined ? [] : [[name, [message]] as const]));
  if (misplaced.length > 0) throw invalid(Object.fromEntries(misplaced));
};

/** A value as AWX's clients may write it. */
const written = (type: Field['type'] | undefined, value: unknown): unknown =>
  type === 'integer' ? asInteger(value) : type === 'boolean' ? asFlag(value) : value;

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
  const settings = answered(result, 'settings', (refusal) => withProvider(fromRefusal(refusal)));
  wrote({ stream: 'settings', version: settings.version });
  return JSON.parse(settings.values) as Values;
};

/** Messages about a key of OAUTH2_PROVIDER stand below that name. */
const withProvider = (error: ApiError): ApiError => {
  const keyed = Object.entries(error.body).filter(([name]) => OAUTH2_PROVIDER_KEYS.includes(name));
  if (keyed.length === 0) return error;
  const others = Object.entries(error.body).filter(([name]) => !OAUTH2_PROVIDER_KEYS.includes(name));
  return new ApiError(error.status, { ...Object.fromEntries(others), OAUTH2_PROVIDER: Object.fromEntries(keyed) });
};

const PYTHON_TYPES: Readonly<Record<string, string>> = { string: 'str', number: 'int', boolean: 'bool' };

const providerChanges = (provider: unknown): Values => {
  if (typeof provider !== 'object' || provider === null || Array.isArray(provider)) {
    const type = Array.isArray(provider) ? 'list' : provider === null ? 'NoneType' : PYTHON_TYPES[typeof provider];
    throw invalid({ OAUTH2_PROVIDER: [`Expected a dictionary of items but got type "${type}".`] });
  }
  const unknown = Object.keys(provider).filter((name) => !OAUTH2_PROVIDER_KEYS.includes(name));
  if (unknown.length > 0)
    throw invalid({ OAUTH2_PROVIDER: [`Invalid key names: ${unknown.join(', ').slice(0, 200)}`] });
  const nulls = Object.entries(provider).filter(([, value]) => value === null);
  if (nulls.length > 0) {
    throw new ApiError(400, {
      OAUTH2_PROVIDER: Object.fromEntries(nulls.map(([name]) => [name, ['A valid integer is required.']])),
    });
  }
  return Object.fromEntries(Object.entries(provider).map(([name, value]) => [name, asInteger(value)]));
};

const categoryOf = ({ request, caller }: Call): Category => {
  const slug = request.params['slug'];
  const reads = request.method === 'GET' || request.method === 'HEAD';
  if (!permits(caller.actor, reads ? 'read' : 'change', 'installation')) throw forbidden();
  const category = CATEGORIES.find((known) => known === slug);
  if (!category) throw new ApiError(404, { detail: 'Not found.' });
  return category;
};

const categoryOfSetting = (name: string): Category =>
  isSettingName(name) ? SETTINGS[name].category : 'authentication';
const isIn = (category: Category, name: string): boolean =>
  category === 'all' || category === 'changed' || category === categoryOfSetting(name);

const show = (values: Values, category: Category): Values => {
  const entries = Object.entries(values).filter(([name]) => isIn(category, name));
  const provider = entries.filter(([name]) => OAUTH2_PROVIDER_KEYS.includes(name));
  const others = entries.filter(([name]) => !OAUTH2_PROVIDER_KEYS.includes(name));
  const shown: Values = {
    ...(provider.length > 0 && { OAUTH2_PROVIDER: Object.fromEntries(provider) }),
    ...Object.fromEntries(others),
  };
  if (category !== 'changed') return shown;
  return Object.fromEntries(
    Object.entries(shown).filter(([name, value]) => !isDeepStrictEqual(value, SETTING_FIELDS[name]?.default)),
  );
};
