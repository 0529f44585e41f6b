import { admin, basic, type Client, register } from '../e2e/clients.ts';
import type { GrantlogTarget } from './grantlog-target.ts';
import { call, postForm } from './http.ts';
import { measure, type Row } from './measure.ts';

/** How many tokens of how many applications there are when the lists are asked for, smaller set first. */
export type ListSizes = { readonly tokens: readonly number[]; readonly applications: number };
/** Each list is asked for so many times, or as often as fits into the time that a measurement takes. */
const TIMES = 200;
const SEARCH_TIMES = 30;

const ORGANIZATIONS = 20;
const AT_ONCE = 16;
/** Registrations take several commits each; an engine that is slow answers 503 to more of them. */
const REGISTRATIONS_AT_ONCE = 4;
/** As people and scripts ask, not as fast as they are answered: on a busy machine that would measure the scheduler. */
const LISTS_EVERY_MS = 20;
const SEARCHES = new Set(['icontains', 'search', 'endswith']);

const repeatedly = async (times: number, work: (i: number) => Promise<unknown>, atOnce = AT_ONCE): Promise<void> => {
  let next = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (next < times) await work((next += 1) - 1);
    }),
  );
};

const registerMany = async ({ system }: GrantlogTarget, count: number): Promise<Client[]> => {
  const organizations: number[] = [];
  for (let i = 0; i < ORGANIZATIONS; i += 1)
    organizations.push(
      Number((await admin(system)('POST', 'organizations/', { name: `Organization ${i}` })).json['id']),
    );
  const clients: Client[] = [];
  await repeatedly(
    count,
    async (i) => {
      clients[i] = await register(system, {
        name: `Application ${String(i).padStart(6, '0')}`,
        description: i % 100 === 0 ? 'a needle in the hay' : 'hay',
        authorization_grant_type: 'client-credentials',
        redirect_uris: '',
        organization: organizations[i % ORGANIZATIONS],
      });
    },
    REGISTRATIONS_AT_ONCE,
  );
  return clients;
};

/** The documented lists by what is asked of them; `i` counts the requests, so that no two need be the same. */
const shapes = (clients: readonly Client[], tokens: number): Readonly<Record<string, (i: number) => string>> => {
  const application = (i: number): number => clients[(i * 37) % clients.length]?.id ?? 1;
  const page = (i: number, most: number): number => 2 + (i % Math.min(99, Math.floor(most / 25) - 1));
  const now = new Date().toISOString();
  return {
    'tokens/': () => 'tokens/',
    'tokens/ page 2 to 100': (i) => `tokens/?page=${page(i, tokens)}`,
    'tokens/ 200 a page': () => 'tokens/?page_size=200',
    'tokens/ newest first': () => 'tokens/?order_by=-created',
    'tokens/ by expiry': () => 'tokens/?order_by=expires',
    'tokens/ by description': () => 'tokens/?order_by=-description',
    'tokens/ by two fields, one each way': () => 'tokens/?order_by=scope,-created',
    'tokens/ of an application': (i) => `tokens/?application=${application(i)}`,
    'tokens/ of a named application': (i) => `tokens/?application__name=Application%20${String(i % clients.length).padStart(6, '0')}`, // prettier-ignore
    'applications/N/tokens/': (i) => `applications/${application(i)}/tokens/`,
    'tokens/ of a user': (i) => `tokens/?user=${2 + (i % ORGANIZATIONS)}`,
    'users/N/tokens/': (i) => `users/${2 + (i % ORGANIZATIONS)}/tokens/`,
    'tokens/ since': () => `tokens/?created__gt=${now}`,
    'tokens/ by scope': () => 'tokens/?scope=read',
    'tokens/ beginning with': () => 'tokens/?description__startswith=needle',
    'tokens/ description icontains': () => 'tokens/?description__icontains=needle',
    'tokens/ search': () => 'tokens/?search=needle',
    'applications/': () => 'applications/',
    'applications/ page 2 to 100': (i) => `applications/?page=${page(i, clients.length)}`,
    'applications/ of an organization': (i) => `applications/?organization=${2 + (i % ORGANIZATIONS)}`,
    'applications/ of a name': (i) => `applications/?name=Application%20${String(i % clients.length).padStart(6, '0')}`,
    'applications/ newest first': () => 'applications/?order_by=-created',
    'applications/ search': () => 'applications/?search=needle',
    'organizations/': () => 'organizations/',
    'users/': () => 'users/',
    'activity_stream/': () => 'activity_stream/',
    'activity_stream/ newest first': () => 'activity_stream/?order_by=-timestamp',
    'activity_stream/ page 2 to 100': (i) => `activity_stream/?page=${page(i, tokens)}`,
    'activity_stream/ by actor': () => 'activity_stream/?actor=1',
    'applications/N/activity_stream/': (i) => `applications/${application(i)}/activity_stream/`,
  };
};

