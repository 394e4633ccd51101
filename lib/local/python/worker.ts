import { type ChildProcess, spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { FAILURE_NAMES, type Failure, failureOf, StepFailure } from '#lib/base/failure';
import type { Json, JsonObject } from '#lib/base/json';
import type { PythonCall, PythonLmRequest } from '#lib/ports/python';
import { Tail } from './tail.ts';
import { type FromWorker, lineSplitter, parseMessage, type ToWorker } from './wire.ts';

/** How a worker process is begun. `env` is all it gets: nothing is inherited. */
export interface Command {
  command: string;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  cwd?: string;
}

export interface Exit {
  /** Ours (`timeout`, `recycled-age`, ...) when we ended it; `crashed` when it ended itself. */
  reason: string;
  /** What can be told: signal or code, and the last lines it printed. */
  detail: string;
}

const MAX_LINE_BYTES = 64 * 1024 * 1024;
const CLOSE_MS = 500;
const NAMES: ReadonlySet<string> = new Set(FAILURE_NAMES);

/** One Python process and the one call it may be serving. */
export class Worker {
  readonly startedAt = Date.now();
  /** Resolves with what the process said of itself; rejects when it ends before. */
  readonly ready: Promise<JsonObject>;
  readonly exited: Promise<Exit>;
  calls = 0;
  /** Did it begin the call it was given last? */
  begun = false;
  residentBytes = 0;
  idleSince = Date.now();
  readonly #child: ChildProcess;
  readonly #channel: Duplex;
  readonly #tail = new Tail();
  readonly #greeted = Promise.withResolvers<JsonObject>();
  readonly #gone = Promise.withResolvers<Exit>();
  #serving: Serving | undefined;
  #next = 1;
  #reason: string | undefined;

  constructor({ command, args, env, cwd }: Command) {
    this.ready = this.#greeted.promise;
    this.ready.catch(() => {});
    this.exited = this.#gone.promise;
    // Its own process group: it and all it began can be ended as one, and the terminal's Ctrl-C does not reach it.
    this.#child = spawn(command, [...args], {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      detached: true,
      env: { ...env },
      ...(cwd === undefined ? {} : { cwd }),
    });
    this.#channel = this.#child.stdio[3] as Duplex;
    const read = lineSplitter(MAX_LINE_BYTES, (line) => this.#take(parseMessage(line)));
    this.#channel.on('data', (chunk: Buffer) => {
      try {
        read(chunk);
      } catch (error) {
        this.#tail.add(`\n${failureOf(error).message}`);
        this.end('protocol');
      }
    });
    // A write to a process that has just ended; its exit tells the story.
    this.#channel.on('error', () => {});
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => this.#tail.add(text));
    this.#child.on('error', (error) => this.#over(`${command} could not be started: ${error.message}`));
    this.#child.on('exit', (code, signal) => {
      this.#killGroup();
      const how = signal ?? `exit code ${code}`;
      // What it printed last is read until its pipes close, but something it began may hold them open.
      const late = setTimeout(() => this.#over(how), CLOSE_MS);
      this.#child.once('close', () => {
        clearTimeout(late);
        this.#over(how);
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get ended(): boolean {
    return this.#reason !== undefined;
  }

  get busy(): boolean {
    return this.#serving !== undefined;
  }

  /** Serves one call; rejects with its failure, or with Exit's story as `Python.Crashed` when the process ends under it. */
  call(request: PythonCall, signal: AbortSignal): Promise<JsonObject> {
    const id = this.#next++;
    this.calls += 1;
    this.begun = false;
    const { promise, resolve, reject } = Promise.withResolvers<JsonObject>();
    this.#serving = { id, request, signal, resolve, reject };
    this.#send({ id, operation: request.operation, payload: request.payload });
    return promise;
  }

  /** Asks the call to stop: its model calls fail from now on. */
  cancel(): void {
    if (this.#serving !== undefined) this.#send({ id: this.#serving.id, cancel: true });
  }

  /** Ends the process and all it began, at once. */
  end(reason: string): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#killGroup();
  }

  #killGroup(): void {
    try {
      if (this.#child.pid !== undefined) process.kill(-this.#child.pid, 'SIGKILL');
    } catch {
      // Nobody is left in it.
    }
  }

  #over(how: string): void {
    this.#reason ??= 'crashed';
    const { text } = this.#tail;
    const detail = text === '' ? how : `${how}; it printed last: ${text}`;
    this.#greeted.reject(new Error(detail));
    const serving = this.#serving;
    this.#serving = undefined;
    serving?.reject(
      new StepFailure('Python.Crashed', `the Python process ended during ${serving.request.operation}: ${detail}`),
    );
    this.#gone.resolve({ reason: this.#reason, detail });
  }

  #take(message: FromWorker): void {
    if ('ready' in message) {
      this.#greeted.resolve(message.ready);
      return;
    }
    const serving = this.#serving;
    if (serving === undefined || message.id !== serving.id) return;
    if ('begun' in message) {
      this.begun = true;
      return;
    }
    if ('request' in message) return void this.#ask(serving, message);
    if ('progress' in message) {
      serving.request.onProgress?.(message.progress);
      return;
    }
    this.#serving = undefined;
    this.residentBytes = message.rss;
    this.idleSince = Date.now();
    if ('result' in message) serving.resolve(message.result);
    else serving.reject(named(message.failure));
  }

  async #ask({ id, request: call, signal }: Serving, { ask, kind, request }: Asking): Promise<void> {
    try {
      this.#send({ id, ask, answer: await answerOf(call, kind, request, signal) });
    } catch (error) {
      this.#send({ id, ask, failure: failureOf(error) });
    }
  }

  #send(message: ToWorker): void {
    if (!this.#channel.destroyed) this.#channel.write(`${JSON.stringify(message)}\n`);
  }
}

/** Code can make up failures; a name nobody knows is something it raised. */
function named(failure: Failure): StepFailure {
  const name = NAMES.has(failure.name) ? failure.name : 'Python.Raised';
  return new StepFailure(name, failure.message, { ...failure, retryable: failure.retryable === true });
}

async function answerOf(call: PythonCall, kind: string, request: JsonObject, signal: AbortSignal): Promise<Json> {
  if (kind === 'lm') {
    if (call.lm === undefined) throw new StepFailure('Model.Unavailable', 'this call may not ask any model');
    return { ...(await call.lm(request as unknown as PythonLmRequest, signal)) };
  }
  const answer = call.asks?.[kind];
  if (answer === undefined) throw new StepFailure('Module.Unsupported', `this call cannot ask for a ${kind}`);
  return answer(request, signal);
}

type Asking = Extract<FromWorker, { ask: number }>;

interface Serving {
  id: number;
  request: PythonCall;
  signal: AbortSignal;
  resolve(result: JsonObject): void;
  reject(failure: StepFailure): void;
}
