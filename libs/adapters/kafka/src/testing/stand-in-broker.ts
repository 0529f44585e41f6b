import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** How the stand-in behaves: as a broker does, or its coordinator refuses, hangs up, is silent, or is silent after a join. */
export type Behaviour = 'well' | 'refuses' | 'hangs up' | 'silent' | 'silent after the join';

const [METADATA, FIND_COORDINATOR, JOIN_GROUP, HEARTBEAT, LEAVE_GROUP, SYNC_GROUP, API_VERSIONS] = [3, 10, 11, 12, 13, 14, 18]; // prettier-ignore
const SPOKEN = [METADATA, FIND_COORDINATOR, JOIN_GROUP, HEARTBEAT, LEAVE_GROUP, SYNC_GROUP, API_VERSIONS] as number[];
const COORDINATOR_NOT_AVAILABLE = 15;

const int16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);
const int32 = (value: number): Buffer => Buffer.concat([int16(value >> 16), int16(value & 65_535)]);
const text = (value: string): Buffer => Buffer.concat([int16(value.length), Buffer.from(value)]);
const list = (...items: Buffer[]): Buffer => Buffer.concat([int32(items.length), ...items]);

/**
 * As much of Kafka's protocol, each at version 0, as a member of a group needs that is given no partition.
 * @see https://kafka.apache.org/protocol
 */
export const startStandInBroker = async (topic: string) => {
  let behaviour: Behaviour = 'well';
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined).on('close', () => sockets.delete(socket)));
    let unread = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      unread = Buffer.concat([unread, chunk]);
      while (unread.length >= 4 && unread.length >= 4 + unread.readInt32BE(0)) {
        const request = unread.subarray(4, 4 + unread.readInt32BE(0));
        unread = unread.subarray(4 + request.length);
        const body = answerTo(request.readInt16BE(0), socket);
        const correlation = request.subarray(4, 8);
        if (body) socket.write(Buffer.concat([int32(4 + body.length), correlation, body]));
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const here = Buffer.concat([int32(1), text('127.0.0.1'), int32(port)]);

  const answerTo = (api: number, socket: Socket): Buffer | undefined => {
    if (behaviour === 'silent') return undefined;
    switch (api) {
      case API_VERSIONS:
        return Buffer.concat([int16(0), list(...SPOKEN.map((one) => Buffer.concat([int16(one), int16(0), int16(0)]))), int32(0)]); // prettier-ignore
      case METADATA:
        return Buffer.concat([list(here), list(Buffer.concat([int16(0), text(topic), list()]))]);
      case FIND_COORDINATOR:
        if (behaviour === 'hangs up') return void socket.destroy();
        return Buffer.concat([int16(behaviour === 'refuses' ? COORDINATOR_NOT_AVAILABLE : 0), here]);
      case JOIN_GROUP:
        return Buffer.concat([int16(0), int32(1), text('RoundRobinAssigner'), text('leader'), text('member'), list()]);
      case SYNC_GROUP:
        return Buffer.concat([int16(0), int32(10), int16(0), list(), int32(0)]);
      default:
        return behaviour === 'silent after the join' ? undefined : int16(0);
    }
  };
  return {
    address: `127.0.0.1:${port}`,
    behave: (next: Behaviour) => void (behaviour = next),
    close: async () => {
      sockets.forEach((socket) => socket.destroy());
      server.close();
      await once(server, 'close');
    },
  };
};
