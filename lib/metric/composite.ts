import type { MetricSpec, Score, ScoreFunction } from './spec.ts';

type Composite = Extract<MetricSpec, { kind: 'composite' }>;

/**
 * The weighted mean of its parts. A part under its `atLeast` makes the whole 0: a hard constraint is not something that
 * enough of another part can buy back.
 */
export function composite(spec: Composite, build: (spec: MetricSpec) => ScoreFunction): ScoreFunction {
  const names = partNames(spec);
  const parts = spec.parts.map((part, index) => ({ ...part, name: names[index] ?? '', score: build(part.metric) }));
  const weights = parts.reduce((sum, part) => sum + part.weight, 0);
  const sum = (scores: readonly Score[]): Score => {
    const values: Record<string, number> = {};
    const reasons: string[] = [];
    let total = 0;
    let broken = false;
    for (const [index, part] of parts.entries()) {
      const { value, reason } = scores[index] as Score;
      values[part.name] = value;
      total += part.weight * value;
      if (reason !== undefined) reasons.push(`${part.name}: ${reason}`);
      if (part.atLeast !== undefined && value < part.atLeast) {
        broken = true;
        reasons.push(`${part.name} is ${value}, at least ${part.atLeast} is required`);
      }
    }
    const score: Score = { value: broken || weights <= 0 ? 0 : Math.min(1, total / weights), parts: values };
    if (reasons.length > 0) score.reason = reasons.join('; ');
    const calls = scores.flatMap((part) => part.calls ?? []);
    if (calls.length > 0) score.calls = calls;
    return score;
  };
  return (labels, outputs, inputs) => {
    const scores = parts.map((part) => part.score(labels, outputs, inputs));
    return scores.some((score) => score instanceof Promise) ? Promise.all(scores).then(sum) : sum(scores as Score[]);
  };
}

/** The given names; else kind and output (`f1:answer`), numbered when that is taken. */
export function partNames(spec: Composite): string[] {
  const taken = new Set(spec.parts.flatMap((part) => part.name ?? []));
  return spec.parts.map(({ metric, name }) => {
    if (name !== undefined) return name;
    const plain = 'output' in metric ? `${metric.kind}:${metric.output}` : metric.kind;
    let free = plain;
    for (let n = 2; taken.has(free); n++) free = `${plain}#${n}`;
    taken.add(free);
    return free;
  });
}
