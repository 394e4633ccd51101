import { Buffer } from 'node:buffer';
import { gzipSync } from 'node:zlib';
import { sha256 } from '#lib/base/hash';
import type { JsonObject } from '#lib/base/json';
import type { LocalPython } from '#lib/local/python/python';
import type { PythonCall, PythonLmRequest } from '#lib/ports/python';

/** Files as the archive an adopted program is kept in. */
export function archive(files: Record<string, string>): Uint8Array {
  const content = Object.fromEntries(
    Object.entries(files).map(([name, text]) => [name, Buffer.from(text).toString('base64')]),
  );
  return gzipSync(JSON.stringify({ files: content }));
}

export interface Hosted {
  call(operation: string, payload: JsonObject, more?: Partial<PythonCall>): Promise<JsonObject>;
  /** What was asked of models. */
  asked: PythonLmRequest[];
  parts: JsonObject[];
}

/** A package in a worker, its model calls answered by `answer` with fields in the chat form. */
export function hosted(
  python: LocalPython,
  files: Record<string, string>,
  answer: (request: PythonLmRequest) => Record<string, string> = () => ({ answer: 'yes' }),
): Hosted {
  const packed = archive(files);
  const reference = { sha256: sha256(packed), bytes: packed.byteLength };
  const asked: PythonLmRequest[] = [];
  const parts: JsonObject[] = [];
  return {
    asked,
    parts,
    call: (operation, payload, more = {}) =>
      python.call({
        operation,
        payload: {
          ...{ package: reference, lm: { model: 'scripted/main', parameters: {}, sample: 0 }, predictors: {} },
          ...payload,
        },
        timeoutMs: 30_000,
        asks: { package: async () => ({ archive: Buffer.from(packed).toString('base64') }) },
        lm: async (request) => {
          asked.push(request);
          const text = Object.entries(answer(request)).map(([name, value]) => `[[ ## ${name} ## ]]\n${value}`);
          return {
            ...{ text: `${text.join('\n\n')}\n\n[[ ## completed ## ]]\n`, finishReason: 'stop' },
            ...{ usage: { inputTokens: 1, outputTokens: 1 }, costNanoUsd: 0 },
          };
        },
        onProgress: (progress) => {
          const { part } = progress as { part?: JsonObject };
          if (part !== undefined) parts.push(part);
        },
        ...more,
      }),
  };
}
