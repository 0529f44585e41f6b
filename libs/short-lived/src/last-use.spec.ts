import { createLastUse, type LastUseStore, type Use } from './last-use.ts';

const at = (second: number): string => new Date(Date.UTC(2026, 0, 1, 12, 0, second)).toISOString();

const over = (keep: LastUseStore['keep']) => createLastUse({ keep, of: (names) => Promise.resolve(names.map(() => undefined)) }); // prettier-ignore

describe('noting last uses', () => {
  it('writes what is used within a second together, each name once a minute', async () => {
    const kept: (readonly Use[])[] = [];
    const lastUse = over((uses) => Promise.resolve(void kept.push(uses)));
    for (const second of [0, 1, 59]) lastUse.note('one', at(second));
    lastUse.note('other', at(2));
    expect(kept).toEqual([]);
    await lastUse.flush();
    expect(kept).toEqual([
      [
        { name: 'one', at: at(0) },
        { name: 'other', at: at(2) },
      ],
    ]);
    lastUse.note('one', at(60));
    await lastUse.flush();
    expect(kept[1]).toEqual([{ name: 'one', at: at(60) }]);
  });

  it('notes a use after a clock was set back', async () => {
    const kept: (readonly Use[])[] = [];
    const lastUse = over((uses) => Promise.resolve(void kept.push(uses)));
    lastUse.note('one', at(3600));
    lastUse.note('one', at(0));
    await lastUse.flush();
    expect(kept[0]).toHaveLength(2);
  });

  it('costs no more the more is used: of a thousand names within a second 256 are written', async () => {
    const kept: (readonly Use[])[] = [];
    const lastUse = over((uses) => Promise.resolve(void kept.push(uses)));
    for (let i = 0; i < 1000; i += 1) lastUse.note(`token:${i}`, at(0));
    await lastUse.flush();
    expect(kept.map(({ length }) => length)).toEqual([256]);
  });

  it('a store that is away fails nothing, and the next use is noted again', async () => {
    const kept: (readonly Use[])[] = [];
    let away = true;
    const lastUse = over((uses) => {
      if (away) return Promise.reject(new Error('away'));
      kept.push(uses);
      return Promise.resolve();
    });
    lastUse.note('one', at(0));
    await expect(lastUse.flush()).rejects.toThrow('away');
    away = false;
    lastUse.note('one', at(1));
    await lastUse.flush();
    expect(kept).toEqual([[{ name: 'one', at: at(1) }]]);
  });
});
