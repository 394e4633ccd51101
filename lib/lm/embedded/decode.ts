import type { BiasReader } from './bias.ts';
import { choose, logitsAfter } from './choice.ts';
import { type HoleRule, holeRule } from './hole.ts';
import type { LlamaGrammarState, LlamaModel, LlamaSequence, Sampling, Token } from './llama.ts';
import type { Piece, Structure } from './structure.ts';

export interface DecodeOptions {
  sampling: Sampling;
  maxTokens: number;
  stop: readonly string[];
  onText: (delta: string) => void;
  signal: AbortSignal | undefined;
  grammar: (gbnf: string) => Promise<LlamaGrammarState>;
  /** Measures the model's bias between options; without it options are compared as they are. */
  bias?: BiasReader;
}
export interface Decoded {
  text: string;
  outputTokens: number;
  finishReason: 'stop' | 'length';
}

// A free field of a structured answer ends here at the latest, so that every answer has all its fields.
const FIELD_TOKENS = 160;
const FREE: Structure = { format: 'chat', pieces: [{ kind: 'hole', field: '', hole: { kind: 'text' }, until: '' }] };

/**
 * Writes one answer after `opening` (tokens not evaluated yet). Text every answer shares is appended without decoding:
 * its tokens travel with the next batch, and behind the last hole they are never evaluated at all.
 */
export async function decode(
  model: LlamaModel,
  sequence: LlamaSequence,
  opening: readonly Token[],
  structure: Structure | null,
  options: DecodeOptions,
): Promise<Decoded> {
  const { pieces } = structure ?? FREE;
  const state = { text: '', tokens: 0, pending: [...opening] };
  let shown = 0;
  const show = (text: string) => {
    if (text.length > shown) options.onText(text.slice(shown));
    shown = Math.max(shown, text.length);
  };
  const write = (piece: string): boolean => {
    const before = state.text.length;
    state.text += piece;
    const stopped = earliest(state.text, options.stop, before);
    if (stopped >= 0) state.text = state.text.slice(0, stopped);
    show(state.text);
    return stopped >= 0;
  };
  // What was evaluated for this answer, batch by batch, and whether all of it but the input is the same for every input.
  const batches: Token[][] = [];
  let fixed = true;
  let lead = '';
  for (const [i, piece] of pieces.entries()) {
    if (piece.kind === 'forced') {
      const tokens = model.tokenize(piece.text, false);
      const next = pieces[i + 1];
      if (next?.kind === 'hole' && next.hole.kind === 'choice') lead = piece.text;
      else state.pending.push(...tokens);
      state.tokens += tokens.length;
      if (write(piece.text)) return finish(state, 'stop');
      continue;
    }
    const left = options.maxTokens - state.tokens;
    const limit = structure === null ? left : Math.min(left - reserve(model, pieces.slice(i + 1)), FIELD_TOKENS);
    if (piece.hole.kind === 'choice') {
      options.signal?.throwIfAborted();
      const { pending } = state;
      const written = [...batches.flat(), ...pending].slice(opening.length);
      const chosen = await choose(model, {
        lead,
        options: piece.hole.options,
        sampling: options.sampling,
        pending,
        evaluate: (tokens, candidates) => {
          batches.push([...tokens]);
          return logitsAfter(sequence, tokens, candidates);
        },
        bias: async (path, candidates) => {
          if (!fixed || options.bias === undefined) return null;
          return options.bias(sequence, batches, [...written, ...path], candidates);
        },
      });
      state.tokens += chosen.tokens;
      state.pending = chosen.pending;
      if (chosen.tokens > Math.max(1, limit)) return finish(state, 'length');
      if (write(chosen.option)) return finish(state, 'stop');
      continue;
    }
    fixed = false;
    const filled = await fill(model, sequence, state.pending, holeRule(piece.hole, piece.until), {
      ...options,
      maxTokens: Math.max(1, limit),
      trim: structure !== null,
      growing: (text) => show(certain(state.text + text, [...options.stop, '\n\n', piece.until])),
    });
    state.tokens += filled.tokens;
    state.pending = filled.pending;
    if (write(filled.text)) return finish(state, 'stop');
    if (filled.full && (structure === null || piece.hole.kind !== 'text')) return finish(state, 'length');
  }
  return finish(state, 'stop');
}

