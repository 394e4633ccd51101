// Makes the golden files: creates the locked Python environment in .dspex/goldens-python when it is not there and runs
// make.py in it. Needs a CPython of the minor version below on the PATH (or DSPEX_PYTHON).
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// Names of union types differ between minor versions, so the goldens are made by one.
const PYTHON = '3.11';
const root = fileURLToPath(new URL('../../', import.meta.url));
const environment = `${root}.dspex/goldens-python`;
const lock = `${root}python-lambda/requirements.lock`;
const stamp = `${environment}/lock.sha256`;
const wanted = createHash('sha256').update(readFileSync(lock)).digest('hex');

function run(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', env: { ...process.env, PYTHONHASHSEED: '0' } });
  if (status === 0) return;
  console.error(`goldens: ${command} ${args.slice(0, 3).join(' ')} failed (${error?.message ?? `exit ${status}`}).`);
  process.exit(1);
}

function findPython() {
  const names = [process.env.DSPEX_PYTHON, `python${PYTHON}`, 'python3', 'python'].filter(Boolean);
  for (const name of names) {
    const found = spawnSync(name, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'], { encoding: 'utf8' });
    if (found.status === 0 && found.stdout.trim() === PYTHON) return name;
  }
  console.error(`goldens: wanted CPython ${PYTHON}, found none as ${names.join(', ')}. Set DSPEX_PYTHON to one.`);
  return process.exit(1);
}

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
  mkdirSync(environment, { recursive: true });
  run(findPython(), ['-m', 'venv', '--clear', environment]);
  run(`${environment}/bin/python`, ['-m', 'pip', 'install', '--quiet', '--require-hashes', '-r', lock]);
  writeFileSync(stamp, wanted);
}
run(`${environment}/bin/python`, [
  `${root}python-lambda/goldens/make.py`,
  `${root}test/adapter/goldens`,
  `${root}test/module/goldens`,
  `${root}lib/signature/dspy-schemas.ts`,
]);
run(`${environment}/bin/python`, [
  `${root}python-lambda/goldens/interop/make.py`,
  `${root}test/interop/goldens/states.json`,
]);
run(`${environment}/bin/python`, [
  `${root}python-lambda/goldens/copro.py`,
  `${root}test/optimizer/goldens/copro.json`,
]);
