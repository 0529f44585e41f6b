import { Command, CommanderError } from 'commander';
import { configPrint } from './commands/config-print.ts';
import { usersSetPassword } from './commands/users-set-password.ts';

/** Exit codes: 0 success, 1 a refusal or failure told in words, 2 wrong usage. */
const WRONG_USAGE = 2;

const program = new Command('grantlog')
  .description('Grantlog, an event-sourced OAuth 2.0 authorization server')
  .exitOverride()
  .showHelpAfterError();

program
  .command('users')
  .description('accounts of a stopped embedded installation')
  .command('set-password')
  .argument('<username>')
  .option('--json', 'answer with JSON')
  .description('sets a password, read from standard input')
  .exitOverride()
  .action(usersSetPassword);

program
  .command('config')
  .description('the environment as Grantlog reads it')
  .command('print')
  .option('--json', 'answer with JSON')
  .description('prints every variable with its value; secrets are masked')
  .exitOverride()
  .action(configPrint);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : WRONG_USAGE;
}
