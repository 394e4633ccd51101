import { readFileSync } from 'node:fs';
import type { Json, JsonObject } from '#lib/base/json';
import { importDspy } from '#lib/interop/incoming/import-dspy';
import { versionOf } from '#lib/interop/incoming/import-sidecar';
import { readMapping } from '#lib/interop/incoming/mapping';
import { ALONE, readState } from '#lib/interop/state/read-state';
import type { Message } from '#lib/lm/spec';
import type { ProgramVersionBody } from '#lib/program/program';

/** Made by real DSPy programs: `npm run goldens`. */
export interface GoldenState {
  name: string;
  /** The file `program.save("x.json")` wrote. */
  state: string;
  mapping: Json;
  /** By predictor: what it was given, and the messages DSPy's ChatAdapter made of it. */
  inputs: Record<string, JsonObject>;
  messages: Record<string, Message[]>;
}

export const { cases } = JSON.parse(readFileSync(new URL('goldens/states.json', import.meta.url), 'utf8')) as {
  cases: GoldenState[];
};

export function golden(name: string): GoldenState {
  return cases.find((one) => one.name === name) as GoldenState;
}

/** The imported program as a version, as publishing would freeze it. */
export function versionFrom(state: string, mapping: unknown): ProgramVersionBody {
  const { source } = importDspy(readState(state), readMapping(mapping, ALONE));
  return versionOf({
    variables: [],
    bindings: [],
    constraints: [],
    assignment: {},
    ...source,
  } as unknown as JsonObject);
}
