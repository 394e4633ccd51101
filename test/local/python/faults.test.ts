import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { PythonLm } from '#lib/ports/python';
import { call, failure, first, isAlive, poolHere } from './pool-here.ts';

const answer = { text: 'yes', finishReason: 'stop', usage: { inputTokens: 1, outputTokens: 1 }, costNanoUsd: 1 };

async function gone(pid: number): Promise<void> {
  await expect.poll(() => isAlive(pid), { interval: 10 }).toBe(false);
}

describe('a worker that hangs', () => {
  it('is killed when its time is over, and the next call has a new one', async () => {
    const pool = poolHere();
    const { pid } = await call(pool, 'echo');
    expect(await failure(call(pool, 'hang', {}, { timeoutMs: 50 }))).toMatchObject({
      name: 'Step.Timeout',
      retryable: true,
    });
    const next = await call(pool, 'echo');
    expect(next.pid).not.toBe(pid);
    expect(isAlive(Number(pid))).toBe(false);
    expect(pool.status().counts.ended).toEqual({ timeout: 1 });
  });

  it('is killed when its call is cancelled and it does not notice', async () => {
    const pool = poolHere({ cancelGraceMs: 10 });
    const { told, onProgress } = first();
    const stop = new AbortController();
    const hanging = failure(call(pool, 'hang', {}, { onProgress, signal: stop.signal }));
    await told;
    stop.abort();
    expect(await hanging).toMatchObject({ name: 'Cancelled' });
    await call(pool, 'echo');
    expect(pool.status().counts.ended).toEqual({ cancelled: 1 });
  });

  it('takes its own children with it', async () => {
    const pool = poolHere();
    const { child } = await call(pool, 'child');
    expect(isAlive(Number(child))).toBe(true);
    await failure(call(pool, 'hang', {}, { timeoutMs: 20 }));
    await gone(Number(child));
  });
});

it('a cancelled call that asks a model lets go at once and keeps its worker', async () => {
  const pool = poolHere({ cancelGraceMs: 60_000 });
  const { told, onProgress } = first();
  const stop = new AbortController();
  const asked: AbortSignal[] = [];
  const lm: PythonLm = (_request, signal) => {
    asked.push(signal);
    return new Promise(() => {});
  };
  const waiting = failure(call(pool, 'wait', {}, { onProgress, signal: stop.signal, lm }));
  const pid = await told;
  stop.abort();
  expect(await waiting).toMatchObject({ name: 'Cancelled' });
  expect((await call(pool, 'echo')).pid).toBe(pid);
  expect(asked.every(({ aborted }) => aborted)).toBe(true);
});

