const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @returns undefined for what is not UTF-8; a byte order mark is a character like others */
export const decodeUtf8 = (bytes: Uint8Array): string | undefined => {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
};
