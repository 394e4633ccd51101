import { asPortError } from '../client/fault.ts';

/**
 * What was looked at, and what was found. `warning`: it works, and somebody should know. `unknown`: it could not be looked
 * at, which says nothing about it.
 */
export interface Finding {
  what: string;
  state: 'ok' | 'warning' | 'failed' | 'unknown';
  found: string;
}

/** One look; what it throws makes it `unknown`, so that one missing right hides nothing else. */
export async function finding(what: string, look: () => Promise<Omit<Finding, 'what'>>): Promise<Finding> {
  try {
    return { what, ...(await look()) };
  } catch (error) {
    const known = asPortError(error, `look at ${what}`);
    return { what, state: 'unknown', found: known instanceof Error ? known.message : String(known) };
  }
}

/** At least so many of something, or a warning that says what for. */
export function atLeast(wanted: number, there: number, unit: string, why: string): Omit<Finding, 'what'> {
  const found = `${there.toLocaleString('en-US')} ${unit}`;
  if (there >= wanted) return { state: 'ok', found };
  return { state: 'warning', found: `${found}, wanted ${wanted.toLocaleString('en-US')}: ${why}` };
}
