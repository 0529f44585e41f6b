import { pino, type Logger } from 'pino';

export type { Logger };

/** JSON lines on standard error. Nothing secret is ever passed to it; redaction is the second line of defence only. */
export const createLogger = (service: string, level: string): Logger =>
  pino(
    {
      level,
      base: { service, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: {
        paths: ['password', 'client_secret', 'token', 'code', '*.password', '*.client_secret', '*.token', '*.code'],
        censor: '[redacted]',
      },
    },
    pino.destination({ dest: 2, sync: false, minLength: 0 }),
  );