/**
 * How long each documented list takes, in a smaller and in a larger set, and what token requests notice of lists that are
 * asked for meanwhile.
 */
export const lists = async (
  target: GrantlogTarget,
  sizes: ListSizes,
  seconds: number,
  show: (row: Row) => void,
): Promise<void> => {
  const { system, base, settle } = target;
  console.log(`grantlog       registering ${sizes.applications} applications of ${ORGANIZATIONS} organizations`);
  const clients = await registerMany(target, sizes.applications);
  const { json } = await admin(system)('POST', 'tokens/', { scope: 'read', description: 'needle' });
  const headers = { authorization: `Bearer ${String(json['token'])}` };
  const credentials = clients.map(({ clientId, clientSecret }) => basic(clientId, clientSecret));
  const issue = async (i: number): Promise<boolean> =>
    (await postForm(base, '/api/o/token/', credentials[i % credentials.length] ?? '', { grant_type: 'client_credentials', scope: 'read' })).status === 200; // prettier-ignore
  const pids = target.pids();
  let issued = 0;

  for (const size of sizes.tokens) {
    const began = performance.now();
    const missing = size - issued;
    let failed = 0;
    await repeatedly(missing, async (i) => {
      while (!(await issue(issued + i)))
        if ((failed += 1) > missing) throw new Error(`more than ${missing} of ${size} tokens could not be issued`);
    });
    issued = size;
    await settle();
    console.log(
      `grantlog       ${size} tokens; the last ${missing} took ${Math.round((performance.now() - began) / 1000)} s`,
    );
    for (const [name, path] of Object.entries(shapes(clients, size))) {
      const times = [...name.split(/[ /]+/)].some((word) => SEARCHES.has(word)) ? SEARCH_TIMES : TIMES;
      let asked = 0;
      const row = await measure(name, 'grantlog', { clients: 1, seconds, pids }, async () => {
        if ((asked += 1) > times) return 'done';
        return (await call(base, 'GET', `/api/v2/${path(asked)}`, headers)).status === 200;
      });
      show({ ...row, name: `${name} of ${size}`, tokens: size });
    }
    let turn = 0;
    const tokenRequests = (name: string): Promise<Row> =>
      measure(name, 'grantlog', { clients: 4, seconds: 5, pids, settle }, () => issue((turn += 1)));
    show({ ...(await tokenRequests(`token requests, ${size} tokens`)), tokens: size });
    let asking = true;
    const paths = Object.entries(shapes(clients, size)).filter(
      ([name]) => !SEARCHES.has(name.split(/[ /]+/).at(-1) ?? ''),
    );
    const askLists = async (): Promise<void> => {
      for (let i = 0; asking; i += 1) {
        await call(base, 'GET', `/api/v2/${paths[i % paths.length]?.[1](i) ?? ''}`, headers);
        await new Promise((resolve) => setTimeout(resolve, LISTS_EVERY_MS));
      }
    };
    const asker = askLists();
    show({ ...(await tokenRequests(`the same while lists are asked for`)), tokens: size });
    asking = false;
    await asker;
  }
};
