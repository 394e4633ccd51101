import { searchBlackBox } from '#lib/optimizer/black-box/search';
import { readSpaceFile } from '#lib/optimizer/black-box/space-file';

/**
 * A program of four modules that share `rigor` and `exploratory_focus`. Which rigor is right depends on the focus: 0.95
 * for a contrarian one, 0.7 for an established one; and contrarian with high rigor is the best of the whole program,
 * though each module by itself, run with the others at their defaults, looks best with the established focus.
 */
export const TRIALS = 40;
const FOCUS = ['Established', 'Emerging', 'Contrarian'] as const;
type Focus = (typeof FOCUS)[number];
interface Setting {
  rigor: number;
  focus: Focus;
}

const BEST_RIGOR: Record<Focus, number> = { Established: 0.7, Emerging: 0.8, Contrarian: 0.95 };
/** What a module gains from the focus alone, and what the whole gains when all four follow the same one. */
const ALONE: Record<Focus, number> = { Established: 0.1, Emerging: 0.05, Contrarian: 0 };
const TOGETHER: Record<Focus, number> = { Established: 0, Emerging: 0.05, Contrarian: 0.3 };
const BEAR = [0.01, 0, -0.01, 0];
const DEFAULT: Setting = { rigor: 0.5, focus: 'Established' };

/** Quality of the program with each of its modules at a setting; 0 to 1. */
export function qualityOf(settings: readonly Setting[]): number {
  const own = settings.reduce((sum, { rigor, focus }, module) => {
    // Modules differ a little in how much rigor they bear.
    const off = rigor - (BEST_RIGOR[focus] + (BEAR[module % BEAR.length] ?? 0));
    return sum + 0.5 + ALONE[focus] - 1.5 * off * off;
  }, 0);
  const [first] = settings;
  const agree = first !== undefined && settings.every(({ focus }) => focus === first.focus);
  return own / settings.length + (agree ? TOGETHER[first.focus] : 0);
}

const space = readSpaceFile({
  variables: [
    { name: 'rigor', type: 'float', min: 0, max: 1 },
    { name: 'focus', type: 'choice', choices: [...FOCUS] },
  ],
  objectives: [{ name: 'quality', goal: 'maximize' }],
});

function searched(seed: number | string, trials: number, quality: (setting: Setting) => number): Setting {
  const search = searchBlackBox(space, { strategy: 'variable_search', seed, trials });
  for (;;) {
    const asked = search.ask();
    if (asked === null || asked === 'waiting') break;
    search.tell(asked.trial, { objectives: { quality: quality(settingOf(asked.assignment)) } });
  }
  return settingOf(search.outcome().best?.assignment ?? {});
}

const settingOf = (assignment: Record<string, unknown>): Setting => ({
  rigor: Number(assignment.rigor ?? DEFAULT.rigor),
  focus: FOCUS.find((one) => one === assignment.focus) ?? DEFAULT.focus,
});

export interface Found {
  found: boolean;
  quality: number;
}

/** Found: the focus that only pays together, with the rigor that belongs to it. */
const judged = (settings: readonly Setting[]): Found => ({
  found: settings.every(
    ({ rigor, focus }) => focus === 'Contrarian' && Math.abs(rigor - BEST_RIGOR.Contrarian) <= 0.05,
  ),
  quality: qualityOf(settings),
});

/** One search over the two shared variables. */
export function joint(seed: number): Found {
  const best = searched(seed, TRIALS, (setting) => qualityOf([setting, setting, setting, setting]));
  return judged([best, best, best, best]);
}

/** Each module tuned in turn, the others as they are by then; the same trials in all. */
export function separate(seed: number): Found {
  const settings: Setting[] = [DEFAULT, DEFAULT, DEFAULT, DEFAULT];
  for (let module = 0; module < 4; module++) {
    settings[module] = searched(`${seed}/${module}`, TRIALS / 4, (setting) =>
      qualityOf(settings.map((other, index) => (index === module ? setting : other))),
    );
  }
  return judged(settings);
}
