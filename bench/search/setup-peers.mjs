// node bench/search/setup-peers.mjs [optuna] [gp] [smac] [traigent]: the peers' Python environments, from the locks beside it,
// and the exported tables; without names optuna alone, the one the goals speak of. gp needs PyTorch, several GB.
// --lock resolves peers/NAME.in anew and writes peers/NAME.lock, with hashes (of this platform's files).
// Nothing of it belongs to the product; it lies in bench/search/peers/.venv, which git ignores.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const TABLES = ['hpobench/vehicle', 'hpolib/parkinsons_telemonitoring', 'nasbench201/cifar10'];
const PEERS = ['optuna', 'gp', 'smac', 'traigent'];
const here = (name) => fileURLToPath(new URL(`peers/${name}`, import.meta.url));
const run = (command, args) => execFileSync(command, args, { stdio: 'inherit' });
const lock = process.argv.includes('--lock');
const names = process.argv.slice(2).filter((name) => name !== '--lock');
for (const name of names.length > 0 ? names : ['optuna']) {
  if (!PEERS.includes(name)) throw new Error(`wanted peers of ${PEERS.join(', ')}; there was ${name}`);
  // Environments apart: what they rest on does not agree.
  const python = here(name === 'optuna' ? '.venv/bin/python' : `.venv/${name}/bin/python`);
  if (!existsSync(python)) run('python3', ['-m', 'venv', join(python, '../..')]);
  if (lock) writeLock(python, name);
  run(python, ['-m', 'pip', 'install', '--quiet', '--require-hashes', '--requirement', here(`${name}.lock`)]);
  if (name !== 'optuna') continue;
  mkdirSync(here('.venv/tables'), { recursive: true });
  run(python, [here('export_tables.py'), here('.venv/tables'), ...TABLES]);
}

function writeLock(python, name) {
  const folder = mkdtempSync(join(tmpdir(), 'peers-'));
  const report = join(folder, 'report.json');
  const resolve = ['-m', 'pip', 'install', '--quiet', '--dry-run', '--ignore-installed', '--report', report];
  run(python, [...resolve, '--requirement', here(`${name}.in`)]);
  const { install } = JSON.parse(readFileSync(report, 'utf8'));
  const lines = install
    .map(({ metadata, download_info: { archive_info: archive } }) => ({ metadata, hash: archive.hashes.sha256 }))
    .map(({ metadata, hash }) => `${metadata.name.toLowerCase()}==${metadata.version} --hash=sha256:${hash}`);
  writeFileSync(here(`${name}.lock`), `${lines.sort().join('\n')}\n`);
  rmSync(folder, { recursive: true });
}
