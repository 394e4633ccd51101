import { NotFound } from '#lib/base/errors';
import type { Json, JsonObject } from '#lib/base/json';
import type { StepRecord } from '#lib/engine/step';
import type { BlobRef, Blobs } from '#lib/ports/blobs';
import type { Context } from '../define.ts';
import { readOutcomes, runKey } from './outcomes.ts';

// A trace is for looking at. A step that handles a book keeps who asked whom, and for how long, without the book.
const MAX_CHARACTERS = 1_000_000;

/** Keeps the steps of one run in Blobs and gives the reference. Above a million characters values are left out. */
export async function keepTrace(blobs: Blobs, workspaceId: string, steps: readonly StepRecord[]): Promise<BlobRef> {
  let text = JSON.stringify({ steps, shortened: false });
  if (text.length > MAX_CHARACTERS) {
    const bare = steps.map(({ parts: _, ...step }) => ({ ...step, inputs: null, output: null }));
    text = JSON.stringify({ steps: bare.slice(0, 1000), shortened: true });
  }
  return blobs.put(workspaceId, Buffer.from(text));
}

/** Throws NotFound when the run was not made, or its steps were not kept. */
export async function traceOf(
  record: { id: string; traces: boolean },
  { exampleId, sample }: { exampleId: string; sample: number },
  ctx: Context,
): Promise<{ steps: Json[]; shortened: boolean }> {
  const wanted = runKey({ exampleId, sample });
  const found = (await readOutcomes(ctx.services, ctx.workspaceId, record.id)).find((one) => runKey(one) === wanted);
  const which = sample === 0 ? `"${exampleId}"` : `repetition ${sample} of "${exampleId}"`;
  if (found === undefined) throw new NotFound('outcome_not_found', `${record.id} has no outcome of ${which}`);
  if (found.trace === undefined)
    throw new NotFound(
      'trace_not_found',
      record.traces
        ? `no steps of ${which} were kept: it did not get as far, or was taken over from an evaluation without traces`
        : `no steps of ${which} were kept: start the evaluation with "traces": true`,
    );
  const bytes = await ctx.services.blobs.get(ctx.workspaceId, found.trace);
  const { steps, shortened } = JSON.parse(Buffer.from(bytes).toString()) as JsonObject;
  return { steps: steps as Json[], shortened: shortened === true };
}
