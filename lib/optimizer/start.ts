import { seededRandom } from '#lib/base/random';
import { type Dimension, defaultAssignment } from '#lib/variable/dimensions';
import { sample } from '#lib/variable/sample';
import type { Assignment } from '#lib/variable/variable';
import type { Admission } from './admissible.ts';

// Rules that forbid more than 999 of 1000 assignments are past searching at random.
const ATTEMPTS = 1000;

/** Where a search begins: the defaults, or, where the rules forbid those, the first random assignment they allow. */
export async function startingPoint(
  dimensions: readonly Dimension[],
  admission: Admission,
  seed: number,
): Promise<{ assignment: Assignment; isDefault: boolean } | { reason: string }> {
  const defaults = defaultAssignment(dimensions);
  const trouble = await admission(defaults);
  if (trouble === null) return { assignment: defaults, isDefault: true };
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const assignment = sample(dimensions, seededRandom(`${seed}/start/${attempt}`));
    if ((await admission(assignment)) === null) return { assignment, isDefault: false };
  }
  return {
    reason: `no assignment satisfies the constraints (${ATTEMPTS} tried); the defaults do not either: ${trouble}`,
  };
}
