import { type Leave, Leaving } from './leave.ts';

/**
 * Identical calls under way share one piece of work. It is aborted when everybody who waits for it has gone, not when
 * the first one goes.
 */
export interface Flights<T> {
  /** `joined` is true for all but the caller whose `work` runs. */
  join(
    key: string,
    signal: AbortSignal | undefined,
    work: (signal: Leave | undefined) => Promise<T>,
  ): Promise<{ value: T; joined: boolean }>;
}

interface Flight<T> {
  result: Promise<T>;
  /** None when the first caller cannot leave: then nobody can be the last to go. */
  leaving: Leaving | null;
  waiting: number;
}

export function createFlights<T>(): Flights<T> {
  const flights = new Map<string, Flight<T>>();
  return {
    async join(key, signal, work) {
      signal?.throwIfAborted();
      let flight = flights.get(key);
      const joined = flight !== undefined;
      if (flight === undefined) {
        const leaving = signal === undefined ? null : new Leaving();
        const made: Flight<T> = { result: work(leaving ?? undefined), leaving, waiting: 0 };
        const land = () => {
          if (flights.get(key) === made) flights.delete(key);
        };
        // Everybody may have left before it fails.
        made.result.then(land, land);
        flights.set(key, made);
        flight = made;
      }
      return { value: await attend(flight, signal, () => flights.get(key) === flight && flights.delete(key)), joined };
    },
  };
}

/** Waits for a flight until `signal` says otherwise; the last one to leave closes the door. */
async function attend<T>(flight: Flight<T>, signal: AbortSignal | undefined, abandon: () => void): Promise<T> {
  flight.waiting += 1;
  if (signal === undefined) return flight.result;
  let leave: (() => void) | undefined;
  try {
    return await new Promise<T>((resolve, reject) => {
      leave = () => {
        flight.waiting -= 1;
        if (flight.waiting === 0) {
          abandon();
          flight.leaving?.abort(signal.reason);
        }
        reject(signal.reason);
      };
      signal.addEventListener('abort', leave, { once: true });
      flight.result.then(resolve, reject);
    });
  } finally {
    if (leave !== undefined) signal.removeEventListener('abort', leave);
  }
}
