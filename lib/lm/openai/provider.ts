import type { LanguageModelV4, LanguageModelV4CallOptions } from '@ai-sdk/provider';
import { StepFailure } from '#lib/base/failure';
import { endpointOf } from '../endpoint.ts';
import { isReasoningModel } from '../parameters.ts';
import type { Provider } from '../provider.ts';
import { errorReply, readReply } from './reply.ts';
import { requestBody } from './request.ts';
import { streamParts } from './stream.ts';
import { post, readEvents, readText, targetOf } from './transport.ts';
import { postForText } from './whole-reply.ts';

const PUBLIC_ENDPOINT = 'https://api.openai.com/v1';
const DEFAULT_SECRET = 'env:OPENAI_API_KEY';

/**
 * OpenAI and whatever speaks its chat protocol (Ollama, vLLM, LM Studio): the settings' endpoint, else
 * `OPENAI_BASE_URL`, else OpenAI. The process's own key goes to the process's own endpoint only; another endpoint gets
 * the secret its settings name, or none.
 */
export function openaiProvider(env: NodeJS.ProcessEnv = process.env): Provider {
  return async (settings, { secret }) => {
    const base = endpointOf(settings, env) ?? PUBLIC_ENDPOINT;
    const url = endpoint(base);
    const target = targetOf(url);
    const isPublic = url.origin === new URL(PUBLIC_ENDPOINT).origin;
    const reference = settings.secretRef ?? (settings.endpoint === undefined ? DEFAULT_SECRET : null);
    const reasoning = isReasoningModel(settings);
    const prepare = async (options: LanguageModelV4CallOptions, stream: boolean) => {
      const key = reference === null ? null : await secret(reference);
      if (key === null && (settings.secretRef !== undefined || isPublic))
        throw new StepFailure('Model.Refused', `there is no secret ${reference} to call ${settings.model} with`);
      const headers: Record<string, string> = key === null ? {} : { authorization: `Bearer ${key}` };
      for (const [name, value] of Object.entries(options.headers ?? {})) if (value !== undefined) headers[name] = value;
      return { headers, body: JSON.stringify(requestBody(settings.model, options, { reasoning, stream })) };
    };
    const model: LanguageModelV4 = {
      specificationVersion: 'v4',
      provider: 'openai',
      modelId: settings.model,
      // Images go by reference; the server fetches them.
      supportedUrls: { 'image/*': [/^https?:/u] },
      async doGenerate(options) {
        const { headers, body } = await prepare(options, false);
        const reply = await postForText(target, headers, body, options.abortSignal);
        if (reply.status !== 200) throw errorReply(reply.status, reply.headers, reply.text);
        return { ...readReply(reply.text), warnings: [] };
      },
      async doStream(options) {
        const { headers, body } = await prepare(options, true);
        const reply = await post(target, headers, body, options.abortSignal);
        if (reply.status !== 200)
          throw errorReply(reply.status, reply.headers, await readText(reply.body, options.abortSignal));
        return { stream: ReadableStream.from(streamParts(readEvents(reply.body, options.abortSignal))) };
      },
    };
    return model;
  };
}

function endpoint(base: string): URL {
  if (!URL.canParse(base)) throw new StepFailure('Model.Refused', `the endpoint ${JSON.stringify(base)} is no URL`);
  const url = new URL(base);
  if (url.username !== '' || url.password !== '')
    throw new StepFailure('Model.Refused', 'the endpoint must not hold a user name or password; name a secret instead');
  url.pathname = `${url.pathname.replace(/\/+$/u, '')}/chat/completions`;
  return url;
}
