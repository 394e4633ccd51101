import { FUNCTIONS } from '../functions.ts';
import { PRICES } from './prices.ts';

/** What one piece of work does, as counts: the formula turns them into US dollars. */
export interface Work {
  /** State transitions of Standard machines, the start included; each retry is one more. */
  transitions: number;
  /** Invocations with what each takes. */
  calls: readonly { times: number; seconds: number; gb: number }[];
  /** Writes inside transactions, in units of 1 KB: each counts twice. */
  writeUnits: number;
  /** Strongly consistent reads in units of 4 KB. */
  readUnits: number;
  sqsRequests: number;
  busEvents: number;
  httpRequests: number;
  /** Values too large for a record. */
  blobs: number;
  logKb: number;
}

const NOTHING: Work = {
  ...{ transitions: 0, calls: [], writeUnits: 0, readUnits: 0, sqsRequests: 0, busEvents: 0, httpRequests: 0 },
  ...{ blobs: 0, logKb: 0 },
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
    2 * all.writeUnits * PRICES.writeUnit +
    all.readUnits * PRICES.readUnit +
    all.sqsRequests * PRICES.sqsRequest +
    all.busEvents * PRICES.busEvent +
    all.httpRequests * PRICES.httpApiRequest +
    all.blobs * (PRICES.s3Put + PRICES.s3Get) +
    (all.logKb / 1e6) * PRICES.logGb
  );
}

/** What the figures below assume of a program: how many model calls, how long each waits. */
export interface Assumed {
  calls: number;
  /** Seconds a call of a model takes. */
  callSeconds: number;
}
/** Stated with every figure: five calls of three seconds. */
export const ASSUMED: Assumed = { calls: 5, callSeconds: 3 };

/** States that every machine has beside its nodes: begin, the whole, finish; and the start counts, too. */
const OWN_TRANSITIONS = 4;
/** Of a step beyond its model's time: loading the record and the version, writing the journal. */
const STEP_SECONDS = 0.06;
const STEP_GB = 0.5;
/** One step writes its journal row, its claim and its lease check; a run also its record three times, and the outbox. */
const STEP_WRITES = 3;
const RUN_WRITES = 14;

/** An async run: a Standard machine, one state a call. */
export function asyncRun({ calls, callSeconds }: Assumed = ASSUMED): Partial<Work> {
  const steps = calls + 2;
  return {
    transitions: calls + OWN_TRANSITIONS,
    calls: [
      { times: calls, seconds: callSeconds + STEP_SECONDS, gb: STEP_GB },
      { times: 2, seconds: 0.1, gb: STEP_GB },
      // The request, the outbox, the start, and who hears of the end.
      { times: 1, seconds: 0.05, gb: FUNCTIONS.api.memoryMb / 1024 },
      { times: 4, seconds: 0.05, gb: STEP_GB },
    ],
    writeUnits: STEP_WRITES * calls + RUN_WRITES,
    readUnits: 6 * steps + 10,
    sqsRequests: 3,
    busEvents: 3,
    httpRequests: 1,
    logKb: 2 * steps,
  };
}

/**
 * A sync run of the same program: driven by the process that answers, whose wait for the models is paid for. `waitSeconds`
 * is the program's whole latency: calls side by side wait together.
 */
export function syncRun(waitSeconds: number, { calls }: Assumed = ASSUMED): Partial<Work> {
  return {
    calls: [
      { times: 1, seconds: waitSeconds + 0.15, gb: FUNCTIONS.api.memoryMb / 1024 },
      { times: 4, seconds: 0.05, gb: STEP_GB },
    ],
    // Records of steps are written in groups.
    writeUnits: calls + RUN_WRITES,
    readUnits: 20,
    sqsRequests: 3,
    busEvents: 3,
    httpRequests: 1,
    logKb: 4,
  };
}

/**
 * One trial over examples: slices of an optimization, `atOnce` examples at a time in one process. Every answer of a model
 * is written to the cache once.
 */
export function trial(examples: number, atOnce: number, { calls, callSeconds }: Assumed = ASSUMED): Partial<Work> {
  const gb = FUNCTIONS.slice.memoryMb / 1024;
  return {
    calls: [
      { times: 1, seconds: (examples / atOnce) * calls * callSeconds + 0.5, gb },
      { times: 3, seconds: 0.1, gb },
    ],
    writeUnits: 12 + Math.ceil(examples / 4) + examples * calls,
    readUnits: 40,
    sqsRequests: 8,
    busEvents: 4,
    logKb: 4,
  };
}
