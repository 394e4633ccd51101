import { setTimeout as pause } from 'node:timers/promises';

/** What the emulator has counted since the last time (`emulators/patches/meter.py`), by kind and name. */
export type Metered = Partial<
  Record<
    | 'requests'
    /** At this moment. */
    | 'running'
    | 'invocations'
    | 'log_bytes'
    | 'transitions'
    | 'batches'
    | 'bus'
    | 'writes'
    | 'write_units'
    | 'index_units'
    | 'read_units',
    Record<string, number>
  >
>;

/** As `Work` counts (`cdk/cost/work.ts`), as far as the emulator can. */
export interface Counted {
  transitions: number;
  invocations: number;
  writeUnits: number;
  readUnits: number;
  sqsRequests: number;
  busEvents: number;
  httpRequests: number;
  logKb: number;
}

/** Quiet for so many looks, a second apart. */
const QUIET = 5;

export function meterOf(endpoint: string) {
  const ask = async (method: 'GET' | 'DELETE'): Promise<Metered> =>
    (await (await fetch(`${endpoint}/_dspex/meter`, { method })).json()) as Metered;
  return {
    /** Waits until nothing happens any more, gives what was counted, and begins anew. */
    async settled(): Promise<Metered> {
      let last = '';
      for (let same = 0; same < QUIET; ) {
        await pause(1000);
        const metered = await ask('GET');
        const now = JSON.stringify(busy(metered));
        same = now === last && sum(metered.running) === 0 ? same + 1 : 0;
        last = now;
      }
      return ask('DELETE');
    },
  };
}

/** What schedules do by the minute is no sign of work. */
function busy({ invocations = {}, writes = {}, transitions = {} }: Metered): object {
  return { ...writes, ...transitions, calls: sum(invocations, isWork) };
}
const isWork = (name: string): boolean => !name.endsWith(':schedule');

export function sum(counts: Record<string, number> = {}, which: (name: string) => boolean = () => true): number {
  return Object.entries(counts).reduce((total, [name, count]) => total + (which(name) ? count : 0), 0);
}

/** A start is a transition, too. */
export function counted(metered: Metered): Counted {
  const { requests = {}, batches = {}, transitions = {} } = metered;
  return {
    transitions: sum(transitions) + (requests['states:StartExecution'] ?? 0),
    invocations: sum(metered.invocations, isWork),
    writeUnits: sum(metered.write_units) + sum(metered.index_units),
    readUnits: sum(metered.read_units),
    sqsRequests: sum(requests, (name) => name.startsWith('sqs:')) + sum(batches),
    busEvents: sum(metered.bus),
    httpRequests: requests['apigateway:request'] ?? 0,
    logKb: sum(metered.log_bytes, isWork) / 1000,
  };
}
