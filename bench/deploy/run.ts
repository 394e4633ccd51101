import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { deployTo } from '../../test/aws/deployed.ts';
import { startEmulators } from '../../test/aws/emulators/emulators.ts';

/**
 * `node bench/deploy/run.ts`: how long the app takes to be synthesized (bundles, checks and all; wanted <= 10 s), and to be
 * deployed to the emulator (wanted <= 60 s). Other work on the machine makes both longer: the load and the processor's time
 * of the synthesis stand beside them.
 */
const TICKS_PER_SECOND = 100;
const ROUNDS = 3;

/** Processor time of children that have ended, theirs included: fields 16 and 17 of proc(5). */
function childSeconds(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND;
}

async function synth(): Promise<{ seconds: number; cpuSeconds: number; load: number }> {
  const out = mkdtempSync(join(tmpdir(), 'dspex-bench-synth-'));
  const [began, before] = [performance.now(), childSeconds()];
  const args = ['synth', '--quiet', '-o', out, '-c', 'stage=bench', '-c', 'dspex:without-layer=true'];
  const child = spawn('node_modules/.bin/cdk', args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`cdk synth ended with ${code}`);
  const measured = { seconds: (performance.now() - began) / 1000, cpuSeconds: childSeconds() - before };
  rmSync(out, { recursive: true });
  return { ...measured, load: loadavg()[0] ?? 0 };
}

const rounds = [];
for (let i = 0; i < ROUNDS; i++) rounds.push(await synth());
const emulators = await startEmulators();
try {
  const { bootstrapSeconds, deploySeconds, destroy } = await deployTo(emulators.ministack, 'bench');
  const results = {
    date: new Date().toISOString().slice(0, 10),
    machine: { node: process.version, cores: availableParallelism() },
    synth: rounds,
    emulator: { bootstrapSeconds, deploySeconds, load: loadavg()[0] ?? 0 },
  };
  await destroy();
  writeFileSync('bench/deploy/results/deploy.json', `${JSON.stringify(results, null, 2)}\n`);
  console.log(JSON.stringify(results, null, 2));
} finally {
  await emulators.stop();
}
