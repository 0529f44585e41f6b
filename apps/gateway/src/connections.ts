import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { networkOf, parseAddress } from './http/address.ts';

const MOST = 10_000;
/** Descriptors that stay for the management port, the store, other services and files. */
const RESERVED = 256;
const LEAST_OF_SENDER = 256;
const SENDERS = 4;

/** What the limits of connections follow from. */
type Limits = {
  /** How many files this process may open. */
  readonly descriptors: number;
  /** Whether an address is a trusted proxy, which connects for many. */
  readonly isTrusted: (address: string) => boolean;
  /** Told of each connection that was not taken. */
  readonly dropped: (limit: 'all' | 'sender') => void;
};

/** How many files this process may open; Node raises the soft limit to the hard one. */
export const descriptorLimit = (): number => {
  // Names of peers would be looked up.
  Object.assign(process.report, { excludeNetwork: true });
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft?: number | string } } };
  const soft = Number(userLimits?.open_files?.soft);
  return Number.isInteger(soft) ? soft : MOST + RESERVED;
};

/** Bounds the open connections: in all, and of one sender but for trusted proxies. */
export const limitConnections = (server: Server, { descriptors, isTrusted, dropped }: Limits): void => {
  const most = Math.max(LEAST_OF_SENDER, Math.min(MOST, descriptors - RESERVED));
  const mostOfSender = Math.max(LEAST_OF_SENDER, Math.floor(most / SENDERS));
  const open = new Map<string, number>();
  server.maxConnections = most;
  server.on('drop', () => dropped('all'));
  server.on('connection', (socket: Socket) => {
    const address = parseAddress(socket.remoteAddress ?? '') ?? '';
    if (isTrusted(address)) return;
    const sender = networkOf(address);
    const count = (open.get(sender) ?? 0) + 1;
    open.set(sender, count);
    socket.once('close', () => {
      const left = (open.get(sender) ?? 1) - 1;
      if (left > 0) open.set(sender, left);
      else open.delete(sender);
    });
    if (count <= mostOfSender) return;
    dropped('sender');
    socket.destroy();
  });
};
