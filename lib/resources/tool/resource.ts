import * as z from 'zod';
import { StepFailure } from '#lib/base/failure';
import { callTool } from '#lib/module/tool/call';
import { JsonValues, Name } from '../attributes.ts';
import { type Context, defineResource } from '../define.ts';
import { adoptTool, adoptToolInput, adoptToolOutput, adoptToolUpload } from './adopt.ts';
import { ToolAttributes, type ToolDefinition, toolDeclaration } from './definition.ts';

const ACCEPT = ['name', 'description', 'parameters', 'target'] as const;

export const Tool = defineResource({
  name: 'Tool',
  path: 'tools',
  idPrefix: 'tol',
  doc: 'Something a ReAct module can call: HTTP, built in, a corpus, MCP, Python or Lambda, with JSON Schema parameters.',
  attributes: { name: Name, ...ToolAttributes },
  unique: ['name'],
  versions: 'attributes',
  actions: (a) => ({
    create: a.create({
      doc: 'Declare a tool.',
      accept: [...ACCEPT],
      run: async ({ input, ctx }) => {
        await toolDeclaration(input as ToolDefinition, ctx);
        return {};
      },
    }),
    update: a.update({
      doc: 'Change it; published program versions keep their copy.',
      accept: [...ACCEPT],
      run: async ({ record, input, ctx }) => {
        await toolDeclaration({ ...faceOf(record), ...defined(input) }, ctx);
        return {};
      },
    }),
    delete: a.remove({ doc: 'Remove it; program versions made with it keep their copy.' }),
    call: a.call({
      doc: 'Try it: arguments are checked as ReAct checks them. What went wrong is told as ReAct would observe it.',
      access: 'run',
      input: { arguments: JsonValues.default({}) },
      output: z.object({ result: z.json(), error: z.string().nullable() }),
      run: async ({ record, input, ctx }) => {
        const tool = await toolDeclaration(faceOf(record), ctx);
        try {
          const result = await callTool(tool, input.arguments, ctx.services.tools, {
            workspaceId: ctx.workspaceId,
            idempotencyKey: ctx.newId('try'),
            ...(ctx.signal === undefined ? {} : { signal: ctx.signal }),
          });
          return { result: result as never, error: null };
        } catch (error) {
          if (!(error instanceof StepFailure)) throw error;
          return { result: null, error: error.message };
        }
      },
    }),
    adopt: a.collection({
      doc: 'A function of a Python package as a tool ready to be declared: name, description and parameters as its code says them. The body is gzipped JSON `{"files": {path: base64}}`; the package is imported, which runs its code.',
      access: 'edit',
      upload: adoptToolUpload,
      input: adoptToolInput,
      output: adoptToolOutput,
      run: async ({ input, ctx, upload }) => adoptTool(input, upload, ctx),
    }),
    discover: a.collection({
      doc: 'The tools an MCP server offers, ready to be declared: name, description, parameters, target.',
      access: 'edit',
      effect: false,
      input: { url: z.url({ protocol: /^https?$/ }).max(2048), secretRef: z.string().max(210).optional() },
      output: z.object({ tools: z.array(z.json()), error: z.string().nullable() }),
      run: async ({ input: { url, secretRef }, ctx }) => {
        const server = { url, ...(secretRef === undefined ? {} : { secretRef }) };
        try {
          const session = await ctx.services.openMcp(server, ctx.signal);
          const tools = (await session.listTools()).map((tool) => ({
            ...tool,
            target: { kind: 'mcp', mcp: { ...server, tool: tool.name } },
          }));
          return { tools: tools as never[], error: null };
        } catch (error) {
          if (!(error instanceof StepFailure)) throw error;
          return { tools: [], error: error.message };
        }
      },
    }),
  }),
});

type Found = ToolDefinition & { id: string; latestVersion?: number };

/** A Tool by its name as a program keeps it, and where it came from. */
export async function toolNamed(name: string, ctx: Pick<Context, 'find' | 'version'>) {
  const record = await ctx.find<Found>('Tool', name);
  return { tool: await toolDeclaration(faceOf(record), ctx), origin: `${record.id}@${record.latestVersion ?? 0}` };
}

function faceOf({ name, description, parameters, target }: ToolDefinition): ToolDefinition {
  return { name, description, parameters, target };
}

function defined<T extends object>(given: T): Partial<ToolDefinition> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
