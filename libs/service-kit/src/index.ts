export * from './clock.ts';
export * from './config.ts';
export * from './installation-key.ts';
export * from './logger.ts';
export * from './management.ts';
export * from './request-metrics.ts';
export * from './role.ts';
export * from './shutdown.ts';
