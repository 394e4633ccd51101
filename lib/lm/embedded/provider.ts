import type { LanguageModelV4, LanguageModelV4CallOptions, LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { StepFailure } from '#lib/base/failure';
import { fromSdkMessages } from '../openai/request.ts';
import type { Provider } from '../provider.ts';
import { sdkUsage } from '../usage.ts';
import type { Embedded, EmbeddedAnswer } from './embedded.ts';
import { embeddedModelId } from './wheel.ts';

/** The embedded model behind the AI SDK's interface. There is one to a process, and another name is refused. */
export function embeddedProvider(embedded: Embedded, env: NodeJS.ProcessEnv = process.env): Provider {
  return async ({ model }) => {
    const here = embeddedModelId(env);
    if (model === here) return embeddedModel(embedded, here);
    throw new StepFailure('Model.Unavailable', `the embedded model here is ${here}, not ${model}`);
  };
}

function embeddedModel(embedded: Embedded, modelId: string): LanguageModelV4 {
  const complete = (options: LanguageModelV4CallOptions, onDelta?: (text: string) => void) => {
    const { temperature, maxOutputTokens: maxTokens, topP, seed, stopSequences: stop, abortSignal } = options;
    const { sample, typicalInputs } = options.providerOptions?.dspex ?? {};
    return embedded.complete({
      messages: fromSdkMessages(options.prompt),
      parameters: {
        ...(temperature === undefined ? {} : { temperature }),
        ...(maxTokens === undefined ? {} : { maxTokens }),
        ...(topP === undefined ? {} : { topP }),
        ...(seed === undefined ? {} : { seed }),
        ...(stop === undefined ? {} : { stop }),
        // As the request had it: `callOptions` puts it there and nobody else does.
        ...(Array.isArray(typicalInputs) ? { typicalInputs: typicalInputs as Record<string, string>[] } : {}),
      },
      ...(typeof sample === 'number' ? { sample } : {}),
      ...(abortSignal === undefined ? {} : { signal: abortSignal }),
      ...(onDelta === undefined ? {} : { onDelta }),
    });
  };
  return {
    specificationVersion: 'v4',
    provider: 'embedded',
    modelId,
    supportedUrls: {},
    async doGenerate(options) {
      const answer = await complete(options);
      return { content: [{ type: 'text', text: answer.text }], ...rest(answer), warnings: [] };
    },
    async doStream(options) {
      const stream = new ReadableStream<LanguageModelV4StreamPart>({
        async start(controller) {
          controller.enqueue({ type: 'stream-start', warnings: [] });
          controller.enqueue({ type: 'text-start', id: '0' });
          try {
            const answer = await complete(options, (delta) =>
              controller.enqueue({ type: 'text-delta', id: '0', delta }),
            );
            controller.enqueue({ type: 'text-end', id: '0' });
            controller.enqueue({ type: 'finish', ...rest(answer) });
          } catch (error) {
            controller.enqueue({ type: 'error', error });
          }
          controller.close();
        },
      });
      return { stream };
    },
  };
}

function rest({ finishReason, usage, durationMs }: EmbeddedAnswer) {
  return {
    finishReason: { unified: finishReason, raw: undefined },
    usage: sdkUsage(usage),
    providerMetadata: { dspex: { durationMs } },
  };
}
