import * as z from 'zod';
import { inputJsonSchema, outputJsonSchema } from '#lib/signature/json-schema';
import { parseSignatureWithNotes } from '#lib/signature/parse';
import { formatSignature } from '#lib/signature/print';
import { signatureFromJson } from '#lib/signature/signature-json';
import { validateInputs, validateOutputs } from '#lib/signature/validate';
import { Description, JsonValues, Name } from '../attributes.ts';
import { defineResource } from '../define.ts';
import { under } from '../under.ts';
import { SignatureDefinition } from './definition.ts';

const Problems = z.array(z.object({ pointer: z.string(), detail: z.string() }));

/** Everything that is shown of a definition: one that cannot be shown is not taken. */
function shownForms(definition: unknown): unknown[] {
  const signature = signatureFromJson(definition);
  return [formatSignature(signature), inputJsonSchema(signature), outputJsonSchema(signature)];
}

export const Signature = defineResource({
  name: 'Signature',
  path: 'signatures',
  idPrefix: 'sig',
  doc: 'A typed contract: named fields in and out, and the instructions between them.',
  attributes: {
    name: Name,
    description: Description,
    definition: SignatureDefinition.meta({
      description: 'DSPy string form ("question -> answer: str") or the field form.',
    }),
  },
  unique: ['name'],
  versions: 'attributes',
  calculations: {
    text: {
      doc: 'The string form.',
      type: z.string(),
      from: (record) => formatSignature(signatureFromJson(record.definition)),
    },
    inputSchema: {
      doc: 'JSON Schema of the inputs.',
      type: z.json(),
      from: (record) => inputJsonSchema(signatureFromJson(record.definition)),
    },
    outputSchema: {
      doc: 'JSON Schema of the outputs.',
      type: z.json(),
      from: (record) => outputJsonSchema(signatureFromJson(record.definition)),
    },
  },
  actions: (a) => ({
    create: a.create({
      doc: 'Declare a signature.',
      accept: ['name', 'description', 'definition'],
      run: async ({ input }) => {
        await under('/definition', () => shownForms(input.definition));
        return {};
      },
    }),
    update: a.update({
      doc: 'Change it; the old form stays as a version.',
      accept: ['name', 'description', 'definition'],
      run: async ({ input }) => {
        if (input.definition !== undefined) await under('/definition', () => shownForms(input.definition));
        return {};
      },
    }),
    delete: a.remove({ doc: 'Remove it; program versions made with it keep their copy.' }),
    parse: a.collection({
      doc: 'Read a signature string without storing anything; says what DSPy would drop silently.',
      effect: false,
      input: { text: z.string().max(65_536) },
      output: z.object({ text: z.string(), signature: z.json(), notes: z.array(z.string()) }),
      run: async ({ input }) => {
        const { signature, notes } = parseSignatureWithNotes(input.text);
        return { text: formatSignature(signature), signature: JSON.parse(JSON.stringify(signature)), notes };
      },
    }),
    validate: a.call({
      doc: 'Check values against the inputs or the outputs.',
      effect: false,
      input: { side: z.enum(['inputs', 'outputs']).default('inputs'), values: JsonValues },
      output: z.object({ valid: z.boolean(), problems: Problems, values: JsonValues }),
      run: async ({ record, input }) => {
        const check = input.side === 'inputs' ? validateInputs : validateOutputs;
        const { values, problems } = check(signatureFromJson(record.definition), input.values);
        return { valid: problems.length === 0, problems: [...problems], values };
      },
    }),
  }),
});