describe('a worker that crashes', () => {
  it.each(['exit', 'signal'])('by %s fails its call with a retryable failure that says how', async (how) => {
    const pool = poolHere();
    const failed = await failure(call(pool, 'crash', { how }));
    expect(failed).toMatchObject({ name: 'Python.Crashed', retryable: true });
    expect(failed.message).toContain(how === 'exit' ? 'exit code 3' : 'SIGSEGV');
    expect(await call(pool, 'echo', { a: 1 })).toMatchObject({ echo: { a: 1 } });
  });

  it('under a repeatable call costs it nothing: the call is begun again, and its model is not paid twice', async () => {
    const pool = poolHere();
    const pids: number[] = [];
    const kept = new Map<string, typeof answer>();
    let provided = 0;
    const lm: PythonLm = async ({ model }) => {
      // A gateway in small: what was answered once is answered again without the provider.
      if (!kept.has(model)) provided += 1;
      kept.set(model, answer);
      const pid = pids.at(-1);
      if (pids.length < 3 && pid !== undefined) process.kill(pid, 'SIGKILL');
      return answer;
    };
    const onProgress = (pid: unknown) => pids.push(Number(pid));
    const result = await call(pool, 'wait', { model: 'm' }, { repeatable: true, lm, onProgress });
    expect(result).toEqual({ answer });
    expect(new Set(pids).size).toBe(3);
    expect(provided).toBe(1);
  });

  it('while it is idle costs the next call nothing, though what it began holds its pipes open', async () => {
    const pool = poolHere({ size: 2 });
    const both = Promise.withResolvers<typeof answer>();
    const waiting = [first(), first()].map(({ told, onProgress }) => {
      const ended = call(pool, 'wait', {}, { onProgress, lm: () => both.promise });
      return { told, ended };
    });
    await Promise.all(waiting.map(({ told }) => told));
    both.resolve(answer);
    await Promise.all(waiting.map(({ ended }) => ended));
    const { child, pid } = await call(pool, 'child', { apart: true });
    onTestFinished(() => void process.kill(Number(child), 'SIGKILL'));
    process.kill(Number(pid), 'SIGKILL');
    await gone(Number(pid));
    expect((await call(pool, 'echo')).pid).not.toBe(pid);
  });

  it('before it began its call costs that nothing, repeatable or not, though all who stood idle died with it', async () => {
    const pool = poolHere({ size: 4 });
    const all = Promise.withResolvers<typeof answer>();
    const waiting = Array.from({ length: 4 }, () => {
      const { told, onProgress } = first();
      return { told, ended: call(pool, 'wait', {}, { onProgress, lm: () => all.promise }) };
    });
    const pids = await Promise.all(waiting.map(({ told }) => told));
    all.resolve(answer);
    await Promise.all(waiting.map(({ ended }) => ended));
    for (const pid of pids) process.kill(Number(pid), 'SIGKILL');
    expect(await call(pool, 'echo', { a: 1 })).toMatchObject({ echo: { a: 1 } });
    expect(pool.status().counts.started).toBe(5);
    await expect.poll(() => pool.status().counts.ended).toEqual({ crashed: 4 });
  });

  it('again and again under the same call is a failure, not a circle', async () => {
    const pool = poolHere({ attempts: 3 });
    expect(await failure(call(pool, 'crash', {}, { repeatable: true }))).toMatchObject({ name: 'Python.Crashed' });
    expect(pool.status().counts.ended).toEqual({ crashed: 3 });
  });

  it('loses no call of many', async () => {
    const pool = poolHere({ size: 2, attempts: 50 });
    // Who serves a call says so before it asks, so that it is killed in the middle of it.
    const serving = new Map<number, number>();
    let asks = 0;
    const lm: PythonLm = async ({ sample = -1 }) => {
      asks += 1;
      const victim = serving.get(sample);
      if (asks % 4 === 0 && victim !== undefined) process.kill(victim, 'SIGKILL');
      return { ...answer, text: `answer ${sample}` };
    };
    const numbers = Array.from({ length: 24 }, (_, i) => i);
    const results = await Promise.all(
      numbers.map((sample) => {
        const onProgress = (pid: unknown) => serving.set(sample, Number(pid));
        return call(pool, 'wait', { sample }, { repeatable: true, lm, onProgress }).then(
          ({ answer: got }) => (got as { text: string }).text,
        );
      }),
    );
    expect(results).toEqual(numbers.map((i) => `answer ${i}`));
    expect(pool.status().counts.ended.crashed).toBeGreaterThanOrEqual(24 / 4);
  });

  it('by asking for the end of the process ends nothing', async () => {
    const pool = poolHere();
    const { pid } = await call(pool, 'echo');
    expect(await failure(call(pool, 'leave', { code: 1 }))).toMatchObject({ name: 'Python.Raised' });
    expect((await call(pool, 'echo')).pid).toBe(pid);
  });
});

describe('a worker that prints', () => {
  it('to standard output, like its children, disturbs nothing', async () => {
    const pool = poolHere();
    expect(await call(pool, 'scream')).toEqual({ said: true });
    expect(await call(pool, 'echo', { a: 1 })).toMatchObject({ echo: { a: 1 } });
  });

  it('what it said last is told when it crashes', async () => {
    const pool = poolHere({}, { PYTHONFAULTHANDLER: '1' });
    expect((await failure(call(pool, 'crash'))).message).toContain('Segmentation fault');
  });
});

describe('a worker that talks nonsense on its own line', () => {
  it('is not believed again', async () => {
    const pool = poolHere();
    expect(await failure(call(pool, 'nonsense'))).toMatchObject({ name: 'Python.Crashed' });
    expect(pool.status().counts.ended).toEqual({ protocol: 1 });
    expect(await call(pool, 'echo', { a: 1 })).toMatchObject({ echo: { a: 1 } });
  });

  it('may not fill our memory with one endless line', async () => {
    const pool = poolHere();
    expect((await failure(call(pool, 'flood', { megabytes: 80 }))).message).toContain('a line of more than');
  });

  it('returns what is no JSON: a failure of its own', async () => {
    const pool = poolHere();
    expect(await failure(call(pool, 'foreign'))).toMatchObject({
      name: 'Python.Raised',
      details: { type: 'TypeError' },
    });
  });

  it('makes up failures: a known name stands, another is what it raised', async () => {
    const pool = poolHere();
    const made = { name: 'Input.Invalid', message: 'no', retryable: false };
    expect(await failure(call(pool, 'fail', made))).toMatchObject({ name: 'Input.Invalid' });
    expect(await failure(call(pool, 'fail', { ...made, name: 'Made.Up' }))).toMatchObject({ name: 'Python.Raised' });
    expect(await failure(call(pool, 'unheard-of'))).toMatchObject({ name: 'Module.Unsupported' });
  });
});

