import { describe, expect, it } from 'vitest';
import { joint, qualityOf, separate } from '../../bench/search/rigor-program.ts';

describe('variables shared by four modules', () => {
  it('are found to work together by one search, which tuning each module for itself misses', () => {
    for (let seed = 100; seed < 105; seed++) {
      const [together, apart] = [joint(seed), separate(seed)];
      expect(together.found).toBe(true);
      expect(apart.found).toBe(false);
      expect(together.quality).toBeGreaterThan(apart.quality + 0.1);
    }
  });

  it('work together only when all modules follow: one alone loses by it', () => {
    const established = { rigor: 0.7, focus: 'Established' } as const;
    const contrarian = { rigor: 0.95, focus: 'Contrarian' } as const;
    const all = (one: Parameters<typeof qualityOf>[0][number]) => qualityOf([one, one, one, one]);
    expect(qualityOf([contrarian, established, established, established])).toBeLessThan(all(established));
    expect(all(contrarian)).toBeGreaterThan(all(established));
  });
});
