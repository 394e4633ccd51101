import { ratios, type Spread, spread } from '../measure.ts';

type Taken = Record<string, Partial<Record<string, number[]>>>;

/** One line a target: what was wanted, what there was. `value` is undefined where it was not measured. */
interface Target {
  what: string;
  wanted: string;
  value(taken: Taken): number | undefined;
  met(value: number): boolean;
}

const median = (values: number[] | undefined) => (values === undefined ? undefined : spread(values).median);
/** How many times `a` is `b`, taken round by round. */
const times = (name: string, a: string, b: string) => (taken: Taken) => {
  const [above, below] = [taken[name]?.[a], taken[name]?.[b]];
  return above === undefined || below === undefined ? undefined : ratios(above, below).median;
};
const own = (name: string) => (taken: Taken) => median(taken[name]?.dspex);
const atLeast = (least: number) => (value: number) => value >= least;
const atMost = (most: number) => (value: number) => value <= most;
const IDEAL = 256 / 0.05;

const TARGETS: Target[] = [
  { what: 'signature parse, against ax', wanted: '>= 3x', value: times('signature', 'ax', 'dspex'), met: atLeast(3) },
  {
    what: 'signature parse, against DSPy',
    wanted: '>= 50x',
    value: times('signature', 'dspy', 'dspex'),
    met: atLeast(50),
  },
  { what: 'render and parse, 1 in, 3 out, 4 demos', wanted: '<= 25 us', value: own('prompt'), met: atMost(25) },
  { what: 'call overhead', wanted: '<= 60 us', value: own('call'), met: atMost(60) },
  { what: 'call overhead, against ax', wanted: '>= 15x', value: times('call', 'ax', 'dspex'), met: atLeast(15) },
  {
    what: 'evaluation at 256, share of the ideal',
    wanted: '>= 0.85',
    value: (taken) => {
      const rate = own('evaluate')(taken);
      return rate === undefined ? undefined : rate / IDEAL;
    },
    met: atLeast(0.85),
  },
  { what: 'evaluation at 256, against ax', wanted: '>= 8x', value: times('evaluate', 'dspex', 'ax'), met: atLeast(8) },
  {
    what: 'processor time of an example of it, against ax',
    wanted: '',
    value: times('cpu', 'ax', 'dspex'),
    met: () => true,
  },
  {
    what: 'evaluation at 256, against DSPy',
    wanted: '>= 8x',
    value: times('evaluate', 'dspex', 'dspy'),
    met: atLeast(8),
  },
  {
    what: 'start to first answer, against bare Node',
    wanted: '<= 2.5x',
    value: times('first', 'dspex', 'node'),
    met: atMost(2.5),
  },
  {
    what: 'start to first answer, against DSPy',
    wanted: '>= 6x',
    value: times('first', 'dspy', 'dspex'),
    met: atLeast(6),
  },
  {
    what: 'peak memory of 2,000 examples, share of ax',
    wanted: '<= 0.5',
    value: times('memory', 'dspex', 'ax'),
    met: atMost(0.5),
  },
];

/** The README of the bench: targets with what was measured, losses included, then the figures. */
export function table(
  taken: Taken,
  result: { cpus: string; node: string; loadWhileMeasuring: Spread; rounds: number },
): string {
  const targets = TARGETS.map(({ what, wanted, value, met }) => {
    const found = value(taken);
    const verdict = found === undefined ? 'not measured' : wanted === '' ? '' : met(found) ? 'met' : '**missed**';
    return `| ${what} | ${wanted} | ${found === undefined ? '' : shown(found)} | ${verdict} |`;
  });
  const figures = Object.entries(taken).map(([name, values]) => {
    const cell = (peer: string) => (values[peer] === undefined ? '' : shown(spread(values[peer]).median));
    return `| ${name} | ${['node', 'dspex', 'ax', 'dspy'].map(cell).join(' | ')} |`;
  });
  return `# dspex beside DSPy and ax

Written by \`node bench/peers/run.ts --write\`. Medians of ${result.rounds} rounds; every measurement is a process of its own, the
peers take turns within a round, ratios are taken round by round. ${result.cpus}, Node ${result.node}; the load average was
${shown(result.loadWhileMeasuring.median)} meanwhile. ax has no evaluation that runs examples side by
side; it is given a plain pool of 256. dspex is bundled, as it is published.

| target | wanted | measured | |
| --- | --- | --- | --- |
${targets.join('\n')}

| | bare Node | dspex | ax | DSPy |
| --- | --- | --- | --- | --- |
${figures.join('\n')}

${bound(taken)}\`signature\`, \`prompt\`, \`call\`: microseconds each; \`cpu\`: microseconds of processor time for an example. \`evaluate\`: examples a second over a local HTTP model that answers after 50 ms.
\`first\`: milliseconds. \`memory\`: MB at the peak of the process.
`;
}

/** What a model that takes 50 ms leaves to be won: nobody is faster than it, so a ratio of rates has a ceiling. */
function bound(taken: Taken): string {
  const ax = median(taken.evaluate?.ax);
  if (ax === undefined) return '';
  return `256 calls at once of a 50 ms model give at most ${IDEAL} examples a second, which is ${shown(IDEAL / ax)}x what ax does here: the ratio of
rates cannot be more, whatever dspex does; the processor time has no such ceiling.

`;
}

function shown(value: number): string {
  return String(Number(value.toPrecision(3)));
}
