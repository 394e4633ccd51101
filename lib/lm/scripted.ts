import type { LanguageModelV4, LanguageModelV4GenerateResult } from '@ai-sdk/provider';
import { StepFailure } from '#lib/base/failure';
import { fromSdkMessages } from './openai/request.ts';
import type { Provider } from './provider.ts';
import type { LmAnswer, LmRequest, LmUsage, Message } from './spec.ts';
import { systemTimer, type Timer } from './timer.ts';
import { sdkUsage } from './usage.ts';

/** What a scripted model sees of a call. */
export interface ScriptedCall {
  model: string;
  messages: readonly Message[];
  parameters: LmRequest['parameters'];
  sample: number;
  /** Counts the calls of this script, from 0. */
  index: number;
}
export interface ScriptedAnswer {
  text: string;
  finishReason?: LmAnswer['finishReason'];
  usage?: Partial<LmUsage>;
  /** Waited on the given timer, and reported as the call's duration. */
  delayMs?: number;
}
/** One step of a script: an answer's text, an answer with details, or a failure to throw. */
export type ScriptedStep = string | ScriptedAnswer | Error;
export type Script = readonly ScriptedStep[] | ((call: ScriptedCall) => ScriptedStep | Promise<ScriptedStep>);

/**
 * A provider that says what it is told to, for tests and simulations. It exists only where somebody registers it under a
 * name, and every answer of it is marked `simulated`. A list is used up in order; past its end a call is refused.
 */
export function scriptedProvider(script: Script, timer: Timer = systemTimer): Provider {
  let index = 0;
  const next = async (call: Omit<ScriptedCall, 'index'>): Promise<ScriptedStep> => {
    const at = index++;
    if (typeof script === 'function') return script({ ...call, index: at });
    const step = script[at];
    if (step === undefined)
      throw new StepFailure('Model.Refused', `the script has ${script.length} answers and was asked for one more`);
    return step;
  };
  return async (settings) => scriptedModel(settings.model, next, timer);
}

function scriptedModel(
  modelId: string,
  next: (call: Omit<ScriptedCall, 'index'>) => Promise<ScriptedStep>,
  timer: Timer,
): LanguageModelV4 {
  const doGenerate: LanguageModelV4['doGenerate'] = async (options) => {
    const { temperature, maxOutputTokens: maxTokens, topP, seed, stopSequences: stop, abortSignal } = options;
    const own = options.providerOptions?.dspex?.sample;
    const step = await next({
      model: modelId,
      messages: fromSdkMessages(options.prompt),
      parameters: JSON.parse(JSON.stringify({ temperature, maxTokens, topP, seed, stop })) as LmRequest['parameters'],
      sample: typeof own === 'number' ? own : 0,
    });
    if (step instanceof Error) throw step;
    const answer = typeof step === 'string' ? { text: step } : step;
    const { delayMs = 0 } = answer;
    if (delayMs > 0) await timer.sleep(delayMs, abortSignal);
    return result(answer, delayMs);
  };
  return {
    specificationVersion: 'v4',
    provider: 'scripted',
    modelId,
    supportedUrls: {},
    doGenerate,
    async doStream(options) {
      const { content, finishReason, usage, providerMetadata } = await doGenerate(options);
      const text = content.map((part) => (part.type === 'text' ? part.text : '')).join('');
      const metadata = providerMetadata === undefined ? {} : { providerMetadata };
      return {
        stream: ReadableStream.from([
          { type: 'stream-start' as const, warnings: [] },
          { type: 'text-start' as const, id: '0' },
          ...text.split(/(?<=\s)/u).map((delta) => ({ type: 'text-delta' as const, id: '0', delta })),
          { type: 'text-end' as const, id: '0' },
          { type: 'finish' as const, finishReason, usage, ...metadata },
        ]),
      };
    },
  };
}

function result(answer: ScriptedAnswer, durationMs: number): LanguageModelV4GenerateResult {
  const { text, finishReason = 'stop', usage } = answer;
  return {
    content: [{ type: 'text', text }],
    finishReason: { unified: finishReason, raw: undefined },
    // Words stand in for tokens: nobody is charged for them.
    usage: sdkUsage({ inputTokens: 0, outputTokens: text.split(/\s+/u).filter(Boolean).length, ...usage }),
    warnings: [],
    providerMetadata: { dspex: { simulated: true, durationMs } },
  };
}
