/** Fit for a message: what is not plain is replaced. */
export const printable = (text: string): string =>
  text
    .replace(/[^\x20-\x7e]/g, '?')
    .replace(/["\\]/g, "'")
    .slice(0, 80);
