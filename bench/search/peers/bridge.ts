import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Assignment } from '#lib/variable/variable';

export interface PeerStart {
  sampler: string;
  seed: number;
  trials: number;
  variables: unknown[];
  objectives: { name: string; goal: string }[];
  /** How many constraints are told with each trial (values above 0 are violations). */
  constraints?: number;
  /** Trials that run at the same time; each is answered at once, the peer takes the answer later. */
  parallel?: number;
}
export interface PeerAnswer {
  values: number[];
  constraints?: number[];
}

/** A peer in a process of its own, asked for one search after another; objectives are computed on this side alone. */
export class Peer {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;

  constructor(python: string, script: string) {
    this.#child = spawn(python, [script]);
    this.#child.stderr.pipe(process.stderr);
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** Seconds of CPU the peer spent on deciding. */
  async search(start: PeerStart, evaluate: (assignment: Assignment, trial: number) => PeerAnswer): Promise<number> {
    this.#child.stdin.write(`${JSON.stringify({ start })}\n`);
    for (let trial = 0; ; trial++) {
      const { value, done } = await this.#lines.next();
      if (done === true) throw new Error(`${start.sampler} ended in the middle of a search`);
      const line = JSON.parse(value) as { ask?: Assignment; end?: { samplerSeconds: number } };
      if (line.end !== undefined) return line.end.samplerSeconds;
      if (line.ask !== undefined) this.#child.stdin.write(`${JSON.stringify(evaluate(line.ask, trial))}\n`);
    }
  }

  close(): void {
    this.#child.stdin.end();
  }
}
