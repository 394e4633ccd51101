import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

export interface EmulatorCommand {
  name: string;
  command: string;
  args: readonly string[];
  environment?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Where its output goes. */
  log: string;
  /** Answers when it is ready; throws until then. */
  ready: () => Promise<unknown>;
  readySeconds: number;
}

/** A running emulator with everything it started. */
export interface EmulatorProcess {
  stop(): Promise<void>;
}

/** Starts it and waits until it answers. Throws with the place of its log when it ends first or takes too long. */
export async function startProcess(wanted: EmulatorCommand): Promise<EmulatorProcess> {
  const { name, command, args, environment, cwd, log } = wanted;
  const output = createWriteStream(log);
  await once(output, 'open');
  // A group of its own, so that the processes it starts end with it.
  const child = spawn(command, args, {
    detached: true,
    stdio: ['ignore', output, output],
    env: { ...process.env, ...environment },
    ...(cwd === undefined ? {} : { cwd }),
  });
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(`ended with ${code ?? signal}`));
  });
  const state = { over: '' };
  void ended.then((how) => {
    state.over = how;
  });
  const killed = () => killGroup(child, 'SIGKILL');
  process.once('exit', killed);
  const deadline = Date.now() + wanted.readySeconds * 1000;
  for (;;) {
    const answer = await wanted.ready().then(
      () => true,
      () => false,
    );
    if (answer && state.over === '') break;
    if (state.over !== '' || Date.now() > deadline) {
      killed();
      const why = state.over === '' ? `not ready after ${wanted.readySeconds} s` : state.over;
      throw new Error(`${name}: ${why}; its output is in ${log}`);
    }
    await pause(50);
  }
  return {
    stop: async () => {
      process.removeListener('exit', killed);
      killGroup(child, 'SIGTERM');
      await Promise.race([ended, pause(3000, null, { ref: false })]);
      killGroup(child, 'SIGKILL');
      await ended;
      output.end();
    },
  };
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // Gone already.
  }
}

/** A port nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('expected a port number');
  return address.port;
}