describe('a worker that grows or ages', () => {
  it('is replaced after a call that left it too large', async () => {
    const pool = poolHere({ maxBytes: 100 * 1024 * 1024 });
    const small = await call(pool, 'leak', { bytes: 1 });
    const large = await call(pool, 'leak', { bytes: 150 * 1024 * 1024 });
    expect(large.pid).toBe(small.pid);
    expect((await call(pool, 'echo')).pid).not.toBe(large.pid);
    expect(pool.status().counts.ended).toEqual({ 'recycled-memory': 1 });
  });

  it('is replaced after so many calls, and after so long', async () => {
    const pool = poolHere({ maxCalls: 2 });
    const pids = [];
    for (let i = 0; i < 4; i++) pids.push((await call(pool, 'echo')).pid);
    expect([pids[0] === pids[1], pids[1] === pids[2], pids[2] === pids[3]]).toEqual([true, false, true]);
    const aging = poolHere({ maxAgeMs: 0 });
    expect((await call(aging, 'echo')).pid).not.toBe((await call(aging, 'echo')).pid);
  });

  it.runIf(process.platform === 'linux')(
    'in the middle of a call is ended before it takes the machine along',
    async () => {
      const pool = poolHere({ maxBytes: 1024 * 1024, healthMs: 20, callTimeoutMs: 60_000 });
      const failed = await failure(call(pool, 'hang'));
      expect(failed).toMatchObject({ name: 'Python.Crashed' });
      expect(pool.status().counts.ended).toEqual({ memory: 1 });
    },
  );
});

describe('an idle worker', () => {
  it('that stopped answering is found and ended before a call meets it', async () => {
    const pool = poolHere({ healthMs: 30, healthTimeoutMs: 1000 });
    const { pid } = await call(pool, 'echo');
    process.kill(Number(pid), 'SIGSTOP');
    await gone(Number(pid));
    expect(pool.status().counts.ended).toEqual({ unhealthy: 1 });
  });

  it('is let go after a while', async () => {
    const pool = poolHere({ healthMs: 10, idleMs: 0 });
    const { pid } = await call(pool, 'echo');
    await gone(Number(pid));
    await expect.poll(() => pool.status().counts.ended).toEqual({ idle: 1 });
  });
});

describe('a worker that does not start', () => {
  it('because an import never ends is given up on, and so are the calls that wait', async () => {
    const pool = poolHere({ startTimeoutMs: 30, backoffMs: 1 }, { FAULT: 'import-forever' });
    expect(await failure(call(pool, 'echo'))).toMatchObject({ name: 'Python.Unavailable', retryable: false });
    expect(pool.status().counts).toMatchObject({ started: 3, ended: { 'start-timeout': 3 } });
  });

  it('because an import raises says what it raised', async () => {
    const pool = poolHere({ backoffMs: 1 }, { FAULT: 'import-error' });
    expect((await failure(call(pool, 'echo'))).message).toContain('no module named imagination');
    // Asked again it is tried again.
    expect((await failure(call(pool, 'echo'))).message).toContain('no module named imagination');
  });

  it('the first time is started again, and the calls know nothing of it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'dspex-once-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const pool = poolHere({ backoffMs: 1 }, { FAULT: `once:${join(folder, 'began')}` });
    expect(await call(pool, 'echo', { a: 1 })).toMatchObject({ echo: { a: 1 } });
    expect(pool.status().counts).toMatchObject({ started: 2, ended: { crashed: 1 } });
  });
});

it('workers end with the process that began them, even while they hang', async () => {
  const script = `
    import { poolHere, call } from ${JSON.stringify(new URL('pool-alone.ts', import.meta.url).href)};
    const pool = poolHere();
    call(pool, 'hang', {}, { onProgress: () => console.log(pool.pids()[0]) });
  `;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const pid = Number(await new Promise((resolve) => parent.stdout.once('data', resolve)));
  expect(isAlive(pid)).toBe(true);
  parent.kill('SIGKILL');
  await gone(pid);
});
