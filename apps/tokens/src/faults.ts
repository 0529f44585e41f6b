import { isUnavailable, refused } from '@grantlog/contracts';

/** A fault of one item is that item's: the others were carried out, and their callers must learn so. */
export const faultOfOne = (error: unknown): { result: ReturnType<typeof refused> } => {
  const away = isUnavailable(error);
  process.emitWarning(`issuing failed: ${String(error)}`, { code: 'GRANTLOG_ISSUE' });
  return {
    result: refused(
      away
        ? { error: 'temporarily_unavailable', description: 'The store is away; try again.' }
        : { error: 'server_error', description: 'An unexpected fault happened.' },
    ),
  };
};
