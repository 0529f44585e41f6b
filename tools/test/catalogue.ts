/**
 * The catalogue of attacks and bad input: every id has a test whose title begins with it. What each row demands is said
 * by its tests.
 */
const CATALOGUE: Readonly<Record<string, readonly number[]>> = {
  /** Redirect URIs. */
  RU: [1, 2, 3, 6, 7, 8, 9, 10, 12, 13, 14, 16, 17, 19, 20, 21, 23, 24, 25, 26],
  /** The authorization request and consent. */
  AZ: [1, 2, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 16, 17, 18, 19, 20, 21, 23, 24, 25, 26, 27],
  /** PKCE. */
  PK: [1, 2, 3, 4, 6, 7, 8, 9],
  /** Authorization codes. */
  CD: [1, 2, 3, 4, 5, 7, 8, 9, 11, 12],
  /** Client authentication. */
  CA: [1, 2, 3, 4, 7, 9, 10, 11, 12, 13, 14, 15],
  /** Refresh tokens and revocation. */
  RT: [1, 2, 3, 4, 5, 7, 10, 11, 12, 13, 14],
  /** Bearer use, introspection, lifetimes. */
  TK: [1, 2, 3, 5, 6, 7, 9, 10, 11, 12, 13, 23],
  /** Input and HTTP. */
  IN: [1, 2, 3, 4, 6, 7, 8, 11, 13, 14, 16, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31],
  /** Pages and browser sessions. */
  UI: [1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20],
  /** Login. */
  LG: [1, 3, 4, 6, 7, 8, 9, 10],
  /** The management API. */
  AP: [
    1, 2, 3, 5, 7, 8, 9, 11, 12, 13, 15, 16, 17, 18, 19, 20, 21, 22, 26, 27, 28, 29, 30, 31, 37, 45, 46, 47, 48, 49, 50,
    51, 52, 53, 54,
  ],
  /** Origins. */
  CO: [1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, 14],
  /** Leaks. */
  LK: [1, 2, 3, 4, 5],
  /** Services, store, deployment. */
  SV: [1, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20],
};

export const CASE_IDS = Object.entries(CATALOGUE).flatMap(([group, numbers]) =>
  numbers.map((number) => `${group}-${String(number).padStart(2, '0')}`),
);

/** What cannot be proven yet, each with its reason. */
export const PENDING: Readonly<Record<string, string>> = {
  'SV-09': 'image digests are pinned when images are published; everything else of the manifests is asserted',
};
