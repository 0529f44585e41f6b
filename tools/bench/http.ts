import { Agent, request } from 'node:http';

export type Reply = {
  readonly status: number;
  readonly location: string;
  readonly setCookie: readonly string[];
  readonly body: string;
};

const agent = new Agent({ keepAlive: true, maxSockets: Infinity });

/** A plain request; the driver's own cost is kept small. */
export const call = (
  base: string,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: string,
): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(base);
    const all = { ...headers, ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }) };
    const sent = request({ agent, hostname, port, method, path, headers: all }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          location: response.headers.location ?? '',
          setCookie: response.headers['set-cookie'] ?? [],
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

export const postForm = (
  base: string,
  path: string,
  authorization: string,
  form: Record<string, string>,
): Promise<Reply> => call(base, 'POST', path, { ...FORM, authorization }, new URLSearchParams(form).toString());

export const closeAll = (): void => agent.destroy();
