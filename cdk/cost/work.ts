import { PRICES } from './prices.ts';

/** What one piece of work does, as counts of what is billed: `costOf` turns them into US dollars. */
export interface Work {
  /** State transitions of Standard machines, the start included; each retry is one more. */
  transitions: number;
  /** Invocations with what each takes. */
  calls: readonly Calls[];
  /** DynamoDB's write units as they are billed: twice within a transaction, and once more for each index that changes. */
  writeUnits: number;
  /** Strongly consistent reads in units of 4 KB. */
  readUnits: number;
  sqsRequests: number;
  busEvents: number;
  httpRequests: number;
  /** Values too large for a record. */
  blobs: number;
  logKb: number;
  /** Traces that X-Ray records. */
  traces: number;
}

export interface Calls {
  times: number;
  seconds: number;
  gb: number;
}

const NOTHING: Work = {
  ...{ transitions: 0, calls: [], writeUnits: 0, readUnits: 0, sqsRequests: 0, busEvents: 0, httpRequests: 0 },
  ...{ blobs: 0, logKb: 0, traces: 0 },
};

/** US dollars, tokens of models left out. */
export function costOf(work: Partial<Work>): number {
  const all = { ...NOTHING, ...work };
  const lambda = all.calls.reduce(
    (sum, { times, seconds, gb }) => sum + times * (PRICES.lambdaRequest + seconds * gb * PRICES.lambdaGbSecond),
    0,
  );
  return (
    all.transitions * PRICES.standardTransition +
    lambda +
    all.writeUnits * PRICES.writeUnit +
    all.readUnits * PRICES.readUnit +
    all.sqsRequests * PRICES.sqsRequest +
    all.busEvents * PRICES.busEvent +
    all.httpRequests * PRICES.httpApiRequest +
    all.blobs * (PRICES.s3Put + PRICES.s3Get) +
    (all.logKb / 1e6) * PRICES.logGb +
    all.traces * PRICES.trace
  );
}

/** Several pieces of work together, each so many times. */
export function together(...pieces: readonly [times: number, work: Partial<Work>][]): Work {
  const sum = (of: (work: Work) => number) =>
    pieces.reduce((total, [times, work]) => total + times * of({ ...NOTHING, ...work }), 0);
  return {
    ...{ transitions: sum((one) => one.transitions), writeUnits: sum((one) => one.writeUnits) },
    ...{ readUnits: sum((one) => one.readUnits), sqsRequests: sum((one) => one.sqsRequests) },
    ...{ busEvents: sum((one) => one.busEvents), httpRequests: sum((one) => one.httpRequests) },
    ...{ blobs: sum((one) => one.blobs), logKb: sum((one) => one.logKb), traces: sum((one) => one.traces) },
    calls: pieces.flatMap(([times, { calls = [] }]) => calls.map((one) => ({ ...one, times: times * one.times }))),
  };
}

/** How often functions are called in all. */
export function invocations({ calls = [] }: Partial<Work>): number {
  return calls.reduce((sum, { times }) => sum + times, 0);
}
