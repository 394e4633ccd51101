import * as z from 'zod';
import type { JsonObject } from '#lib/base/json';
import type { ProgramVersionBody } from '#lib/program/program';
import { JsonValues } from '../attributes.ts';
import { exportProgram } from './export.ts';

/** Forms of a version: as a source to publish again, or as what another framework runs. */
export const EXPORT_FORMATS = ['json', 'yaml', 'dspy', 'typescript', 'messages'] as const;

export const exportInput = {
  format: z.enum(EXPORT_FORMATS).default('json'),
  base: z
    .string()
    .max(50_000_000)
    .optional()
    .meta({ description: 'dspy: an earlier DSPy state; what a version has no place for is kept from it.' }),
  input: JsonValues.optional().meta({ description: 'messages: the input the messages are made for.' }),
  nodes: JsonValues.optional().meta({ description: 'messages: values of nodes that a model would have answered.' }),
};

export const exportOutput = z.object({
  format: z.string(),
  text: z.string().meta({ description: 'The first of the files.' }),
  files: z.record(z.string(), z.string()),
  notes: z.array(z.string()).meta({ description: 'What the other side does not do as dspex does it.' }),
});
type Asked = { format: (typeof EXPORT_FORMATS)[number]; base?: string | undefined } & {
  [K in 'input' | 'nodes']?: JsonObject | undefined;
};

// Each is loaded when it is asked for: no other request needs it.
const WRITERS: Record<Asked['format'], (body: ProgramVersionBody, asked: Asked) => Promise<Made>> = {
  json: async (body) => ({ files: { 'program.json': await exportProgram(body, 'json') } }),
  yaml: async (body) => ({ files: { 'program.yaml': await exportProgram(body, 'yaml') } }),
  dspy: async (body, { base }) => (await import('#lib/interop/outgoing/export-dspy')).exportDspy(body, base),
  typescript: async (body) => {
    const { programModule } = await import('#lib/interop/typescript/program-module');
    return { files: { 'program.ts': programModule(body) } };
  },
  messages: async (body, { input = {}, nodes = {} }) => {
    const { exportMessages } = await import('#lib/interop/messages/export-messages');
    const { waiting, ...made } = await exportMessages(body, input, nodes);
    const notes = waiting.map((one) => `${one.node} waits for ${one.for.join(', ')}`);
    return { files: { 'messages.json': `${JSON.stringify({ ...made, waiting }, null, 2)}\n` }, notes };
  },
};
type Made = { files: Record<string, string>; notes?: string[] };

export async function exportAs(body: ProgramVersionBody, asked: Asked): Promise<z.output<typeof exportOutput>> {
  const { files, notes = [] } = await WRITERS[asked.format](body, asked);
  return { format: asked.format, text: Object.values(files)[0] ?? '', files, notes };
}

export const importInput = {
  state: z
    .string()
    .min(1)
    .max(50_000_000)
    .meta({ description: 'The text of what `module.save("x.json")` wrote. JSON only, never a pickle.' }),
  mapping: z.json().meta({
    description:
      'Signatures by predictor ({"predictors": {"answer.predict": "question -> answer"}}, also "graph" and "name"), one signature for a state of one predictor, or the sidecar an export wrote.',
  }),
  name: z.string().min(1).max(120).default('imported'),
};
export const importOutput = z.object({
  source: JsonValues.meta({ description: 'As `publish` takes it.' }),
  notes: z.array(z.string()),
});

export async function importFrom(input: { state: string; mapping: unknown; name: string }) {
  const { importState } = await import('#lib/interop/incoming/import-state');
  const { source, notes } = await importState(input.state, input.mapping, input.name);
  return { source: source as unknown as JsonObject, notes };
}
