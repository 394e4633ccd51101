import * as z from 'zod';
import { Conflict } from '#lib/base/errors';
import type { JsonObject } from '#lib/base/json';
import type { ProgramVersionBody } from '#lib/program/program';
import { Description, JsonValues, Name } from '../attributes.ts';
import { defineResource } from '../define.ts';
import { adopt, adoptInput, adoptOutput, adoptUpload } from './adopt.ts';
import { Alias, pick, pointed, shifted } from './alias.ts';
import { changedPaths } from './diff.ts';
import { Front, measuredFront } from './front.ts';
import { exportAs, exportInput, exportOutput, importFrom, importInput, importOutput } from './interop.ts';
import { evidenceFor } from './promotion.ts';
import { AskedGate, Gate, pinnedGate } from './promotion-gate.ts';
import { firstVersion, Lineage, nextVersion, publishInput } from './publish.ts';
import { ProgramSource } from './source.ts';
import {
  evaluateInput,
  optimizeInput,
  runInput,
  startEvaluation,
  startOptimization,
  startRun,
  which,
} from './start.ts';

const readOnly = { readOnly: true };

export const Program = defineResource({
  name: 'Program',
  path: 'programs',
  idPrefix: 'prg',
  doc: 'An LLM program: immutable versions of a typed graph of modules with shared variables, and aliases that point at them.',
  attributes: {
    name: Name,
    description: Description,
    aliases: z.record(z.string(), Alias).default({}).meta(readOnly),
    fronts: z
      .record(z.string(), Front)
      .default({})
      .meta({ ...readOnly, description: 'Aliases with several versions to choose from, by quality, cost or latency.' }),
    optimizationId: z
      .string()
      .nullable()
      .default(null)
      .meta({ ...readOnly, description: 'The optimization that holds the lock.' }),
    promotionGates: z
      .array(Gate)
      .default([])
      .meta({ ...readOnly, description: 'Evidence a version wants before an alias may point at it.' }),
  },
  unique: ['name'],
  states: ['active', 'archived'],
  calculations: {
    status: {
      doc: 'archived, optimizing, production (alias `live` points at a version), else draft.',
      type: z.enum(['draft', 'optimizing', 'production', 'archived']),
      from: ({ state, optimizationId, aliases }) => {
        if (state === 'archived') return 'archived';
        if (optimizationId !== null) return 'optimizing';
        return aliases.live === undefined ? 'draft' : 'production';
      },
    },
  },
  versions: {
    graph: z.json(),
    modules: z.record(z.string(), z.json()),
    variables: z.array(z.json()),
    bindings: z.array(z.json()),
    constraints: z.array(z.json()),
    lms: z.record(z.string(), z.json()),
    assignment: JsonValues,
    origin: z.record(z.string(), z.string()),
    checksum: z.string(),
    lineage: Lineage,
  },
  actions: (a) => ({
    create: a.create({
      doc: 'Create a program, with its first version when `source` is given.',
      accept: ['name', 'description'],
      input: { source: ProgramSource.optional() },
      run: async ({ input, ctx }) => (input.source === undefined ? {} : firstVersion(input.source, ctx)),
    }),
    update: a.update({ doc: 'Change name or description.', accept: ['name', 'description'] }),
    publish: a.update({
      doc: 'Append a version: a new source, or an earlier version under other variable values.',
      from: ['active'],
      ifMatch: false,
      input: publishInput,
      run: ({ record, input, ctx }) => nextVersion(record, input, ctx),
    }),
    validate: a.collection({
      doc: 'Check a source without storing it: every problem at once, each with its path.',
      effect: false,
      input: { source: ProgramSource },
      output: z.object({ valid: z.literal(true), checksum: z.string() }),
      run: async ({ input, ctx }) => {
        const { freezeSource } = await import('./freeze-source.ts');
        return { valid: true as const, checksum: (await freezeSource(input.source, ctx)).checksum };
      },
    }),
    promote: a.update({
      doc: 'Point an alias at a version. `live` is what runs when nothing else is said.',
      access: 'promote',
      from: ['active'],
      input: { version: z.int().min(1), alias: Name.default('live') },
      run: async ({ record, input, ctx }) => {
        const { version, alias } = input;
        await ctx.version('Program', record.id, version);
        const evidence = await evidenceFor(record, version, alias, ctx);
        const aliases = pointed(record.aliases, alias, version, ctx);
        return { set: { aliases }, event: { alias, version, ...(evidence.length === 0 ? {} : { evidence }) } };
      },
    }),
    shift: a.update({
      doc: "Have a share of an alias's runs served by another version; runs of one `sticky` key stay together. 0 ends it.",
      access: 'promote',
      from: ['active'],
      input: { version: z.int().min(1), share: z.number().min(0).lt(1), alias: Name.default('live') },
      run: async ({ record, input, ctx }) => {
        const { version, share, alias } = input;
        const there = record.aliases[alias];
        if (share === 0 && there !== undefined)
          return { set: { aliases: pointed(record.aliases, alias, there.version, ctx) }, event: { alias, share } };
        await ctx.version('Program', record.id, version);
        const aliases = shifted(record.aliases, alias, { version, share }, ctx);
        const evidence = await evidenceFor(record, version, alias, ctx);
        return { set: { aliases }, event: { alias, version, share, ...(evidence.length === 0 ? {} : { evidence }) } };
      },
    }),
    gate: a.update({
      doc: 'Say what evidence a version wants before an alias may point at it; replaces what was said. Rollbacks are free.',
      access: 'administer',
      input: { gates: z.array(AskedGate).max(10) },
      run: async ({ input, ctx }) => {
        const gates = await Promise.all(input.gates.map((gate) => pinnedGate(gate, ctx)));
        return { set: { promotionGates: gates as unknown as JsonObject[] } };
      },
    }),
    rollback: a.update({
      doc: 'Point an alias back at the version it pointed at before; while runs are shifted, end that instead.',
      access: 'promote',
      from: ['active'],
      input: { alias: Name.default('live') },
      run: ({ record, input, ctx }) => {
        const alias = record.aliases[input.alias];
        if (alias?.shifted !== undefined)
          return {
            set: { aliases: pointed(record.aliases, input.alias, alias.version, ctx) },
            event: { alias: input.alias, version: alias.version, from: alias.shifted.version },
          };
        if (alias === undefined || alias.previous === null) {
          throw new Conflict(
            'nothing_to_roll_back',
            `alias "${input.alias}" has no earlier version; there are [${Object.keys(record.aliases).join(', ')}]`,
          );
        }
        return {
          set: { aliases: pointed(record.aliases, input.alias, alias.previous, ctx) },
          event: { alias: input.alias, version: alias.previous, from: alias.version },
        };
      },
    }),
    deployFront: a.update({
      doc: 'Put several measured versions behind an alias: a run that says what it prefers gets the one that serves it best.',
      access: 'promote',
      from: ['active'],
      input: {
        alias: Name.default('live'),
        evaluations: z
          .array(z.string())
          .max(50)
          .meta({ description: 'One for each version, all on the same examples; none takes the front away.' }),
      },
      run: async ({ record, input, ctx }) => {
        const { [input.alias]: _, ...others } = record.fronts;
        const front = input.evaluations.length === 0 ? null : await measuredFront(record, input.evaluations, ctx);
        const fronts = front === null ? others : { ...others, [input.alias]: front };
        return {
          set: { fronts },
          event: { alias: input.alias, versions: front?.points.map(({ version }) => version) ?? [] },
        };
      },
    }),
    archive: a.update({ doc: 'Take it out of use; nothing is lost.', from: ['active'], to: 'archived' }),
    restore: a.update({ doc: 'Take it back into use.', from: ['archived'], to: 'active' }),
    lock: a.update({
      doc: 'One optimization at a time works on a program.',
      access: 'system',
      from: ['active'],
      input: { optimizationId: z.string() },
      run: ({ record, input }) => {
        if (record.optimizationId !== null && record.optimizationId !== input.optimizationId) {
          throw new Conflict('program_locked', `${record.optimizationId} is optimizing ${record.name}`);
        }
        return { set: { optimizationId: input.optimizationId } };
      },
    }),
    unlock: a.update({
      doc: 'The optimization is over.',
      access: 'system',
      input: { optimizationId: z.string() },
      run: ({ record, input }) =>
        record.optimizationId === input.optimizationId ? { set: { optimizationId: null } } : {},
    }),
    run: a.call({
      doc: 'Run a version: the given one, the one `alias` points at, else `live`, else the newest. Add `?wait=true` to wait for the end.',
      from: ['active'],
      input: runInput,
      accepted: 'Execution',
      output: z.never(),
      run: ({ record, input, ctx }) => startRun(record, input, ctx),
    }),
    evaluate: a.call({
      doc: 'Measure a version on a dataset.',
      access: 'run',
      from: ['active'],
      input: evaluateInput,
      accepted: 'Evaluation',
      output: z.never(),
      run: ({ record, input, ctx }) => startEvaluation(record, input, ctx),
    }),
    optimize: a.call({
      doc: 'Search variables, instructions and demos of a version together; the winner becomes a version.',
      access: 'run',
      from: ['active'],
      input: optimizeInput,
      accepted: 'Optimization',
      output: z.never(),
      run: ({ record, input, ctx }) => startOptimization(record, input, ctx),
    }),
    diff: a.call({
      doc: 'What differs between two versions, as paths with both values.',
      effect: false,
      input: { from: z.int().min(1), to: z.int().min(1) },
      output: z.object({
        changes: z.array(z.object({ path: z.string(), from: z.json().optional(), to: z.json().optional() })),
      }),
      run: async ({ record, input, ctx }) => {
        const from = await ctx.version('Program', record.id, input.from);
        const to = await ctx.version('Program', record.id, input.to);
        return { changes: changedPaths(from.body, to.body) };
      },
    }),
    export: a.call({
      doc: 'A version as a source that publishes the same program again, or for others: DSPy, TypeScript, plain messages.',
      effect: false,
      input: { ...which, ...exportInput },
      output: exportOutput,
      run: async ({ record, input, ctx }) => {
        const { body } = await ctx.version<ProgramVersionBody>('Program', record.id, pick(record, input).version);
        return exportAs(body, input);
      },
    }),
    importDspy: a.collection({
      doc: 'The source of a version made of a saved DSPy state and its signatures; `publish` takes it.',
      effect: false,
      input: importInput,
      output: importOutput,
      run: ({ input }) => importFrom(input),
    }),
    adopt: a.collection({
      doc: 'The source of a program that hosts a dspy.Module of a package unchanged; `publish` takes it. The body is gzipped JSON `{"files": {path: base64}}`; the package is imported, which runs its code.',
      access: 'edit',
      upload: adoptUpload,
      input: adoptInput,
      output: adoptOutput,
      run: async ({ input, ctx, upload }) => adopt(input, upload, ctx),
    }),
  }),
});
