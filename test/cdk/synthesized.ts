import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import type { StageInput } from '../../cdk/config.ts';
import { Dspex } from '../../cdk/dspex.ts';
import { checked } from '../../cdk/nag.ts';

export interface Resource {
  id: string;
  type: string;
  properties: Record<string, unknown>;
  deletionPolicy: string | undefined;
}

export interface Synthesized {
  dspex: Dspex;
  templates: Record<string, Template>;
  /** Of all stacks. */
  resources: Resource[];
  of(type: string): Resource[];
}

/** A stage synthesized in this process, without the Python layer, with the checks of AWS Solutions. */
export function synthesized(input: StageInput, context: Record<string, unknown> = {}): Synthesized {
  const outdir = mkdtempSync(join(tmpdir(), 'dspex-synth-'));
  const app = new App({ outdir, context: { 'dspex:without-layer': true, ...context } });
  const dspex = new Dspex(app, 'Dspex', input);
  checked(app, dspex.stacks);
  app.synth();
  const templates = Object.fromEntries(dspex.stacks.map((stack: Stack) => [stack.node.id, Template.fromStack(stack)]));
  const resources = Object.values(templates).flatMap((template) =>
    Object.entries(template.toJSON().Resources as Record<string, Raw>).map(([id, raw]) => ({
      ...{ id, type: raw.Type, properties: raw.Properties ?? {} },
      deletionPolicy: raw.DeletionPolicy,
    })),
  );
  return { dspex, templates, resources, of: (type) => resources.filter((one) => one.type === type) };
}

interface Raw {
  Type: string;
  Properties?: Record<string, unknown>;
  DeletionPolicy?: string;
}
