import { connect, type Socket } from 'node:net';
import { basic, register } from './clients.ts';
import { PROFILE, startSystem, type System, until } from './system.ts';

const AT_ONCE = 2000;

let system: System;
beforeAll(async () => {
  // One address may not have so many connections, unless it is a proxy.
  system = await startSystem({ GRANTLOG_TRUSTED_PROXIES: '127.0.0.1' });
}, 200_000);
afterAll(async () => {
  await system.stop();
}, 60_000);

describe(`more than can be answered (${PROFILE})`, () => {
  it('SV-14 of 2,000 requests at once each is answered or told to come again, and health is answered meanwhile', async () => {
    const machine = await register(system, { authorization_grant_type: 'client-credentials', redirect_uris: '' });
    const { hostname, port: publicPort, host } = new URL(system.gateways[0] as string);
    const body = 'grant_type=client_credentials';
    const text = `POST /api/o/token/ HTTP/1.1\r\nHost: ${host}\r\nAuthorization: ${basic(machine.clientId, machine.clientSecret)}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
    const answers: string[] = [];
    const sockets = await Promise.all(
      Array.from(
        { length: AT_ONCE },
        () =>
          new Promise<Socket>((resolve, reject) => {
            const socket = connect(Number(publicPort), hostname, () => resolve(socket.off('error', reject)));
            socket.once('error', reject);
          }),
      ),
    );
    const ended = sockets.map(
      (socket) =>
        new Promise<void>((resolve) => {
          let came = '';
          socket.on('data', (chunk) => (came += chunk.toString('latin1')));
          socket
            .on('error', (error) => (came = error.message))
            .on('close', () => {
              answers.push(came);
              resolve();
            });
        }),
    );
    let isOver = false;
    const healthAnswers: number[] = [];
    const health = async (): Promise<void> => {
      const ports = system.processes().map(({ managementPort }) => managementPort);
      while (!isOver)
        for (const port of ports) healthAnswers.push((await fetch(`http://127.0.0.1:${port}/health/ready`)).status);
    };
    const asking = health();
    sockets.forEach((socket) => socket.write(text));
    await Promise.all(ended);
    isOver = true;
    await asking;
    const issued = answers.filter((answer) => /^HTTP\/1\.1 200 /.test(answer));
    const shed = answers.filter((answer) => /^HTTP\/1\.1 503 [\s\S]*\r\nretry-after: [1-3]\r\n/i.test(answer));
    expect(answers.filter((answer) => !issued.includes(answer) && !shed.includes(answer))).toEqual([]);
    expect([issued.length > 0, shed.length > 0]).toEqual([true, true]);
    expect(healthAnswers.every((status) => status === 200 || status === 503)).toBe(true);
    await until(async () => (await fetch(`${system.gateways[0]}/api/`)).status === 200);
  }, 200_000);
});
