import { FUNCTIONS } from '../functions.ts';
import type { Work } from './work.ts';

/** What the figures below assume of a program: how many model calls, how long each waits. */
export interface Assumed {
  calls: number;
  /** Seconds a call of a model takes. */
  callSeconds: number;
  /** Of the calls, those that no cache answers: each answer is kept. Default: all. */
  asked?: number;
}
/** Stated with every figure: five calls of three seconds, one after the other. */
export const ASSUMED: Assumed = { calls: 5, callSeconds: 3 };

/**
 * Counts of one run, as `test/aws/cost.test.ts` finds them on the emulator: of values below a kilobyte, functions warm,
 * nothing tried again.
 */
const RUN = {
  /** Write units: the key of the request, the record three times with its indexes, three events with theirs. */
  writeUnits: 10 + 19 + 9,
  readUnits: 25,
  /** Sent, fetched, deleted. */
  sqsRequests: 3,
  /** Created, begun, finished. */
  busEvents: 3,
  httpRequests: 1,
  /** Each commit's outbox, what hears of each event, and the queue's function. */
  glue: 3 + 3 + 1,
} as const;

/** Begin, the whole, finish; and the start counts, too. */
const OWN_TRANSITIONS = 4;
/** Of a step beyond its model's time: loading the record and the version, writing the journal. */
const STEP_SECONDS = 0.06;
const SMALL_GB = 0.5;
const GLUE_SECONDS = 0.05;
/** A function's lines and what Lambda writes about it. */
const LOG_KB = 0.5;
/**
 * X-Ray records the first request each second and 5% of the others; a house that does less than that has 100,000 traces a
 * month free. Each invocation that nobody traced before it begins a trace.
 */
const SAMPLED = 0.05;

/** An async run: a Standard machine, one state a call. */
export function asyncRun({ calls, callSeconds, asked = calls }: Assumed = ASSUMED): Partial<Work> {
  const steps = calls + 2;
  const { glue } = RUN;
  return {
    transitions: calls + OWN_TRANSITIONS,
    calls: [
      { times: calls, seconds: callSeconds + STEP_SECONDS, gb: SMALL_GB },
      { times: 2, seconds: 0.1, gb: SMALL_GB },
      // The request.
      { times: 1, seconds: 0.05, gb: FUNCTIONS.api.memoryMb / 1024 },
      { times: glue, seconds: GLUE_SECONDS, gb: SMALL_GB },
    ],
    // A step: its journal row, the attempt, the lease, each in a transaction; the model's answer by itself.
    writeUnits: RUN.writeUnits + 6 * calls + 4 + asked,
    readUnits: RUN.readUnits + 12 * steps + asked,
    sqsRequests: RUN.sqsRequests,
    busEvents: RUN.busEvents,
    httpRequests: RUN.httpRequests,
    logKb: LOG_KB * (steps + 1 + glue),
    traces: SAMPLED * (2 + glue),
  };
}

/**
 * A sync run of the same program: driven by the process that answers, whose wait for the models is paid for. `waitSeconds`
 * is the program's whole latency: calls side by side wait together.
 */
export function syncRun(waitSeconds: number, { calls, asked = calls }: Assumed = ASSUMED): Partial<Work> {
  // The queue's function finds the run driven by who waits for it, puts its message back, and finds it ended.
  const glue = RUN.glue + 1;
  return {
    calls: [
      { times: 1, seconds: waitSeconds + 0.15, gb: FUNCTIONS.api.memoryMb / 1024 },
      { times: glue, seconds: GLUE_SECONDS, gb: SMALL_GB },
    ],
    // A step: its journal row and the lease.
    writeUnits: RUN.writeUnits + 4 * calls + 2 + asked,
    readUnits: RUN.readUnits + 3 * calls + asked,
    sqsRequests: RUN.sqsRequests + 2,
    busEvents: RUN.busEvents,
    httpRequests: RUN.httpRequests,
    logKb: LOG_KB * (1 + glue),
    traces: SAMPLED * (1 + glue),
  };
}

/** Examples that one message gives to one process: as `lib/work/optimization.ts` cuts them (a test compares). */
export const SLICE_EXAMPLES = 25;

/**
 * One trial over examples: its slices, each in a process of its own with `atOnce` examples at a time, and the turns that
 * propose and conclude it. Examples take turns in rounds: 25 of them 16 at a time wait twice.
 */
export function trial(
  examples: number,
  atOnce: number,
  { calls, callSeconds, asked = examples * calls }: Assumed = ASSUMED,
): Partial<Work> {
  const slices = Math.ceil(examples / SLICE_EXAMPLES);
  const rounds = Math.ceil(Math.min(examples, SLICE_EXAMPLES) / atOnce);
  const glue = 10;
  const turns = slices + 0.5;
  return {
    calls: [
      { times: slices, seconds: rounds * calls * callSeconds + 0.5, gb: FUNCTIONS.slice.memoryMb / 1024 },
      { times: turns, seconds: 0.2, gb: FUNCTIONS.job.memoryMb / 1024 },
      { times: glue, seconds: GLUE_SECONDS, gb: SMALL_GB },
    ],
    // The trial's record and its key, its events and the optimization's, outcomes at about 130 bytes; each answer by itself.
    writeUnits: 60 + 2 * Math.ceil(examples / 8) + asked,
    readUnits: 110 + asked,
    sqsRequests: 3 * (slices + turns),
    busEvents: 6.5,
    logKb: LOG_KB * (slices + turns + glue),
    traces: SAMPLED * (slices + turns + glue),
  };
}

/** What a search takes beside its trials: beginning, the measurement of what it found, the version it publishes. */
export function search({ asked = 0 }: Partial<Assumed> = {}): Partial<Work> {
  const [jobs, glue] = [4, 18];
  return {
    calls: [
      { times: jobs, seconds: 1, gb: FUNCTIONS.job.memoryMb / 1024 },
      { times: glue + 1, seconds: GLUE_SECONDS, gb: SMALL_GB },
      { times: 1, seconds: 0.05, gb: FUNCTIONS.api.memoryMb / 1024 },
    ],
    writeUnits: 140 + asked,
    readUnits: 150 + asked,
    sqsRequests: 3 * jobs,
    busEvents: 12,
    httpRequests: 1,
    logKb: LOG_KB * (jobs + glue + 2),
    traces: SAMPLED * (jobs + glue + 2),
  };
}
