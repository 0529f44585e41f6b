/**
 * Waits for work that may never be done, such as a request to a broker that stands still. The work itself goes on.
 * @throws an error that names it, after `ms`
 */
export const within = <T>(ms: number, what: string, work: Promise<T>): Promise<T> => {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`${what} took longer than ${ms} ms`)), ms);
  return Promise.race([work, promise]).finally(() => clearTimeout(timer));
};
