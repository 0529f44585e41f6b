import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { ApiError } from '../http/api-error.ts';
import { streamEvents } from './event-stream.ts';

const EVENT = JSON.stringify({ data: 'x'.repeat(64 * 1024) });
const READERS = 10;

let server: Server;
const sockets: Socket[] = [];
afterEach(() => {
  sockets.forEach((socket) => socket.destroy());
  server.close();
});

/** Connects readers that ask and never read; gives the responses that are streamed to. */
const neverRead = async (serve: (response: ServerResponse) => void, count: number): Promise<void> => {
  server = createServer((_request, response) => serve(response));
  await once(server.listen(0), 'listening');
  for (let i = 0; i < count; i += 1) {
    const socket = connect((server.address() as AddressInfo).port).pause();
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  }
};

describe('a stream of events', () => {
  it('reads no further for readers that take nothing, and drops them', async () => {
    const responses: ServerResponse[] = [];
    let reads = 0;
    let mostBuffered = 0;
    const ended: Promise<void>[] = [];
    await neverRead((response) => {
      responses.push(response);
      const read = async (after: string) => {
        reads += 1;
        mostBuffered = Math.max(mostBuffered, ...responses.map(({ writableLength }) => writableLength));
        return { events: [EVENT], next: String(Number(after) + 1), badCursor: false };
      };
      ended.push(
        streamEvents(
          response,
          '0',
          { read, judge: async () => undefined, stopping: new AbortController().signal },
          500,
        ),
      );
    }, READERS);
    while (ended.length < READERS) await once(server, 'request');
    await Promise.all(ended);
    // One commit's events each; what more was read lies in buffers of the kernel.
    expect(mostBuffered).toBeLessThanOrEqual(2 * EVENT.length);
    expect(reads).toBeLessThan(READERS * 500);
    expect(responses.map(({ destroyed }) => destroyed)).toEqual(responses.map(() => true));
  });

  it('delivers nothing once the right to it is over', async () => {
    let judged = 0;
    const response = { destroyed: false, write: (_text: string) => true, end: () => undefined };
    const written: string[] = [];
    response.write = (text) => written.push(text) > 0;
    const read = async (after: string) => ({ events: ['{}'], next: String(Number(after) + 1), badCursor: false });
    const judge = async (): Promise<void> => {
      judged += 1;
      if (judged > 3) throw new ApiError(401, {});
    };
    server = createServer();
    await expect(
      streamEvents(response as unknown as ServerResponse, '0', { read, judge, stopping: new AbortController().signal }),
    ).rejects.toBeInstanceOf(ApiError);
    expect(written).toEqual(['id: 1\ndata: {}\n\n', 'id: 2\ndata: {}\n\n', 'id: 3\ndata: {}\n\n']);
  });

  it('ends with the time to come again when the process stops', async () => {
    const ends: string[] = [];
    const response = { destroyed: false, write: () => true, end: (text: string) => ends.push(text) };
    const stopping = new AbortController();
    const read = async (after: string) => {
      stopping.abort();
      return { events: [], next: after, badCursor: false };
    };
    server = createServer();
    await streamEvents(response as unknown as ServerResponse, '0', {
      read,
      judge: async () => undefined,
      stopping: stopping.signal,
    });
    expect(ends).toEqual(['retry: 1000\n\n']);
  });
});
