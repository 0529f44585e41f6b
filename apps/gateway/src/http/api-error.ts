import type { common } from '@grantlog/contracts';

/** An error reply of `/api/v2/`, in AWX's form. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, body: Readonly<Record<string, unknown>>, headers: Readonly<Record<string, string>> = {}) {
    super(`${status}`);
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

export const forbidden = (): ApiError =>
  new ApiError(403, { detail: 'You do not have permission to perform this action.' });
export const notFound = (model: string): ApiError =>
  new ApiError(404, { detail: `No ${model} matches the given query.` });
export const invalid = (fields: Readonly<Record<string, readonly string[]>>): ApiError => new ApiError(400, fields);

/** A service's refusal as the API says it. */
export const fromRefusal = ({ error, description, fields }: common.Refusal): ApiError => {
  if (error === 'not_found') return new ApiError(404, { detail: description });
  const named = Object.entries(fields).map(([name, { messages }]) => [name, messages] as const);
  const status = error === 'forbidden' ? 403 : 400;
  if (named.length > 0) return new ApiError(status, Object.fromEntries(named));
  return new ApiError(status, status === 403 ? { detail: description } : { __all__: [description] });
};
