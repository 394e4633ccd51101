import { readFileSync } from 'node:fs';
import type { Demo } from '#lib/adapter/adapter';
import { type Random, seededRandom } from '#lib/base/random';

export interface Example {
  id: string;
  text: string;
  label: string;
}
type Text = Omit<Example, 'id'>;
export type Split = 'train' | 'validation' | 'test';
/** Sorting short texts: one text in, one of a few labels out. */
export interface ReplayedTask {
  name: string;
  input: string;
  output: string;
  /** Tokens an answer may have in all: thoughts of a model this small run in circles soon. */
  maxTokens: number;
  labels: string[];
  instructions: Record<string, string>;
  demos: Record<string, Demo[]>;
  /** Train examples without their labels, for the model's bias between labels. */
  typical: Record<string, string>[];
  examples: Record<Split, Example[]>;
}

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
const PROMPTS = JSON.parse(read('tasks/prompts.json')) as Record<string, Record<string, string>>;

/** Validation is what searches see, test what winners are measured on; both in an order of mixed labels. */
const SIZES: Record<Split, number> = { train: 30, validation: 60, test: 42 };
/** Test texts beside those, written when the searches had been made. */
const MORE = 84;
/** Examples a demo set has of each label. */
const DEMO_SETS = { none: 0, few: 1, many: 2 };

type Lists = Record<string, string[]>;

/** Texts by label, in mixed order. */
const mixed = (lists: Lists, random: Random): Text[] =>
  random.shuffle(Object.entries(lists).flatMap(([label, texts]) => texts.map((text) => ({ label, text }))));

/** The example's tickets, those of its test split apart. */
function tickets(random: Random, ofTest: boolean): Text[] {
  const tickets = read('../../examples/support-triage/tickets.jsonl')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { ticket: string; queue: string; split: string })
    .filter(({ split }) => (split === 'test') === ofTest)
    .map(({ ticket, queue }) => ({ text: ticket, label: queue }));
  return random.shuffle(tickets);
}

interface Source {
  input: string;
  output: string;
  maxTokens: number;
  texts: (random: Random) => Text[];
  /** For the test split only. */
  more: (random: Random) => Text[];
}
const SOURCES: Record<string, Source> = {
  headlines: { input: 'headline', output: 'topic', maxTokens: 64, ...written('headlines') },
  triage: {
    ...{ input: 'ticket', output: 'queue', maxTokens: 40 },
    texts: (random) => tickets(random, false),
    more: (random) => tickets(random, true),
  },
  shopping: { input: 'item', output: 'aisle', maxTokens: 48, ...written('shopping') },
};

/** Lists of texts of a file and of more.json. */
function written(name: string): Pick<Source, 'texts' | 'more'> {
  const from = (lists: Lists | undefined) => (random: Random) => mixed(lists ?? {}, random);
  const more = JSON.parse(read('tasks/more.json')) as Record<string, Lists>;
  return { texts: from(JSON.parse(read(`tasks/${name}.json`)) as Lists), more: from(more[name]) };
}
export const TASK_NAMES = Object.keys(SOURCES);

/** One of the tasks by name, the same at every call. Throws for another name. */
export function replayedTask(name: string): ReplayedTask {
  const source = SOURCES[name];
  const instructions = PROMPTS[name];
  if (source === undefined || instructions === undefined)
    throw new Error(`wanted one of ${TASK_NAMES.join(', ')}, got ${name}`);
  const texts = source.texts(seededRandom(`lm-replay/${name}/texts`));
  const labels = [...new Set(texts.map(({ label }) => label))].sort();
  const random = seededRandom(`lm-replay/${name}`);
  const examples = split(name, labels, texts, source.more(seededRandom(`lm-replay/${name}/more`)));
  const next = labels.map((label) => examples.train.filter((one) => one.label === label));
  const demo = ({ text, label }: Example): Demo => ({ [source.input]: text, [source.output]: label });
  const demos = Object.fromEntries(
    Object.entries(DEMO_SETS).map(([set, each]) => [
      set,
      random.shuffle(next.flatMap((own) => own.splice(0, each).map(demo))),
    ]),
  );
  const typical = Array.from({ length: 3 }, () => next.flatMap((own) => own.splice(0, 1)))
    .flat()
    .slice(0, 9)
    .map(({ text }) => ({ [source.input]: text }));
  const { input, output, maxTokens } = source;
  return { name, input, output, maxTokens, labels, instructions, demos, typical, examples };
}

/** The same share of each label in every split, labels taking turns. */
function split(name: string, labels: string[], texts: Text[], more: Text[]): Record<Split, Example[]> {
  let taken = 0;
  const takeFrom = (source: Text[]) => {
    const left = labels.map((label) => source.filter((one) => one.label === label));
    return (size: number): Example[] =>
      Array.from({ length: size }, (_, k) => {
        const one = left[k % left.length]?.shift();
        if (one === undefined) throw new Error(`${name} has too few texts`);
        return { id: `${name[0]}${taken++}`, ...one };
      });
  };
  const take = takeFrom(texts);
  const [validation, test, train] = [take(SIZES.validation), take(SIZES.test), take(SIZES.train)];
  return { validation, test: [...test, ...takeFrom(more)(MORE)], train };
}
