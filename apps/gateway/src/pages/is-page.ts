const PAGE = /^\/api\/(?:o\/authorize|login|logout)(?:[/?]|$)/;

/** Whether people see what is answered there. */
export const isPage = (url: string): boolean => PAGE.test(url);
