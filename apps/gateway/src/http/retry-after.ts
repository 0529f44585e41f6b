/** 1 to 3 s, so that those who were refused together do not come again together. */
export const retryAfter = (): string => String(1 + Math.floor(Math.random() * 3));
