import { sha256 } from '#lib/base/hash';
import { createBiases } from '#lib/lm/embedded/bias';
import { decode } from '#lib/lm/embedded/decode';
import { importLlama, type LlamaGrammar } from '#lib/lm/embedded/llama';
import { neutralMessages } from '#lib/lm/embedded/neutral';
import { createPrefixes } from '#lib/lm/embedded/prefixes';
import { promptSegments } from '#lib/lm/embedded/prompt';
import { ensureRuntime } from '#lib/lm/embedded/runtime';
import { structureOf } from '#lib/lm/embedded/structure';
import { ensureWeights } from '#lib/lm/embedded/weights';
import type { LmAnswer } from '#lib/lm/spec';
import type { ModuleContext } from '#lib/module/runtime';
import { lazySequence } from './lazy-sequence.ts';

export const EMBEDDED = { provider: 'embedded', model: 'SmolLM2-135M-Instruct.Q4_1' };
const CONTEXT_TOKENS = 3072;
// An answer that cannot be read is asked for again in another prompt, which must not push out the first.
const SEQUENCES = 2;
// As the product draws sample 0.
const SEED = Number.parseInt(sha256('sample 0').slice(0, 7), 16);

/**
 * The embedded model on one thread, by the parts the product's own is made of, for one call at a time; what a call shares
 * with the one before is not evaluated again. Its milliseconds count that work all the same, at the pace of the last call
 * that did it. `heard` is told every answer.
 */
export async function openModel(dataDir: string, heard: (answer: { key: string; text: string }) => void) {
  const modelPath = await ensureWeights(dataDir, process.env);
  const module = await importLlama(await ensureRuntime(dataDir));
  const llama = await module.getLlama({ gpu: false, build: 'never', logLevel: 'error', progressLogs: false });
  const model = await llama.loadModel({ modelPath });
  const context = await model.createContext({ contextSize: CONTEXT_TOKENS, sequences: SEQUENCES, threads: 1 });
  const sequences = Array.from({ length: SEQUENCES }, () => lazySequence(context.getSequence()));
  const prefixes = createPrefixes(sequences);
  const biases = createBiases();
  const grammar = async (gbnf: string) =>
    new module.LlamaGrammarEvaluationState({
      model,
      grammar: (await llama.createGrammar({ grammar: gbnf })) as LlamaGrammar,
    });
  let pace = 0;

  const complete: ModuleContext['gateway']['complete'] = async ({ messages, parameters }): Promise<LmAnswer> => {
    const segments = promptSegments(model, messages);
    const inputTokens = segments.reduce((sum, segment) => sum + segment.length, 0);
    const opening = segments.splice(-2).flat();
    const neutral = neutralMessages(messages, parameters.typicalInputs).map((message) =>
      promptSegments(model, [...messages.slice(0, -1), message])
        .slice(-2)
        .flat(),
    );
    const { sequence: prepared, reusedTokens } = await prefixes.prepare(segments);
    const sequence = sequences.find((one) => one === prepared);
    if (sequence === undefined) throw new Error('a sequence that is none of ours');
    Object.assign(sequence.evaluated, { tokens: 0, ms: 0, avoided: 0 });
    const began = performance.now();
    const { text, outputTokens, finishReason } = await decode(model, sequence, opening, structureOf(messages), {
      sampling: { temperature: parameters.temperature ?? 0, topP: parameters.topP ?? 0.95, topK: 40, seed: SEED },
      maxTokens: Math.min(parameters.maxTokens ?? 512, CONTEXT_TOKENS - inputTokens - 8),
      stop: [],
      onText: () => {},
      signal: undefined,
      grammar,
      bias: biases(segments.flat(), neutral),
    });
    const { tokens, ms, avoided } = sequence.evaluated;
    const durationMs = performance.now() - began + avoided * pace;
    if (tokens > avoided) pace = ms / tokens;
    const key = sha256(JSON.stringify({ messages, parameters }));
    heard({ key, text });
    return {
      ...{ text, finishReason, usage: { inputTokens, outputTokens, cachedInputTokens: reusedTokens } },
      ...{ costNanoUsd: null, spentNanoUsd: null, priceVersion: null },
      ...{ source: 'provider', durationMs, key, attempts: 1 },
    };
  };
  const moduleContext: ModuleContext = { workspaceId: 'lm-replay', model: () => EMBEDDED, gateway: { complete } };
  return { context: moduleContext, close: () => llama.dispose() };
}
