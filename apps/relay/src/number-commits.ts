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
  let head: JournalDocument | undefined;
  let isKnown = false;
  /** The pass whose marks are cleared. */
  let cleared: number | undefined;
  const clearMarks = async (pass: JournalDocument): Promise<void> => {
    await journal.clearMarks(pass);
    cleared = pass._id;
  };
  return {
    pass: async (progress) => {
      if (!isKnown) {
        head = await journal.head();
        if (head && head._id !== cleared) await clearMarks(head);
        isKnown = true;
        progress?.();
      }
      const pending = await journal.pending(MOST_IN_PASS);
      progress?.();
      if (pending.length === 0) return 0;
      // Where the insert fails, or its reply is lost, the head says what landed, and its marks are cleared first.
      isKnown = false;
      const made = await journal.number(head, pending);
      progress?.();
      if (!made) return 0;
      head = made;
      await clearMarks(made);
      isKnown = true;
      return pending.length;
    },
    head: () => head?.last ?? 0,
    forget: () => {
      isKnown = false;
    },
  };
};
