import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BlackBoxSearch, type SearchOptions, searchBlackBox } from '#lib/optimizer/black-box/search';
import { readSpaceFile } from '#lib/optimizer/black-box/space-file';
import { tellingOf } from '#lib/optimizer/black-box/telling';
import { checkValue } from '#lib/variable/check-value';
import { existsUnder } from '#lib/variable/existence';
import type { Assignment } from '#lib/variable/variable';

const file = {
  variables: [
    { name: 'x', type: 'float', min: -5, max: 10 },
    { name: 'rate', type: 'float', min: 0.0001, max: 1, log: true, when: { model: 'b' } },
    { name: 'n', type: 'integer', min: 1, max: 8 },
    { name: 'model', type: 'choice', choices: ['a', 'b', 'c'] },
    { name: 'flag', type: 'boolean' },
  ],
  objectives: [{ name: 'loss', goal: 'minimize' }],
};
const two = { ...file, objectives: [...file.objectives, { name: 'gain', goal: 'maximize' }] };

function lossOf(a: Assignment): number {
  const rate = typeof a.rate === 'number' ? Math.abs(Math.log10(a.rate) + 2) : 0;
  return (Number(a.x) - 3) ** 2 + (Number(a.n) - 4) ** 2 + (a.model === 'b' ? rate : 3) + (a.flag === true ? 0 : 1);
}

/** Drives a search to its end; `order` says which of the open trials is answered next. */
function drive(
  search: BlackBoxSearch,
  result: (assignment: Assignment, trial: number) => Parameters<BlackBoxSearch['tell']>[1],
  order: (open: number) => number = () => 0,
): Assignment[] {
  const open: { trial: number; assignment: Assignment }[] = [];
  const all: Assignment[] = [];
  for (;;) {
    const asked = search.ask();
    if (asked !== null && asked !== 'waiting') {
      open.push(asked);
      all[asked.trial] = asked.assignment;
      continue;
    }
    const [next] = open.splice(order(open.length), 1);
    if (next === undefined) return all;
    expect(search.tell(next.trial, result(next.assignment, next.trial))).toBeNull();
  }
}
const losses = (assignment: Assignment) => ({ objectives: { loss: lossOf(assignment) } });
const searchOf = (options: Partial<SearchOptions> = {}, source: unknown = file): BlackBoxSearch =>
  searchBlackBox(readSpaceFile(source), { strategy: 'variable_search', seed: 1, trials: 30, ...options });

