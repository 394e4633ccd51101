import { StepFailure } from '#lib/base/failure';
import { isJsonObject, type JsonObject } from '#lib/base/json';
import type { LanguageModelSettings, LmAnswer, LmParameters, LmRequest, Message, ResponseFormat } from '#lib/lm/spec';
import type { PythonLm, PythonLmAnswer, PythonLmRequest } from '#lib/ports/python';
import { callRecord } from './ask.ts';
import type { ModuleContext } from './runtime.ts';
import type { CallRecord } from './spec.ts';

/**
 * Python's door to the gateway: what DSPy sends becomes the request a native module would make, so both share cache,
 * price and trace. `modelOf` says which model a name in Python means; `record` is told of each call as it ends.
 */
export function gatewayDoor(
  context: Pick<ModuleContext, 'workspaceId' | 'gateway' | 'purse' | 'timeoutSeconds'>,
  modelOf: (name: string) => LanguageModelSettings,
  record: (call: CallRecord, part: number | undefined) => void,
): PythonLm {
  return async (asked, signal) => {
    const model = modelOf(asked.model);
    const answer = await context.gateway.complete({
      ...gatewayRequest(asked, model),
      workspaceId: context.workspaceId,
      signal,
      ...(context.purse === undefined ? {} : { purse: context.purse }),
      ...(context.timeoutSeconds === undefined ? {} : { timeoutSeconds: context.timeoutSeconds }),
    });
    record(callRecord(model, answer, asked.sample), asked.part);
    return pythonAnswer(answer);
  };
}

/** What a native module would send; the model's defaults below what Python says. */
export function gatewayRequest(asked: PythonLmRequest, model: LanguageModelSettings): Omit<LmRequest, 'workspaceId'> {
  const { messages, parameters, responseFormat, tools, sample, cache } = asked;
  return {
    model,
    messages: messages.map(messageOf),
    parameters: { ...model.defaults, ...parametersOf(parameters) },
    sample,
    ...(responseFormat === undefined ? {} : { responseFormat: formatOf(responseFormat) }),
    ...(tools === undefined ? {} : { tools }),
    ...(cache ? {} : { cache: false }),
  };
}

const NAMES: { [openai: string]: keyof LmParameters } = {
  temperature: 'temperature',
  max_tokens: 'maxTokens',
  top_p: 'topP',
  stop: 'stop',
  seed: 'seed',
  typical_inputs: 'typicalInputs',
};

function parametersOf(parameters: JsonObject): LmParameters {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => {
      const known = NAMES[name];
      if (known === undefined) throw new StepFailure('Model.Refused', `the gateway does not send ${name}`);
      return [known, value];
    }),
  );
}

const ROLES: ReadonlySet<unknown> = new Set<Message['role']>(['system', 'user', 'assistant', 'tool']);

function messageOf(message: JsonObject): Message {
  const { role, content } = message;
  if (!ROLES.has(role))
    throw new StepFailure('Model.Refused', `a message cannot have the role ${JSON.stringify(role)}`);
  // Nothing beside a tool call is an empty text here.
  return { ...message, role, content: content ?? '' } as Message;
}

function formatOf(format: JsonObject): ResponseFormat {
  const { json_schema: wanted } = format;
  if (format.type === 'json_object') return { type: 'json_object' };
  if (format.type === 'json_schema' && isJsonObject(wanted ?? null)) {
    const { name, schema, strict } = wanted as JsonObject;
    if (typeof name === 'string' && isJsonObject(schema ?? null))
      return { type: 'json_schema', name, schema: schema as JsonObject, strict: strict === true };
  }
  throw new StepFailure(
    'Model.Refused',
    `the gateway does not know the response format ${JSON.stringify(format.type)}`,
  );
}

function pythonAnswer({ text, finishReason, toolCalls, usage, costNanoUsd }: LmAnswer): PythonLmAnswer {
  const { inputTokens, outputTokens } = usage;
  return {
    text,
    finishReason,
    usage: { inputTokens, outputTokens },
    costNanoUsd,
    ...(toolCalls === undefined ? {} : { toolCalls }),
  };
}
