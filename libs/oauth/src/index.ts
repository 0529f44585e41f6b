export * from './client-id.ts';
export * from './error-code.ts';
export * from './pkce.ts';
export * from './redirect-uri.ts';
export * from './scope.ts';
export * from './secret.ts';
export * from './token-format.ts';
