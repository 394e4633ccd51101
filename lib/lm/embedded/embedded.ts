import { availableParallelism } from 'node:os';
import { StepFailure } from '#lib/base/failure';
import { sha256 } from '#lib/base/hash';
import type { LmParameters, LmUsage, Message } from '../spec.ts';
import { createBiases } from './bias.ts';
import { decode } from './decode.ts';
import { createEmbedder } from './embed.ts';
import { createLanes } from './lanes.ts';
import { importLlama, type LlamaGrammar } from './llama.ts';
import { neutralMessages } from './neutral.ts';
import { createPrefixes, type Prefixes } from './prefixes.ts';
import type { OnProgress } from './progress.ts';
import { promptSegments } from './prompt.ts';
import { ensureRuntime } from './runtime.ts';
import { structureOf } from './structure.ts';
import { EmbeddedUnavailable } from './unavailable.ts';
import { ensureWeights } from './weights.ts';

export interface EmbeddedOptions {
  /** Runtime and weights live in `<dataDir>/runtime`. */
  dataDir: string;
  env?: NodeJS.ProcessEnv;
  onProgress?: OnProgress;
}
export interface EmbeddedRequest {
  messages: readonly Message[];
  parameters?: LmParameters;
  /** Seeds the draw when `parameters.seed` is absent: draw 0, 1, 2 of one prompt differ, and repeat. */
  sample?: number;
  signal?: AbortSignal;
  onDelta?: (text: string) => void;
}
export interface EmbeddedAnswer {
  text: string;
  finishReason: 'stop' | 'length';
  usage: LmUsage;
  durationMs: number;
}
/** A small language model inside this process: no server, no key, no cost. Its answers depend on the request alone. */
export interface Embedded {
  complete(request: EmbeddedRequest): Promise<EmbeddedAnswer>;
  /** One vector a text; a text longer than the model holds is cut. */
  embed(texts: readonly string[], signal?: AbortSignal): Promise<{ vectors: number[][]; inputTokens: number }>;
  /** Gets and loads the model now instead of at the first call. */
  load(): Promise<void>;
  close(): Promise<void>;
}

// A token of context takes 23 KB: a lane of three prefixes of 3,072 tokens is about 210 MB.
const CONTEXT_TOKENS = 3072;
const SEQUENCES = 3;
// Two lanes of one thread each instead of one lane of two: threads that share an answer wait for each other at every
// layer, and on a busy machine one token then takes 150 ms and more where one thread alone takes 18.
const LANES = 2;
const DEFAULT_MAX_TOKENS = 512;

export function createEmbedded(options: EmbeddedOptions): Embedded {
  let opening: ReturnType<typeof open> | null = null;
  const opened = () => {
    opening ??= open(options).catch((error) => {
      // What is missing today may be there at the next call.
      opening = null;
      throw error;
    });
    return opening;
  };
  return {
    load: async () => void (await opened()),
    complete: async (request) => {
      const engine = await opened();
      return engine.answer(request);
    },
    embed: async (texts, signal) => (await opened()).embed(texts, signal),
    close: async () => {
      const engine = await opening;
      opening = null;
      await engine?.dispose();
    },
  };
}

async function open(options: EmbeddedOptions) {
  const env = options.env ?? process.env;
  const modelPath = await ensureWeights(options.dataDir, env, options.onProgress);
  const module = await importLlama(await ensureRuntime(options.dataDir, options.onProgress));
  try {
    const gpu = process.platform === 'darwin' && process.arch === 'arm64' ? 'auto' : false;
    const llama = await module.getLlama({ gpu, build: 'never', logLevel: 'error', progressLogs: false });
    const model = await llama.loadModel({ modelPath });
    if (!(model.fileInfo.metadata?.tokenizer?.chat_template ?? '<|im_start|>').includes('<|im_start|>'))
      throw new Error(`${modelPath} does not speak ChatML, the only chat format read here`);
    const lanes = createLanes(Math.min(LANES, availableParallelism()), async () => {
      const context = await model.createContext({ contextSize: CONTEXT_TOKENS, sequences: SEQUENCES, threads: 1 });
      return createPrefixes(Array.from({ length: SEQUENCES }, () => context.getSequence()));
    });
    const biases = createBiases();
    const grammars = new Map<string, Promise<LlamaGrammar>>();
    const grammar = async (gbnf: string) => {
      if (grammars.size > 500) grammars.clear();
      const made = grammars.get(gbnf) ?? llama.createGrammar({ grammar: gbnf });
      grammars.set(gbnf, made);
      return new module.LlamaGrammarEvaluationState({ model, grammar: await made });
    };
    const answer = async ({ messages, parameters = {}, sample, signal, onDelta }: EmbeddedRequest) => {
      const segments = promptSegments(model, messages);
      const inputTokens = segments.reduce((sum, segment) => sum + segment.length, 0);
      const maxTokens = Math.min(parameters.maxTokens ?? DEFAULT_MAX_TOKENS, CONTEXT_TOKENS - inputTokens - 8);
      if (maxTokens < 1)
        throw new StepFailure(
          'Model.Refused',
          `the prompt has ${inputTokens} tokens and the embedded model holds ${CONTEXT_TOKENS}, answer included`,
        );
      const opening = segments.splice(-2).flat();
      const neutral = neutralMessages(messages, parameters.typicalInputs).map((message) =>
        promptSegments(model, [...messages.slice(0, -1), message])
          .slice(-2)
          .flat(),
      );
      const sampling = {
        temperature: parameters.temperature ?? 0,
        topP: parameters.topP ?? 0.95,
        topK: 40,
        seed: parameters.seed ?? seedOf(sample ?? 0),
      };
      const work = async (lane: Prefixes): Promise<EmbeddedAnswer> => {
        const startedAt = performance.now();
        const { sequence, reusedTokens } = await lane.prepare(segments);
        const { text, outputTokens, finishReason } = await decode(model, sequence, opening, structureOf(messages), {
          sampling,
          maxTokens,
          stop: parameters.stop ?? [],
          onText: onDelta ?? (() => {}),
          signal,
          grammar,
          bias: biases(segments.flat(), neutral),
        });
        const usage = { inputTokens, outputTokens, cachedInputTokens: reusedTokens };
        return { text, finishReason, usage, durationMs: performance.now() - startedAt };
      };
      return lanes.run((lane) => lane.held(segments), signal, work);
    };
    const embed = createEmbedder(model);
    return { answer, embed, dispose: () => llama.dispose() };
  } catch (error) {
    throw new EmbeddedUnavailable('its runtime did not start', error);
  }
}

function seedOf(sample: number): number {
  return Number.parseInt(sha256(`sample ${sample}`).slice(0, 7), 16);
}
