// node bench/search/setup-peers.mjs: the Python environment of the peers, from the lock beside it, and the exported tables.
// Nothing of it belongs to the product; it lies in bench/search/peers/.venv, which git ignores.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = (name) => fileURLToPath(new URL(`peers/${name}`, import.meta.url));
const python = here('.venv/bin/python');
const run = (command, args) => execFileSync(command, args, { stdio: 'inherit' });
if (!existsSync(python)) run('python3', ['-m', 'venv', here('.venv')]);
run(python, ['-m', 'pip', 'install', '--quiet', '--requirement', here('requirements.lock')]);
mkdirSync(here('.venv/tables'), { recursive: true });
run(python, [
  here('export_tables.py'),
  here('.venv/tables'),
  'hpobench/vehicle',
  'hpolib/parkinsons_telemonitoring',
  'nasbench201/cifar10',
]);
