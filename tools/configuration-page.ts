import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { READERS, useOf, type Variable, type VariableName, VARIABLES } from '@grantlog/service-kit';

export const CONFIGURATION_PAGE = join(import.meta.dirname, '../docs/configuration.md');

const INTRODUCTION = `# Configuration

Everything is an environment variable. Each can also be given as \`<NAME>_FILE\`, the path of a file that holds the value;
give secrets (marked ✱) so. A bad value stops the start with a message that names the variable, what was given and what is
allowed; an unknown \`GRANTLOG_*\` name is a warning. \`grantlog config print\` shows how the environment is read. A role
ignores what it does not read, and does not start without what it **requires**.

This page is generated from \`libs/service-kit/src/variables.ts\` by \`npm run docs:configuration\`.
`;

const HEAD = ['variable', 'meaning', 'allowed', 'default', 'read by'];

const rowOf = ([name, { meaning, allowed, default: usual, secret }]: [string, Variable]): string[] => {
  const readers = READERS.flatMap((reader) => {
    const use = useOf(name as VariableName, reader);
    return use === undefined ? [] : [use === 'required' ? `**${reader}**` : reader];
  });
  const title = `\`${name}\`${secret ? ' ✱' : ''}`;
  return [
    title,
    meaning,
    allowed,
    usual === undefined ? '' : `\`${usual as string | number | boolean}\``,
    readers.join(', '),
  ];
};

/** The page that says what each variable is, as Prettier leaves it. */
export const configurationPage = (): string => {
  const rows = [HEAD, ...Object.entries<Variable>(VARIABLES).map(rowOf)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const [head, ...lines] = rows.map(
    (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`,
  );
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return `${INTRODUCTION}\n${[head, rule, ...lines].join('\n')}\n`;
};

if (import.meta.main) writeFileSync(CONFIGURATION_PAGE, configurationPage());
