import { LONGEST_WAIT_MS } from '@grantlog/event-sourcing';

/** One operation of an engine, on behalf of a caller. */
export const ENGINE_MS = 900;
/** One operation of an engine in the relay and the projector, for which no client waits. */
export const BACKGROUND_ENGINE_MS = 4500;

/** How long each side of a call waits. The outer one is the longer, so that the inner one's answer is heard. */
export type Deadline = {
  /** The caller, for the answer, with every attempt. */
  readonly callMs: number;
  /** The service, for its own work. */
  readonly serviceMs: number;
  /** What the service waits for at most inside. */
  readonly insideMs: number;
};

const QUICK: Deadline = { callMs: 1200, serviceMs: 1100, insideMs: ENGINE_MS };
/** Waits for the writes that it has to show, then reads. */
const LIST: Deadline = { callMs: 3100, serviceMs: 3000, insideMs: LONGEST_WAIT_MS + ENGINE_MS };
/** Records a few facts, or one and then has the token service end what it ended. */
const ENDING: Deadline = { callMs: 2300, serviceMs: 2200, insideMs: ENGINE_MS + QUICK.callMs };
/** Appends to several streams, each in turn with others: the organization's, the name's and its own. */
const CLAIMING: Deadline = { callMs: 2300, serviceMs: 2200, insideMs: ENGINE_MS };
/** Waits for its turn to hash a password; `updateUser` then ends rights too. */
const HASHING: Deadline = { callMs: 5500, serviceMs: 5400, insideMs: ENDING.callMs };
/** Reads many commits of a large journal. */
const LOG: Deadline = { callMs: 5500, serviceMs: 5400, insideMs: BACKGROUND_ENGINE_MS };

const DEADLINES: Readonly<Record<string, Deadline>> = {
  listTokens: LIST,
  listActivity: LIST,
  listApplications: LIST,
  listUsers: LIST,
  listOrganizations: LIST,
  registerApplication: CLAIMING,
  deleteApplication: ENDING,
  updateApplication: ENDING,
  closeOrganization: ENDING,
  deleteUser: ENDING,
  revokeApplicationTokens: ENDING,
  revokeUserTokens: ENDING,
  getServiceIdentity: ENDING,
  deleteServiceIdentity: ENDING,
  updateOrganization: ENDING,
  createUser: HASHING,
  updateUser: HASHING,
  createOrganization: HASHING,
  verifyPassword: HASHING,
  readEvents: LOG,
  readRefusals: LOG,
  recordRefusals: LOG,
};

/** The deadline of a method of the services, by its name; both sides of a call go by it. */
export const deadlineOf = (method: string): Deadline => DEADLINES[method] ?? QUICK;
