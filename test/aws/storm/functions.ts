import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Random } from '#lib/base/random';

const ENTRY = fileURLToPath(new URL('function-process.ts', import.meta.url));

export type FunctionName = 'slice' | 'job' | 'events' | 'reconcile';
export interface Invocation {
  name: FunctionName;
  event: unknown;
  timeoutMs: number;
}
export type Invoked = { answer: unknown } | { error: string };

/** The process ended before it answered: what it has done by then is known to nobody. */
export class Died extends Error {
  override readonly name = 'Died';
}

export interface Functions {
  /** Waits for a free process, and for its answer. Throws Died. */
  invoke(invocation: Invocation): Promise<Invoked>;
  /** Invocations, how many of their processes died, and how many of these were killed from here. */
  counts: { invocations: number; died: number; killed: number };
  stop(): Promise<void>;
}

/** Before anything has been measured. */
const FIRST_MS = 300;

interface Place {
  child: ChildProcess;
  ready: Promise<void>;
  busy: boolean;
}

export interface FunctionsOptions {
  size: number;
  name: string;
  /** Where they write. */
  log: string;
  environment: object;
  /** The share of the invocations whose process is killed while it works. */
  killed: number;
  random: Random;
}

/** So many processes that carry out invocations, one at a time each. One that dies is replaced. */
export function startFunctions(options: FunctionsOptions): Functions {
  const { size, name, log, environment, random } = options;
  const output = openSync(log, 'a');
  const waiting: ((place: Place) => void)[] = [];
  const counts = { invocations: 0, died: 0, killed: 0 };
  // Moments are drawn from how long the last ones took, so that a slow machine has the same storm.
  const took: Partial<Record<FunctionName, number>> = {};
  let lives = 0;
  let stopping = false;

  const live = (): Place => {
    lives += 1;
    const child = fork(ENTRY, [], {
      stdio: ['ignore', output, output, 'ipc'],
      execArgv: ['--no-warnings'],
      env: { ...process.env, ...environment, STORM_LIFE: `${name} ${lives}` },
    });
    const died = once(child, 'exit').then(() => {
      throw new Died(`a process of ${name} died as it started`);
    });
    died.catch(() => {});
    const ready = Promise.race([once(child, 'message'), died]).then(() => {});
    ready.catch(() => {});
    const place: Place = { child, ready, busy: false };
    child.once('exit', () => {
      if (stopping) return;
      counts.died += 1;
      const next = live();
      places.splice(places.indexOf(place), 1, next);
      free(next);
    });
    return place;
  };
  const free = (place: Place): void => {
    const next = waiting.shift();
    place.busy = next !== undefined;
    next?.(place);
  };
  const taken = (): Promise<Place> => {
    const idle = places.find(({ busy }) => !busy);
    if (idle === undefined) return new Promise((resolve) => waiting.push(resolve));
    idle.busy = true;
    return Promise.resolve(idle);
  };
  const doom = (child: ChildProcess, what: FunctionName): (() => void) => {
    const timer = setTimeout(
      () => {
        if (child.kill('SIGKILL')) counts.killed += 1;
      },
      random.next() * (took[what] ?? FIRST_MS),
    );
    return () => clearTimeout(timer);
  };
  const places: Place[] = [];
  for (let n = 0; n < size; n++) places.push(live());

  return {
    async invoke(invocation) {
      const place = await taken();
      const { child } = place;
      const gone = Promise.withResolvers<never>();
      const leave = (): void => gone.reject(new Died(`a process of ${name} died at work`));
      child.once('exit', leave);
      gone.promise.catch(() => {});
      try {
        if (child.exitCode !== null || child.signalCode !== null) leave();
        await Promise.race([place.ready, gone.promise]);
        const answer = once(child, 'message');
        answer.catch(() => {});
        counts.invocations += 1;
        const began = performance.now();
        const stopClock = random.next() < options.killed ? doom(child, invocation.name) : () => {};
        child.send(invocation, () => {});
        const [told] = (await Promise.race([answer, gone.promise]).finally(stopClock)) as [Invoked];
        took[invocation.name] = performance.now() - began;
        free(place);
        return told;
      } finally {
        child.removeListener('exit', leave);
      }
    },
    counts,
    stop: async () => {
      stopping = true;
      await Promise.all(
        places.map(async ({ child }) => {
          if (child.exitCode !== null || child.signalCode !== null) return;
          const ended = once(child, 'exit');
          child.kill('SIGKILL');
          await ended;
        }),
      );
    },
  };
}
