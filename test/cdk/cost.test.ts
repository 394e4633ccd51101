import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { SLICE_EXAMPLES as CUT } from '#lib/work/optimization';
import { EXAMPLES_AT_ONCE } from '#lib/work/slice';
import { idleCost, type PricedTemplate } from '../../cdk/cost/idle.ts';
import { asyncRun, SLICE_EXAMPLES, search, syncRun, trial } from '../../cdk/cost/run.ts';
import { costOf, invocations, together } from '../../cdk/cost/work.ts';
import { synthesized } from './synthesized.ts';

describe('a house in which nothing happens', () => {
  let templates: PricedTemplate[];
  beforeAll(() => {
    const { templates: all } = synthesized({ stage: 'prod' });
    templates = Object.values(all).map((template) => template.toJSON() as PricedTemplate);
  }, 120_000);

  it('costs at most a dollar a month with the standing allowances of an account', () => {
    const { usd, lines } = idleCost(templates, { free: true });
    expect(usd, JSON.stringify(lines, null, 1)).toBeLessThanOrEqual(1);
    expect(usd).toBeGreaterThan(0);
  });

  it('has nothing in it that costs by the month: no key, no secret, no web ACL', () => {
    const monthly = idleCost(templates, { free: true }).lines.filter(({ what }) => what.startsWith('AWS::'));
    expect(monthly.map(({ count }) => count)).toEqual([0, 0, 0]);
  });

  it('without the allowances the guide says what it costs', () => {
    expect(idleCost(templates, { free: false }).usd).toBeCloseTo(5.58, 1);
  });

  it('a resource that nobody has priced is refused, and what costs by the month is counted', () => {
    const with_ = (type: string) => idleCost([...templates, { Resources: { X: { Type: type } } }], { free: true });
    expect(() => with_('AWS::EC2::NatGateway')).toThrow('nobody has priced AWS::EC2::NatGateway');
    expect(with_('AWS::KMS::Key').usd - idleCost(templates, { free: true }).usd).toBeCloseTo(1, 6);
  });
});

describe('a thousand', () => {
  it('async runs of five calls of three seconds cost at most $0.45', () => {
    expect(1000 * costOf(asyncRun())).toBeLessThanOrEqual(0.45);
  });

  it('sync runs of five calls that take three seconds together cost at most $0.08', () => {
    expect(1000 * costOf(syncRun(3))).toBeLessThanOrEqual(0.08);
  });

  it('trials of fifty examples, as many at a time as a slice runs, cost at most $0.70', () => {
    expect(SLICE_EXAMPLES).toBe(CUT);
    expect(1000 * costOf(trial(50, EXAMPLES_AT_ONCE))).toBeLessThanOrEqual(0.7);
    // With their share of a search of thirty, too.
    const whole = together([30, trial(50, EXAMPLES_AT_ONCE)], [1, search()]);
    expect((1000 / 30) * costOf(whole)).toBeLessThanOrEqual(0.7);
  });

  it('the guide says what they cost', () => {
    const guide = readFileSync('docs/deploy.md', 'utf8');
    for (const one of [asyncRun(), syncRun(3), syncRun(15), trial(50, EXAMPLES_AT_ONCE)])
      expect(guide).toContain(`**$${(1000 * costOf(one)).toFixed(2)}**`);
  });

  it('each cost what its parts cost: no part is left out, and twice as much of one costs more', () => {
    expect(costOf({})).toBe(0);
    expect(costOf({ transitions: 40_000 })).toBeCloseTo(1, 9);
    expect(costOf({ calls: [{ times: 1, seconds: 1, gb: 1 }] })).toBeCloseTo(0.0000135334, 9);
    expect(costOf({ writeUnits: 1_600_000 })).toBeCloseTo(1, 9);
    expect(costOf({ traces: 200_000 })).toBeCloseTo(1, 9);
    expect(invocations({ calls: [{ times: 2, seconds: 1, gb: 1 }] })).toBe(2);
    expect(costOf(trial(50, 16))).toBeGreaterThan(1.4 * costOf(trial(50, 32)));
    const [one, two] = [asyncRun(), trial(50, 32)];
    expect(costOf(together([2, one], [3, two]))).toBeCloseTo(2 * costOf(one) + 3 * costOf(two), 12);
    expect(costOf(asyncRun({ calls: 10, callSeconds: 3 }))).toBeGreaterThan(1.5 * costOf(asyncRun()));
  });
});
