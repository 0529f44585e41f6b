const WINDOW_MS = 3_600_000;

/** The hour that wrong tries are counted in. Goes by the machine's own clock: no test's clock resets a limit. */
export const currentWindow = (): { window: string; endsAt: Date } => {
  const window = Math.floor(Date.now() / WINDOW_MS);
  return { window: String(window), endsAt: new Date((window + 1) * WINDOW_MS) };
};

export const secondsUntilEnd = (endsAt: Date): number => Math.ceil((endsAt.getTime() - Date.now()) / 1000);
