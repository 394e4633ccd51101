import { Unavailable } from '#lib/base/errors';

const WAYS_OUT =
  'To go on: set OPENAI_API_KEY (and OPENAI_BASE_URL for any other OpenAI-compatible server), or point ' +
  'DSPEX_EMBEDDED_MODEL at a GGUF file, or run with --simulate';

/** The embedded model, or the runtime it needs, cannot be had here. Says what was missing and every way to go on. */
export class EmbeddedUnavailable extends Unavailable {
  override name = 'EmbeddedUnavailable';
  constructor(what: string, cause?: unknown) {
    const why = cause instanceof Error ? `: ${cause.message}` : '';
    super('embedded_model_unavailable', `the embedded model cannot be used: ${what}${why}. ${WAYS_OUT}.`, { cause });
  }
}
