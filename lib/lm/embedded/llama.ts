import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The part of node-llama-cpp 3.22 we use. Written down here because the package is never installed in our own tree. */
export type Token = number;
export interface LlamaModule {
  getLlama(options: { gpu: false | 'auto'; build: 'never'; logLevel: 'error'; progressLogs: false }): Promise<Llama>;
  LlamaGrammarEvaluationState: new (options: { model: LlamaModel; grammar: LlamaGrammar }) => LlamaGrammarState;
}
export interface Llama {
  loadModel(options: { modelPath: string }): Promise<LlamaModel>;
  createGrammar(options: { grammar: string }): Promise<LlamaGrammar>;
  cpuMathCores: number;
  dispose(): Promise<void>;
}
export type LlamaGrammar = { readonly grammar: string };
export type LlamaGrammarState = { clone(): LlamaGrammarState };
export interface LlamaModel {
  tokens: { bos: Token | null; eos: Token | null };
  fileInfo: { metadata?: { tokenizer?: { chat_template?: string } } };
  tokenize(text: string, specialTokens: boolean): Token[];
  detokenize(tokens: readonly Token[]): string;
  createEmbeddingContext(options: { contextSize: number; threads: number }): Promise<LlamaEmbeddingContext>;
  createContext(options: { contextSize: number; sequences: number; threads: number }): Promise<LlamaContext>;
}
export interface LlamaEmbeddingContext {
  getEmbeddingFor(tokens: Token[]): Promise<{ vector: readonly number[] }>;
}
export interface LlamaContext {
  dispose(): Promise<void>;
  getSequence(): LlamaSequence;
}
export interface LlamaSequence {
  readonly contextSize: number;
  readonly nextTokenIndex: number;
  eraseContextTokenRanges(ranges: { start: number; end: number }[]): Promise<void>;
  evaluateWithoutGeneratingNewTokens(tokens: Token[]): Promise<void>;
  controlledEvaluate(tokens: ControlledToken[]): Promise<({ next: { logits?: Map<Token, number> } } | undefined)[]>;
  evaluate(tokens: Token[], options: Sampling & { grammarEvaluationState?: LlamaGrammarState }): AsyncIterable<Token>;
}
export type ControlledToken = Token | [Token, { generateNext: { logits: { filter: { tokens: readonly Token[] } } } }];
export interface Sampling {
  temperature: number;
  topP: number;
  topK: number;
  seed: number;
}

/** Loads an installed node-llama-cpp from its folder. Never builds from source, never uses a GPU it was not built for. */
export async function importLlama(folder: string): Promise<LlamaModule> {
  return (await import(pathToFileURL(join(folder, 'dist', 'index.js')).href)) as LlamaModule;
}
