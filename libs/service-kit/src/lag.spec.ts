import { Registry } from 'prom-client';
import { createLagReport } from './lag.ts';

describe('the lag of read models', () => {
  const seconds = (ago: number): number => Date.now() - ago * 1000;
  const lagIn = async (metrics: Registry) =>
    (await metrics.getSingleMetric('grantlog_projection_lag')?.get())?.values[0]?.value;

  it('is the messages left over all partitions; more than 30 s behind is degraded', async () => {
    const metrics = new Registry();
    const { applied, check } = createLagReport(metrics);
    expect(check()).toEqual({ state: 'ok', lag: 0 });
    applied({ partition: 'grants:0', left: 0, publishedAt: seconds(3600) });
    applied({ partition: 'grants:1', left: 7, publishedAt: seconds(29) });
    expect(check()).toEqual({ state: 'ok', lag: 7 });
    applied({ partition: 'grants:2', left: 2, publishedAt: seconds(31) });
    expect(check()).toMatchObject({ state: 'degraded', lag: 9, cause: expect.any(String) });
    expect(await lagIn(metrics)).toBe(9);
  });

  it('is not that of partitions which another instance has by now', async () => {
    const metrics = new Registry();
    const { applied, forget, check } = createLagReport(metrics);
    applied({ partition: 'grants:0', left: 2, publishedAt: seconds(60) });
    forget();
    expect([check(), await lagIn(metrics)]).toEqual([{ state: 'ok', lag: 0 }, 0]);
  });
});
