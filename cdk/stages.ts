import { existsSync, readFileSync } from 'node:fs';
import { type StageInput, stageConfig } from './config.ts';
import { workersOf } from './timing.ts';

/** Stages by name; whoever deploys keeps theirs in this file, or in the one that DSPEX_STAGES names. */
const FILE = 'dspex.stages.json';

/** The configuration of a stage: its entry in the file, or the defaults under that name. */
export function stageNamed(name: unknown, file: string = process.env.DSPEX_STAGES ?? FILE): StageInput {
  if (typeof name !== 'string' || name === '')
    throw new Error('which stage? Say -c stage=NAME; its settings stand in dspex.stages.json, or are the defaults');
  if (!existsSync(file)) return { stage: name };
  const stages = read(file);
  const entry = Object.hasOwn(stages, name) ? stages[name] : {};
  if (!isObject(entry)) throw new Error(`${file}: the entry "${name}" should be an object of settings`);
  return { ...entry, stage: name };
}

function read(file: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new Error(`${file} cannot be read as JSON: ${(cause as Error).message}`, { cause });
  }
  if (isObject(value)) return value;
  throw new Error(`${file}: wanted an object with an entry a stage`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `node cdk/stages.ts NAME`: the settings of a stage as JSON, checked, and how many functions work when all queues do. */
if (import.meta.main) {
  try {
    const config = stageConfig(stageNamed(process.argv[2]));
    console.log(JSON.stringify({ config, workers: workersOf(config) }));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
