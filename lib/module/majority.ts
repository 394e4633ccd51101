import { canonicalJson, type Json } from '#lib/base/json';
import { normalizeText } from '#lib/base/normalize-text';
import type { Values } from '#lib/signature/signature';
import type { Change, ModuleKind } from './forward.ts';
import { plainOf } from './plain.ts';
import { allOf } from './together.ts';

const DRAWS = 3;
// Several answers of one prompt should differ: DSPy raises a temperature that would make them the same. A 0 counts as unsaid.
const temperature: NonNullable<Change['temperature']> = (own, model) => {
  const given = own || model;
  return given === undefined || given <= 0.15 ? 0.7 : given;
};

/** dspy.majority over `n` draws made at the same time: the first answer whose field has the commonest value. */
export const majority: ModuleKind = {
  doc: 'Runs a module n times at once and gives the answer most of them agree on.',
  predictors: (spec) => plainOf(spec).predictors(spec),
  face: (spec) => plainOf(spec).face?.(spec) ?? spec.signature,
  atOnce: ({ options }) => options?.n ?? DRAWS,
  forward: async (run) => {
    const { n = DRAWS, field } = run.spec.options ?? {};
    const draws = Array.from({ length: n }, (_, i) => run.draw(i, { sample: run.sample * n + i, temperature }));
    const answers = await allOf(draws.map((draw) => plainOf(run.spec).forward(draw)));
    return majorityOf(answers, field ?? run.spec.signature.outputs.at(-1)?.name ?? '');
  },
};

/**
 * The first of the answers that has the commonest value of `field`. Texts are compared as `dspy.evaluate.normalize_text`
 * leaves them, and one it leaves empty has no vote unless all are; of equally common values the earliest wins.
 */
export function majorityOf(answers: readonly Values[], field: string): Values {
  const votes = answers.map((answer) => ballot(answer[field] ?? null));
  const valid = votes.filter((vote) => vote !== '');
  const counts = new Map<string, number>();
  for (const vote of valid.length > 0 ? valid : votes) counts.set(vote, (counts.get(vote) ?? 0) + 1);
  const most = Math.max(...counts.values());
  const winner = [...counts].find(([, count]) => count === most)?.[0] ?? '';
  return answers[votes.indexOf(winner)] ?? {};
}

const ballot = (value: Json): string =>
  typeof value === 'string' ? normalizeText(value) : `json ${canonicalJson(value)}`;
