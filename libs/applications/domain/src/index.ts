export * from './application/application.ts';
export * from './settings/settings.ts';
export * from './intake/intake.ts';
