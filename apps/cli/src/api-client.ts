import type { Command } from 'commander';

/** How a command reaches a running installation. */
export type Connection = { readonly url: string; readonly token?: string; readonly user?: string };

/** The installation refused, or could not be reached; told in words. */
export class ApiFailure extends Error {
  override readonly name = 'ApiFailure';
}

/** Options of every command that talks to a running installation. The secret comes from the environment, never from arguments. */
export const withConnection = (command: Command): Command =>
  command
    .option(
      '--url <url>',
      'public base URL of the installation',
      process.env['GRANTLOG_URL'] ?? 'http://127.0.0.1:8080',
    )
    .option('--user <name>', 'log in by this name; its password is taken from GRANTLOG_PASSWORD')
    .addHelpText('after', '\nWithout --user, a token is taken from GRANTLOG_TOKEN.');

export type Api = (method: string, path: string, body?: unknown) => Promise<Record<string, unknown>>;

/** Calls of the public API. @throws ApiFailure with what the installation said */
export const apiClient = ({ url, user }: Connection): Api => {
  const password = process.env['GRANTLOG_PASSWORD'];
  const token = process.env['GRANTLOG_TOKEN'];
  const authorization =
    user !== undefined
      ? `Basic ${Buffer.from(`${user}:${password ?? ''}`).toString('base64')}`
      : token !== undefined
        ? `Bearer ${token}`
        : undefined;
  if (authorization === undefined || (user !== undefined && password === undefined))
    throw new ApiFailure('give --user and its password in GRANTLOG_PASSWORD, or a token in GRANTLOG_TOKEN');
  return async (method, path, body) => {
    const response = await fetch(new URL(`/api/v2/${path}`, url), {
      method,
      headers: { authorization, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    }).catch((error: unknown) => {
      throw new ApiFailure(`${url} cannot be reached: ${error instanceof Error ? error.message : String(error)}`);
    });
    const text = await response.text();
    if (!response.ok) throw new ApiFailure(`${method} ${path}: ${response.status} ${text.slice(0, 500)}`);
    return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  };
};
