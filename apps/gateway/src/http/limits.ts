/** Of a URL, in octets. */
export const LONGEST_URL = 8 * 1024;

/** Of a redirect URI, an origin or a filter's value, in characters. */
export const LONGEST_WORD = 2048;

/** Of a form or query that carries such a URL as a value: each octet may take three. */
export const LONGEST_CARRIED_URL = 3 * LONGEST_URL;

export const MOST_HEADERS = 100;