describe('a search over a black box', () => {
  it.each(['variable_search', 'random', 'grid'])(
    'of %s asks only for assignments of the space, each once',
    (strategy) => {
      const { space } = readSpaceFile(file);
      fc.assert(
        fc.property(fc.integer(), fc.integer({ min: 1, max: 5 }), (seed, parallel) => {
          const asked = drive(searchOf({ strategy, seed, parallel, trials: 25 }), losses);
          expect(asked).toHaveLength(25);
          expect(new Set(asked.map((one) => JSON.stringify(one))).size).toBe(25);
          for (const assignment of asked) {
            for (const variable of space.variables) {
              expect(variable.name in assignment).toBe(existsUnder(variable, assignment));
              const value = assignment[variable.name];
              if (value !== undefined) expect(checkValue(variable, value)).toBeUndefined();
            }
          }
        }),
        { numRuns: 15 },
      );
    },
  );

  it('asks the same trials for the same seed, in whatever order parallel ones are told', () => {
    const first = drive(searchOf({ parallel: 4 }), losses);
    expect(drive(searchOf({ parallel: 4 }), losses, (open) => open - 1)).toEqual(first);
    expect(drive(searchOf({ parallel: 4, seed: 2 }), losses)).not.toEqual(first);
  });

  it('finds better than random does', () => {
    const best = (strategy: string): number => {
      let sum = 0;
      for (let seed = 0; seed < 10; seed++) {
        const search = searchOf({ strategy, seed });
        drive(search, losses);
        sum += search.outcome().best?.objectives.loss ?? Number.NaN;
      }
      return sum;
    };
    expect(best('variable_search')).toBeLessThan(best('random') * 0.6);
  });

  it('maximizes what is to be maximized', () => {
    const search = searchOf({}, { ...file, objectives: [{ name: 'gain', goal: 'maximize' }] });
    drive(search, (assignment) => ({ objectives: { gain: -lossOf(assignment) } }));
    expect(search.outcome().best?.objectives.gain).toBeGreaterThan(-2);
  });

  it('ends with the front of several objectives, the best among it', () => {
    const search = searchOf({ trials: 40 }, two);
    drive(search, (a) => ({ objectives: { loss: lossOf(a), gain: Number(a.x) } }));
    const { best, front = [] } = search.outcome();
    expect(front.length).toBeGreaterThan(2);
    for (const a of front) {
      for (const b of front) {
        const [better, more] = [
          Number(a.objectives.loss) < Number(b.objectives.loss),
          Number(a.objectives.gain) > Number(b.objectives.gain),
        ];
        if (a !== b) expect(better && more).toBe(false);
      }
    }
    expect(front.map(({ trial }) => trial)).toContain(best?.trial);
  });

  it('goes on around trials that fail or have no finite value, and counts them', () => {
    const search = searchOf({ trials: 20 });
    drive(search, (a, trial) => {
      if (trial % 4 === 0) return { failed: 'out of memory' };
      return { objectives: { loss: trial % 4 === 1 ? null : trial % 4 === 2 ? Number.POSITIVE_INFINITY : lossOf(a) } };
    });
    expect(search.outcome()).toMatchObject({ completed: 5, failed: 15, best: { trial: expect.any(Number) } });
  });

  it('stays random when all values are the same, and has no best when everything failed', () => {
    const same = searchOf();
    expect(drive(same, () => ({ objectives: { loss: 1 } }))).toHaveLength(30);
    expect(same.outcome().best).toMatchObject({ trial: 0, objectives: { loss: 1 } });
    const failing = searchOf({}, two);
    drive(failing, () => ({ failed: 'always' }));
    expect(failing.outcome()).toEqual({ best: null, front: [], completed: 0, failed: 30 });
  });

  it('ends early, saying so, when a space has no more assignments', () => {
    const small = { variables: [{ name: 'flag', type: 'boolean' }], objectives: file.objectives };
    for (const strategy of ['variable_search', 'random', 'grid']) {
      const search = searchOf({ strategy }, small);
      expect(drive(search, () => ({ objectives: { loss: 1 } }))).toHaveLength(2);
      expect(search.outcome().reason).toBe('there is no assignment left to try after 2');
    }
  });

  it('does not take a telling it cannot use, and says why', () => {
    const search = searchOf();
    expect(search.tell(0, { objectives: { loss: 1 } })).toBe('no trial 0: none was asked yet');
    search.ask();
    expect(search.tell(7, { failed: 'x' })).toBe('no trial 7: asked were 0 to 0');
    expect(search.tell(-1, { failed: 'x' })).toBe('no trial -1: asked were 0 to 0');
    expect(search.tell(0, { objectives: { cost: 1 } })).toBe('objectives wants loss; there were cost');
    expect(search.tell(0, { objectives: { loss: '1' } })).toBe('objective loss wants a number, there was "1"');
    expect(search.tell(0, { objectives: { loss: 1, extra: 2 } })).toBeNull();
    expect(search.tell(0, { objectives: { loss: 0 } })).toContain('told already');
    expect(search.outcome().best?.objectives.loss).toBe(1);
  });

  it('names the strategies there are when asked for another', () => {
    expect(() => searchOf({ strategy: 'constructor' })).toThrow(/there are variable_search, random, grid/);
  });
});

