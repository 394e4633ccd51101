import type { Example } from '#lib/dataset/example';
import type { ExampleResult } from '#lib/evaluate/report';
import { readOutcomes } from '#lib/resources/evaluation/outcomes';
import type { Services } from '#lib/resources/services';
import { type Closure, fingerprintOf } from './evaluation-closure.ts';

/** An outcome as its row keeps it. */
export type Recorded = ExampleResult & {
  simulated?: true;
  /** By everything it depends on; absent when a step reaches outside. */
  fingerprint?: string;
};

export interface Wanted {
  evaluationId: string;
  examples: readonly Example[];
  repetitions: number;
  closure: Closure;
}

/**
 * The outcomes of an earlier evaluation that hold for this one as well: same inputs and labels, and nothing changed in
 * what the metric reads. Examples are recognised by content, so a renamed or moved one is found too. Failures are not
 * taken over: a second try is what one wants of them.
 */
export async function reusable(
  services: Pick<Services, 'store' | 'blobs'>,
  workspaceId: string,
  { evaluationId, examples, repetitions, closure }: Wanted,
): Promise<Recorded[]> {
  const earlier = new Map<string, Recorded>();
  for (const outcome of await readOutcomes<Recorded>(services, workspaceId, evaluationId))
    if (outcome.fingerprint !== undefined && outcome.score !== null) earlier.set(outcome.fingerprint, outcome);
  if (earlier.size === 0) return [];
  return examples.flatMap((example) =>
    Array.from({ length: repetitions }, (_, sample) => {
      const found = earlier.get(fingerprintOf(closure, example, sample) ?? '');
      return found === undefined ? [] : takenOver(found, example, repetitions === 1 ? undefined : sample, evaluationId);
    }).flat(),
  );
}

/** What it took then stays its cost; nothing is spent on it now. */
function takenOver(found: Recorded, example: Example, sample: number | undefined, evaluationId: string): Recorded {
  const { sample: _, judge, ...rest } = found;
  return {
    ...rest,
    exampleId: example.id,
    weight: example.weight ?? 1,
    ...(sample === undefined ? {} : { sample }),
    ...(judge === undefined ? {} : { judge: { ...judge, spentNanoUsd: 0 } }),
    spentNanoUsd: 0,
    reusedFrom: found.reusedFrom ?? evaluationId,
  };
}
