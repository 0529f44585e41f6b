import { apiClient, type Connection } from '../api-client.ts';

type Options = Connection & {
  readonly method: string;
  readonly path: string;
  readonly header: readonly string[];
  readonly clientId?: string;
  readonly json?: boolean;
};

type Entry = {
  readonly source: string;
  readonly of?: string | number;
  readonly setting: string;
  readonly entry: string;
};

/** `grantlog cors explain <origin>`: exit code 0 when a page of that origin may read the answer, 1 when not. */
export const corsExplain = async (origin: string, options: Options): Promise<void> => {
  const { method, path, header: headers, clientId, json = false } = options;
  const answer = await apiClient(options)('POST', 'cors/explain/', {
    origin,
    method,
    path,
    headers,
    ...(clientId !== undefined && { client_id: clientId }),
  });
  const allowed = answer['allowed'] === true;
  process.exitCode = allowed ? 0 : 1;
  if (json) return console.log(JSON.stringify(answer));
  const { needed, allowed: told } = answer['preflight'] as { needed: boolean; allowed: boolean };
  console.log(`${origin}: ${allowed ? 'allowed' : 'not allowed'} for ${method} ${path}`);
  console.log(`preflight: ${needed ? `needed, and ${told ? 'allowed' : 'refused'}` : 'not needed'}`);
  for (const { source, of, setting, entry } of answer['by'] as Entry[])
    console.log(`let in by ${setting} of ${source}${of === undefined ? '' : ` ${of}`}: ${entry}`);
  for (const problem of answer['missing'] as string[]) console.log(`missing: ${problem}`);
};
