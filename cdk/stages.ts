import { existsSync, readFileSync } from 'node:fs';
import type { StageInput } from './config.ts';

/** Stages by name; whoever deploys keeps theirs in this file, or in the one that DSPEX_STAGES names. */
const FILE = 'dspex.stages.json';

/** The configuration of a stage: its entry in the file, or the defaults under that name. */
export function stageNamed(name: unknown, file: string = process.env.DSPEX_STAGES ?? FILE): StageInput {
  if (typeof name !== 'string' || name === '')
    throw new Error('which stage? Say -c stage=NAME; its settings stand in dspex.stages.json, or are the defaults');
  if (!existsSync(file)) return { stage: name };
  const stages = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Omit<StageInput, 'stage'>>;
  return { ...stages[name], stage: name };
}
