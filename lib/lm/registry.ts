import { InvalidInput } from '#lib/base/errors';
import { anthropicProvider } from './anthropic.ts';
import { bedrockProvider } from './bedrock.ts';
import type { Embedded, EmbeddedOptions } from './embedded/embedded.ts';
import { embeddedModelId } from './embedded/wheel.ts';
import type { EmbeddingProviders } from './embedding/spec.ts';
import type { Provider, Providers } from './provider.ts';
import type { LanguageModelSettings } from './spec.ts';

export type RegistryOptions = EmbeddedOptions;

/**
 * The real providers by name. Nothing heavy is loaded before the first call, and a scripted one is never among them:
 * whoever wants it adds `{...createProviders(o), scripted: scriptedProvider(...)}`.
 */
export function createProviders(options: RegistryOptions): Providers {
  return {
    openai: lazyOpenai(options.env),
    anthropic: anthropicProvider,
    bedrock: bedrockProvider,
    embedded: lazyEmbedded(options),
  };
}

// Its transport is `node:http`, which takes a process a tenth of its start.
function lazyOpenai(env: NodeJS.ProcessEnv | undefined): Provider {
  let provider: Promise<Provider> | null = null;
  return async (settings, context) => {
    provider ??= import('./openai/provider.ts').then(({ openaiProvider }) => openaiProvider(env));
    return (await provider)(settings, context);
  };
}

function lazyEmbedded(options: EmbeddedOptions): Provider {
  let provider: Promise<Provider> | null = null;
  return async (settings, context) => {
    provider ??= Promise.all([embeddedOf(options), import('./embedded/provider.ts')]).then(
      ([embedded, { embeddedProvider }]) => embeddedProvider(embedded, options.env),
    );
    return (await provider)(settings, context);
  };
}

// Whoever is given the same options shares the one model: its weights are in memory once.
const embeddedBy = new WeakMap<EmbeddedOptions, Promise<Embedded>>();
function embeddedOf(options: EmbeddedOptions): Promise<Embedded> {
  const known = embeddedBy.get(options);
  if (known !== undefined) return known;
  const made = import('./embedded/embedded.ts').then(({ createEmbedded }) => createEmbedded(options));
  embeddedBy.set(options, made);
  return made;
}

/** Who embeds, by name: what is a language model elsewhere need not be one here. */
export function createEmbeddingProviders(options: RegistryOptions): EmbeddingProviders {
  return {
    openai: async (settings, context) => {
      const { openaiEmbeddings } = await import('./embedding/openai.ts');
      return openaiEmbeddings(options.env)(settings, context);
    },
    embedded: async (settings, context) => {
      const { embeddedEmbeddings } = await import('./embedding/embedded.ts');
      return embeddedEmbeddings(() => embeddedOf(options), options.env)(settings, context);
    },
  };
}

type Prefix = (model: string) => Pick<LanguageModelSettings, 'provider' | 'model' | 'endpoint'>;
const named =
  (provider: string): Prefix =>
  (model) => ({ provider, model });
const localServer =
  (port: number): Prefix =>
  (model) => ({
    provider: 'openai',
    model,
    endpoint: `http://localhost:${port}/v1`,
  });

/** LiteLLM's prefixes, as DSPy programs write them, and ours. */
const PREFIXES: Readonly<Record<string, Prefix>> = {
  openai: named('openai'),
  anthropic: named('anthropic'),
  bedrock: named('bedrock'),
  embedded: named('embedded'),
  scripted: named('scripted'),
  ollama: localServer(11434),
  ollama_chat: localServer(11434),
  hosted_vllm: localServer(8000),
  lm_studio: localServer(1234),
};

/**
 * `openai/gpt-4o-mini` as settings; whatever stands behind the first slash is the model, slashes included. `embedded` alone
 * is the embedded model.
 */
export function modelFromId(id: string, env: NodeJS.ProcessEnv = process.env): LanguageModelSettings {
  const slash = id.indexOf('/');
  const prefix = slash < 0 ? id : id.slice(0, slash);
  const model = slash < 0 ? '' : id.slice(slash + 1);
  const settings = Object.hasOwn(PREFIXES, prefix) ? PREFIXES[prefix] : undefined;
  if (settings === undefined || (model === '' && prefix !== 'embedded'))
    throw new InvalidInput(
      'unknown_model',
      `a model is written provider/model, such as openai/gpt-4o-mini, and ${JSON.stringify(id)} is not; ` +
        `the providers are ${Object.keys(PREFIXES).join(', ')}`,
    );
  return settings(model === '' ? embeddedModelId(env) : model);
}
