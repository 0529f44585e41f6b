import { EventEmitter } from 'node:events';
import type { Server } from 'node:http';
import { descriptorLimit, limitConnections } from './connections.ts';

const setUp = (descriptors: number) => {
  const server = new EventEmitter() as Server;
  const dropped: string[] = [];
  limitConnections(server, {
    descriptors,
    isTrusted: (address) => address === '192.0.2.9',
    dropped: (limit) => dropped.push(limit),
  });
  const connect = (remoteAddress: string) => {
    const socket = Object.assign(new EventEmitter(), { remoteAddress, isCut: false, destroy: () => undefined });
    socket.destroy = () => void (socket.isCut = true);
    server.emit('connection', socket);
    return socket;
  };
  const cutOf = (count: number, address: (i: number) => string): number =>
    Array.from({ length: count }, (_, i) => connect(address(i))).filter(({ isCut }) => isCut).length;
  return { server, dropped, connect, cutOf };
};

describe('the limits of connections', () => {
  it('leave room for the management port and files below the descriptors', () => {
    expect(setUp(1024).server.maxConnections).toBe(768);
    expect(setUp(1_000_000).server.maxConnections).toBe(10_000);
    expect(descriptorLimit()).toBeGreaterThan(256);
  });

  it('bound one sender, an IPv6 network of 64 bits as one, and take again what was closed', () => {
    const { cutOf, connect, dropped } = setUp(1024);
    const kept = connect('::ffff:192.0.2.1');
    expect(cutOf(260, () => '192.0.2.1')).toBe(5);
    expect(cutOf(260, (i) => `2001:db8::${i.toString(16)}`)).toBe(4);
    expect(dropped).toHaveLength(9);
    kept.emit('close');
    expect(cutOf(1, () => '192.0.2.2')).toBe(0);
  });

  it('do not bound a trusted proxy, which connects for many', () => {
    const { cutOf } = setUp(1024);
    expect(cutOf(500, () => '192.0.2.9')).toBe(0);
  });
});
