import { BadConfiguration, isSecret, readVariables, type VariableName } from '@grantlog/service-kit';

/** `grantlog config print` */
export const configPrint = ({ json = false }: { json?: boolean }): void => {
  try {
    const { config, warnings } = readVariables(process.env);
    const shown = Object.fromEntries(
      Object.entries(config).map(([name, value]) => [
        name,
        isSecret(name as VariableName) && value !== undefined ? '************' : (value ?? null),
      ]),
    );
    if (json) console.log(JSON.stringify({ config: shown, warnings }));
    else
      for (const [name, value] of Object.entries(shown)) console.log(`${name}=${value === null ? '' : String(value)}`);
    if (!json) warnings.forEach((warning) => console.error(warning));
  } catch (error) {
    if (!(error instanceof BadConfiguration)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
};
