import { expect, it, vi } from 'vitest';
import { whenEmulated } from './emulated.ts';
import { storm } from './storm/storm.ts';
import { GALE } from './storm/weather.ts';

// Most of a run is the starting of processes, which a busy machine does slowly. A thousand slices: `storm/run.ts`.
const LIMIT_SECONDS = 900;
vi.setConfig({ testTimeout: 2 * LIMIT_SECONDS * 1000 });

/** 24 slices, half of 25 examples, half of 5. */
const SEARCH = { trials: 12, examples: 30, limitSeconds: LIMIT_SECONDS };

whenEmulated(
  'an optimization in a storm: functions killed, messages doubled and shuffled, answers lost',
  (emulated) => {
    it('nothing is lost, nothing is counted twice, and every call is paid', async () => {
      const { verdict, functions, deliveries } = await storm({
        ...SEARCH,
        emulated,
        weather: { seed: 'sound', ...GALE },
      });
      const { counted, ...found } = verdict;
      expect(found).toEqual({ lost: [], countedTwice: [], wrongSums: [], overspent: [], stuck: [] });
      expect(counted).toMatchObject({ trials: 12, slices: 24, outcomes: 360, rowsCalls: 360, distinctCalls: 360 });
      // It was a storm.
      const deaths = Object.values(functions).reduce((sum, { died }) => sum + died, 0);
      expect(deaths).toBeGreaterThan(0);
      expect(deliveries.resent + deliveries.twice).toBeGreaterThan(0);
    });

    it('control: in the same storm, counting without fence and condition miscounts', async () => {
      const { naive } = await storm({ ...SEARCH, emulated, weather: { seed: 'naive', ...GALE }, naive: true });
      expect(naive?.counted.slices).toBeGreaterThan(0);
      expect(naive?.miscountedSlices).not.toBe(0);
      expect(naive?.miscountedCalls).not.toBe(0);
    });
  },
);
