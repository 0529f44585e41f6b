import { BadConfiguration } from './config.ts';
import { untilItWorks } from './until-it-works.ts';

describe('waiting for what a process needs', () => {
  const failing = (times: number, error = new Error('away')) => {
    let tries = 0;
    const said: string[] = [];
    const work = (): Promise<string> => ((tries += 1) <= times ? Promise.reject(error) : Promise.resolve('there'));
    return { work, said, logger: { warn: (_fields: object, message: string) => void said.push(message) } };
  };

  it('tries again, and says so once and not at every try', async () => {
    const { work, said, logger } = failing(2);
    expect(await untilItWorks(logger, 'mongodb', work)).toBe('there');
    expect(said).toEqual(['not yet; trying again']);
  });

  it('gives the error of the last try to a caller that set a limit', async () => {
    const { work, logger } = failing(Infinity);
    await expect(untilItWorks(logger, 'mongodb', work, 1)).rejects.toThrow('away');
  });

  it('does not try again what waiting does not mend', async () => {
    const { work, said, logger } = failing(1, new BadConfiguration('another key'));
    await expect(untilItWorks(logger, 'mongodb', work)).rejects.toThrow('another key');
    expect(said).toEqual([]);
  });
});
