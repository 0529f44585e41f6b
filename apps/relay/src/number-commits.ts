import type { JournalDocument, JournalWriter } from '@grantlog/adapter-mongo';

const MOST_IN_PASS = 500;

export type NumberCommits = {
  /**
   * Clears the marks of what the newest pass numbered, and only then looks for what is pending, so that nothing is
   * numbered twice, whenever a relay dies.
   * @returns how many commits it numbered; 0 also where another relay was first
   */
  readonly pass: (progress?: () => void) => Promise<number>;
  /** The newest number that this relay knows of. */
  readonly head: () => number;
  /** Reads the head again at the next pass: another relay may have been here. */
  readonly forget: () => void;
};

export const createNumberCommits = (journal: JournalWriter): NumberCommits => {
  /** A head whose marks are cleared. A pass takes it: of two at once, one begins at what the store has. */
  let known: { readonly head: JournalDocument | undefined } | undefined;
  /** The pass whose marks are cleared. */
  let cleared: number | undefined;
  let newest = 0;
  const reached = async (
    head: JournalDocument | undefined,
  ): Promise<{ readonly head: JournalDocument | undefined }> => {
    newest = Math.max(newest, head?.last ?? 0);
    if (head && head._id !== cleared) {
      await journal.clearMarks(head);
      cleared = head._id;
    }
    return { head };
  };
  return {
    pass: async (progress) => {
      let at = known;
      // Where the insert fails, or its reply is lost, the head says what landed, and its marks are cleared first.
      known = undefined;
      at ??= await reached(await journal.head());
      progress?.();
      const pending = await journal.pending(MOST_IN_PASS, progress);
      if (pending.length === 0) {
        known = at;
        return 0;
      }
      const made = await journal.number(at.head, pending);
      progress?.();
      if (!made) return 0;
      known = await reached(made);
      return pending.length;
    },
    head: () => newest,
    forget: () => {
      known = undefined;
    },
  };
};
