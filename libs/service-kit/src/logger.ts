import { pino, type Logger } from 'pino';

export type { Logger };

/** Lines that wait for a reader, or for room on the disk; what comes beyond is lost. */
const MOST_WAITING_BYTES = 8 * 1024 * 1024;

/** JSON lines on standard error. Nothing secret is ever passed to it; redaction is the second line of defence only. */
export const createLogger = (service: string, level: string): Logger => {
  const destination = pino.destination({ dest: 2, sync: false, minLength: 0, maxLength: MOST_WAITING_BYTES });
  // Such as a full disk: what waits is written with the next line, and nothing else depends on it.
  destination.on('error', () => undefined);
  return pino(
    {
      level,
      base: { service, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: {
        paths: ['password', 'client_secret', 'token', 'code', '*.password', '*.client_secret', '*.token', '*.code'],
        censor: '[redacted]',
      },
    },
    destination,
  );
};