describe('a space file', () => {
  it.each([
    [null, 'wanted an object with variables and objectives, got null'],
    [{}, '/variables wanted a list of 1 to 1000 variables, it is missing; 1 more'],
    [{ ...file, variables: [] }, '/variables wanted a list of 1 to 1000 variables, got 0'],
    [
      { ...file, variables: [{ name: 'x', type: 'int' }] },
      '/variables/0/type wanted one of float, integer, boolean, choice, got "int"',
    ],
    [{ ...file, variables: [{ name: 'x', type: 'float', min: 0 }] }, '/variables/0/max wanted a number, got nothing'],
    [{ ...file, variables: [{ name: 'x', type: 'float', min: 2, max: 1 }] }, '/variables/0/max max 1 is below min 2'],
    [{ ...file, variables: [{ name: 'x', type: 'float', min: 0, max: 1, log: true }] }, 'log scale needs min above 0'],
    [{ ...file, variables: [{ name: 'x', type: 'choice', choices: [] }] }, 'at least one choice is needed'],
    [{ ...file, variables: [{ name: 'x', type: 'boolean', min: 0 }] }, '/variables/0/min a boolean has no min'],
    [{ ...file, variables: [{ name: 'x', type: 'boolean', when: { y: 1 } }] }, 'Variable y does not exist'],
    [
      { ...file, variables: [{ name: 'x', type: 'boolean', when: { x: true } }] },
      'Circular dependency detected: x -> x',
    ],
    [{ ...file, variables: [...file.variables, { name: 'x', type: 'boolean' }] }, 'Variable x is declared twice'],
    [
      { ...file, objectives: [{ name: 'loss', goal: 'low' }] },
      '/objectives/0/goal wanted minimize or maximize, got "low"',
    ],
    [{ ...file, objectives: [...file.objectives, ...file.objectives] }, 'objective loss is declared twice'],
    [{ ...file, trials: 5 }, '/trials not known'],
  ])('that is wrong is refused with where and why: %j', (source, message) => {
    expect(() => readSpaceFile(source)).toThrow(message);
  });

  it('never breaks on any JSON', () => {
    const member = fc.oneof(fc.jsonValue(), fc.constantFrom('float', 'choice', 'x', 'minimize', 1, 0, -1, true));
    const entry = fc.oneof(
      fc.jsonValue(),
      fc.record(
        {
          name: member,
          type: member,
          min: member,
          max: member,
          step: member,
          log: member,
          choices: member,
          when: member,
        },
        { requiredKeys: [] },
      ),
    );
    fc.assert(
      fc.property(fc.record({ variables: fc.array(entry), objectives: fc.array(entry) }), (source) => {
        try {
          readSpaceFile(source);
        } catch (error) {
          expect(error).toMatchObject({ code: 'space_invalid', problems: expect.any(Array) });
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('a line of a driver', () => {
  it('tells values or a failure', () => {
    expect(tellingOf('{"tell":{"trial":3,"objectives":{"loss":1}}}')).toEqual({
      trial: 3,
      result: { objectives: { loss: 1 } },
    });
    expect(tellingOf('{"tell":{"trial":3,"failed":"no memory"}}')).toEqual({
      trial: 3,
      result: { failed: 'no memory' },
    });
  });

  it('may hold the NaN and Infinity that some languages write: no value', () => {
    const line = '{"tell": {"trial": 0, "objectives": {"a": NaN, "b": -Infinity, "c": Infinity, "d": 1}}}';
    expect(tellingOf(line)).toEqual({ trial: 0, result: { objectives: { a: null, b: null, c: null, d: 1 } } });
  });

  it.each([
    '',
    'hello',
    '[]',
    'null',
    '{"ask":1}',
    '{"tell":{"trial":"0","failed":"x"}}',
    '{"tell":{"trial":0}}',
    '{"tell":{"objectives":{}}}',
  ])('that says something else is answered with what was wanted: %s', (line) => {
    expect(tellingOf(line)).toMatch(/^wanted \{"tell":/);
  });
});
