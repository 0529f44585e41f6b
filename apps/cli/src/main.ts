import { Command, CommanderError } from 'commander';
import { ApiFailure, withConnection } from './api-client.ts';
import { configPrint } from './commands/config-print.ts';
import { corsExplain } from './commands/cors-explain.ts';
import { importExport } from './commands/import.ts';
import { onStoppedInstallation } from './commands/users.ts';

/** Exit codes: 0 success, 1 a refusal or failure told in words, 2 wrong usage. */
const WRONG_USAGE = 2;

const program = new Command('grantlog')
  .description('Grantlog, an event-sourced OAuth 2.0 authorization server')
  .exitOverride()
  .showHelpAfterError();

const users = program.command('users').description('accounts of a stopped embedded installation');
for (const [name, description] of [
  ['set-password', 'sets a password, read from standard input'],
  ['grant-superuser', 'makes an account a superuser, and enables it'],
] as const)
  users
    .command(name)
    .argument('<username>')
    .option('--json', 'answer with JSON')
    .description(description)
    .exitOverride()
    .action(onStoppedInstallation(name));

program
  .command('config')
  .description('the environment as Grantlog reads it')
  .command('print')
  .option('--json', 'answer with JSON')
  .description('prints every variable with its value; secrets are masked')
  .exitOverride()
  .action(configPrint);

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];
withConnection(program.command('cors').description('the allowlist of origins').command('explain').argument('<origin>'))
  .option('--method <method>', 'what the page sends', 'POST')
  .option('--path <path>', 'where to', '/api/o/token/')
  .option('--header <name>', 'a header that the page sets (repeatable)', collect, [])
  .option('--client-id <id>', 'the application that the request proves to come from')
  .option('--json', 'answer with JSON')
  .description('tells whether a page of an origin may read an answer, by which entry, and what is missing')
  .exitOverride()
  .action(corsExplain);

withConnection(program.command('import').argument('<file>', 'what `awx export` wrote, as JSON'))
  .option('--clients <file>', 'client ids and secrets that applications keep, as JSON; see docs/moving-from-awx.md')
  .option('--secrets <file>', 'where client secrets go that had to be made', 'imported-secrets.json')
  .option('--json', 'answer with JSON')
  .description('takes organizations, users and applications from an export of AWX')
  .exitOverride()
  .action(importExport);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof ApiFailure) {
    console.error(error.message);
    process.exitCode = 1;
  } else if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : WRONG_USAGE;
  else throw error;
}