function finish(state: { text: string; tokens: number }, finishReason: Decoded['finishReason']): Decoded {
  return { text: state.text, outputTokens: state.tokens, finishReason };
}

/** Tokens the rest of the structure needs at least: its fixed text and a short value in every hole. */
function reserve(model: LlamaModel, pieces: readonly Piece[]): number {
  return pieces.reduce((sum, p) => sum + (p.kind === 'forced' ? model.tokenize(p.text, false).length : 8), 0);
}

interface Filled {
  text: string;
  tokens: number;
  /** Kept tokens that are not evaluated yet. */
  pending: Token[];
  /** The limit was reached before the value was complete. */
  full: boolean;
}

async function fill(
  model: LlamaModel,
  sequence: LlamaSequence,
  pending: Token[],
  rule: HoleRule,
  options: DecodeOptions & { trim: boolean; growing: (text: string) => void },
): Promise<Filled> {
  const start = sequence.nextTokenIndex + pending.length;
  const grammar = rule.grammar === null ? {} : { grammarEvaluationState: await options.grammar(rule.grammar) };
  const tokens: Token[] = [];
  let text = '';
  let end: ReturnType<HoleRule['end']> = null;
  let full = false;
  for await (const token of sequence.evaluate(pending, { ...options.sampling, ...grammar })) {
    options.signal?.throwIfAborted();
    tokens.push(token);
    text = model.detokenize(tokens);
    end = rule.end(text);
    if (end !== null || earliest(text, options.stop, 0) >= 0) break;
    full = tokens.length >= options.maxTokens;
    if (full) break;
    if (rule.streams) options.growing(options.trim ? text.trimStart() : text);
  }
  const kept = options.trim ? text.slice(0, end?.length ?? text.length).trim() : text.slice(0, end?.length);
  const value = kept + (end?.rest ?? '');
  // Tokens written past the value, or with other white space, are taken back: the context holds what the answer says.
  const [first, rest] = agreeing(model, tokens, value);
  const evaluated = Math.min(sequence.nextTokenIndex, start + first.length);
  if (sequence.nextTokenIndex > evaluated)
    await sequence.eraseContextTokenRanges([{ start: evaluated, end: sequence.nextTokenIndex }]);
  return {
    text: value,
    tokens: Math.max(tokens.length, 1),
    pending: [...first.slice(evaluated - start), ...rest],
    full,
  };
}

/** Splits `value` into the longest run of the written tokens that spells its beginning, and fresh tokens for the rest. */
function agreeing(model: LlamaModel, tokens: readonly Token[], value: string): [Token[], Token[]] {
  for (let count = tokens.length; count > 0; count--) {
    const spelled = model.detokenize(tokens.slice(0, count));
    if (value.startsWith(spelled)) {
      const rest = value.slice(spelled.length);
      return [tokens.slice(0, count), rest === '' ? [] : model.tokenize(rest, false)];
    }
  }
  return [[], value === '' ? [] : model.tokenize(value, false)];
}

/** The part of a growing text that no further token can take back: what may be the beginning of an end is held. */
function certain(text: string, ends: readonly string[]): string {
  // Half a character decodes to U+FFFD.
  const whole = text.replace(/\ufffd+$/u, '').trimEnd();
  for (let held = Math.max(0, ...ends.map((end) => end.length - 1)); held > 0; held--)
    if (ends.some((end) => end.length > held && whole.endsWith(end.slice(0, held))))
      return whole.slice(0, -held).trimEnd();
  return whole;
}

/** Where the first stop sequence that ends behind `from` begins; -1 for none. */
function earliest(text: string, stops: readonly string[], from: number): number {
  const found = stops.filter((s) => s !== '').map((s) => text.indexOf(s, Math.max(0, from - s.length + 1)));
  return found.reduce((first, at) => (at >= 0 && (first < 0 || at < first) ? at : first), -1);
}
