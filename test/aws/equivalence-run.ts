import { writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startEmulators } from './emulators/emulators.ts';
import { openEquivalenceHouse } from './equivalence.ts';
import { type Compared, compareCases, counted } from './equivalence-case.ts';

/**
 * `node test/aws/equivalence-run.ts [--cases 200] [--out FILE]`: all the programs that CI compares a part of. Writes what
 * came of it, to equivalence-result.json beside this file when nothing else is said; exits 1 when any two ends differ.
 */
const beside = fileURLToPath(new URL('equivalence-result.json', import.meta.url));
const { cases, out } = parseArgs({
  options: { cases: { type: 'string', default: '200' }, out: { type: 'string', default: beside } },
}).values;
const emulators = await startEmulators();
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const access = (endpoint: string) => ({ endpoint, region: 'us-east-1', credentials });
const all: Compared[] = [];
const began = performance.now();
try {
  const house = await openEquivalenceHouse({
    ministack: access(emulators.ministack),
    dynamodb: access(emulators.dynamodb),
  });
  const seeds = Array.from({ length: Number(cases) }, (_, i) => i + 1);
  await compareCases(house, seeds, (one) => {
    all.push(one);
    console.log(`${all.length}: seed ${one.seed} ${one.same ? 'same' : 'DIFFERENT'} ${one.kinds.join(' ')}`);
    if (!one.same) console.log(JSON.stringify(one, null, 1));
  });
  await house.close();
} finally {
  await emulators.stop();
}
const { user, system } = process.cpuUsage();
const result = {
  programs: all.length,
  different: all.filter(({ same }) => !same).map(({ seed }) => seed),
  attempts: all.reduce((sum, { there }) => sum + there.steps.length, 0),
  had: counted(all),
  seconds: Math.round((performance.now() - began) / 1000),
  cpuSecondsHere: Math.round((user + system) / 1e6),
  load: loadavg()[0],
};
await writeFile(out, `${JSON.stringify(result, null, 2)}\n`);
console.log(JSON.stringify(result, null, 2));
process.exit(result.different.length === 0 ? 0 : 1);
