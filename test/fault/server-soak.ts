import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { makeFolder, removeFolder } from '../local/folder.ts';
import { compareWithUndisturbed } from './server/compare.ts';
import { killServers } from './server/killing.ts';

/**
 * Many kills of the real server while clients write and work is under way:
 * `node test/fault/server-soak.ts --kills 200 [--seed text] [--write FILE] [--keep]`. Prints the seed and the findings as
 * JSON; exits with 1 when anything was lost, doubled, half applied, stuck or run again.
 */
const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: `${Date.now()}` },
    write: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
});
const kills = Number(values.kills);
const { seed } = values;
const dir = makeFolder();
const started = Date.now();
const { oracle, server, known, findings, ...rest } = await killServers({
  ...{ dir, kills, seed },
  most: {
    executions: kills * 4,
    evaluations: Math.ceil(kills / 3),
    optimizations: Math.max(1, Math.floor(kills / 20)),
  },
  life: { from: 20, to: 1500 },
  drainSeconds: 180,
  progress: (kill) => {
    if (kill % 10 === 0) process.stderr.write(`${kill} of ${kills}\n`);
  },
});
const compared = await compareWithUndisturbed(dir, server, oracle, known);
await server.kill();
await oracle.close();
const wrong = [...Object.values(findings).flat(), ...compared.different];
const result = {
  ...{ kills, seed, node: process.version, cpus: cpus().length, loadAverage: loadavg() },
  seconds: Math.round((Date.now() - started) / 1000),
  ...rest,
  optimizationsCompared: compared.compared,
  findings: { ...findings, differentFromUndisturbed: compared.different },
};
const text = `${JSON.stringify(result, null, 2)}\n`;
process.stdout.write(text);
if (values.write !== undefined) writeFileSync(values.write, text);
if (values.keep) process.stderr.write(`kept ${dir}\n`);
else removeFolder(dir);
process.exitCode = wrong.length === 0 ? 0 : 1;
