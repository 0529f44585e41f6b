import type { MethodDefinition, Rpc } from '@grantlog/contracts';

/**
 * A generated client interface over a service in the same process: a call is a function call.
 * @param options.throughTheWire sends every message through its serializers, as gRPC would, so that tests of this
 * profile see the same values as the other
 */
export const inProcessClient = <Definition extends Record<string, MethodDefinition>>(
  definition: Definition,
  service: Rpc<Definition>,
  { throughTheWire = false } = {},
): Rpc<Definition> => {
  if (!throughTheWire) return service;
  const methods = service as unknown as Record<string, (request: unknown) => Promise<unknown>>;
  const calls = Object.entries(definition).map(([name, method]) => {
    const call = async (request: unknown): Promise<unknown> => {
      const received = method.requestDeserialize(method.requestSerialize(request as never));
      const answer = await (methods[name] as (request: unknown) => Promise<unknown>)(received);
      return method.responseDeserialize(method.responseSerialize(answer as never));
    };
    return [name, call];
  });
  return Object.fromEntries(calls) as Rpc<Definition>;
};
