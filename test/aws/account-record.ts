import { readFileSync, writeFileSync } from 'node:fs';

/** Where `npm run test:account` writes down that a house has run on AWS; committed by whoever has run it. */
export const RECORD = 'docs/aws-runs.json';

export interface AccountRun {
  /** Of the end, UTC. */
  date: string;
  region: string;
  commit: string;
  passed: number;
  failed: number;
  seconds: number;
}

export function runsOnAws(file: string = RECORD): AccountRun[] {
  return (JSON.parse(readFileSync(file, 'utf8')) as { runs: AccountRun[] }).runs;
}

export function recordRun(run: AccountRun, file: string = RECORD): void {
  writeFileSync(file, `${JSON.stringify({ runs: [...runsOnAws(file), run] }, null, 2)}\n`);
}

/** In the words of the guide. */
export function saidOf(runs: readonly AccountRun[]): string {
  const last = runs.findLast(({ failed }) => failed === 0);
  if (last === undefined) return 'not yet run on AWS';
  return `last run on AWS on ${last.date.slice(0, 10)} in ${last.region}, at ${last.commit.slice(0, 7)}: ${last.passed} passed`;
}
