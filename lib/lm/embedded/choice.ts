import { seededRandom } from '#lib/base/random';
import type { LlamaModel, LlamaSequence, Sampling, Token } from './llama.ts';

/** What one choice needs to know of the prompt it is made in. */
export interface ChoicePlace {
  /** Fixed text before the value, tokenized together with each option as the model would write them. */
  lead: string;
  options: readonly string[];
  sampling: Sampling;
  /** Tokens that stand between the evaluated context and `lead`. */
  pending: readonly Token[];
  /** Evaluates `tokens` and gives the logits of `candidates` for the next one. */
  evaluate(tokens: readonly Token[], candidates: readonly Token[]): Promise<Logits>;
  /** The same at this point of the answer (`path` on) when the input says nothing: the model's bias. Null = not known. */
  bias(path: readonly Token[], candidates: readonly Token[]): Promise<Logits | null>;
}
export type Logits = ReadonlyMap<Token, number>;
export interface Chosen {
  option: string;
  tokens: number;
  pending: Token[];
}

/**
 * Picks one of the options by walking their own tokenizations: where they part, the branches are compared by logit less
 * bias. A grammar would also let in odd spellings (`d`+`e`+`vice`), whose noise decides when all options are unlikely;
 * and a small model leans to the option seen first or last, whatever the input, by more than its judgement weighs. What it
 * leans to is measured on inputs that say nothing (Zhao et al. 2021, "Calibrate Before Use").
 */
export async function choose(model: LlamaModel, place: ChoicePlace): Promise<Chosen> {
  const { lead, options, sampling } = place;
  const lengthOfLead = model.tokenize(lead, false).length;
  // The line break ends an option, so that one that begins another is a branch of its own.
  let live = options.map((option) => ({ option, tokens: model.tokenize(`${lead}${option}\n`, false) }));
  const random = seededRandom(`choice/${sampling.seed}/${lead}`);
  let done = 0;
  let pending = [...place.pending];
  for (;;) {
    const [first] = live;
    if (first === undefined) throw new Error('a choice with no options');
    const shared = sharedLength(live.map(({ tokens }) => tokens));
    if (live.length === 1 || shared === Math.min(...live.map(({ tokens }) => tokens.length))) {
      const whole = model.tokenize(`${lead}${first.option}`, false);
      // Where the line break changed the tokens before it, the rest is what is left of the text.
      const written = model.detokenize(first.tokens.slice(0, done));
      const agrees = whole.slice(0, done).every((token, i) => token === first.tokens[i]);
      const rest = agrees ? whole.slice(done) : model.tokenize(`${lead}${first.option}`.slice(written.length), false);
      return { option: first.option, tokens: Math.max(1, whole.length - lengthOfLead), pending: [...pending, ...rest] };
    }
    const path = first.tokens.slice(0, shared);
    const branches = [...new Set(live.map(({ tokens }) => tokens[shared] ?? -1))];
    const bias = await place.bias(path, branches);
    const logits = await place.evaluate([...pending, ...first.tokens.slice(done, shared)], branches);
    const scores = branches.map((token) => (logits.get(token) ?? -100) - (bias?.get(token) ?? 0));
    const taken = branches[draw(scores, sampling.temperature, random.next())];
    live = live.filter(({ tokens }) => tokens[shared] === taken);
    pending = [];
    done = shared;
  }
}

/** Evaluates `tokens` and gives the logits of the candidates for the next one. */
export async function logitsAfter(
  sequence: LlamaSequence,
  tokens: readonly Token[],
  candidates: readonly Token[],
): Promise<Logits> {
  const last = tokens.length - 1;
  const results = await sequence.controlledEvaluate(
    tokens.map((token, i) =>
      i < last ? token : [token, { generateNext: { logits: { filter: { tokens: candidates } } } }],
    ),
  );
  return results[last]?.next.logits ?? new Map();
}

/** The index of the highest score, or at a temperature one drawn by the softmax of the scores. */
function draw(scores: readonly number[], temperature: number, uniform: number): number {
  const best = Math.max(...scores);
  if (temperature <= 0) return scores.indexOf(best);
  const weights = scores.map((score) => Math.exp((score - best) / temperature));
  let left = uniform * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [i, weight] of weights.entries()) {
    left -= weight;
    if (left < 0) return i;
  }
  return scores.indexOf(best);
}

function sharedLength(lists: readonly (readonly Token[])[]): number {
  const [first = []] = lists;
  let length = 0;
  while (length < first.length && lists.every((list) => list[length] === first[length])) length += 1;
  return length;
}
