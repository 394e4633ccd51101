import { Description, Implementation, JsonValues, Name } from '../attributes.ts';
import { defineResource } from '../define.ts';
import { under } from '../under.ts';
import { ModuleJson, moduleSpec } from './definition.ts';
import { Explained, Tried, tryModule } from './try.ts';

export const Module = defineResource({
  name: 'Module',
  path: 'modules',
  idPrefix: 'mod',
  doc: 'A reusable component: a module type over a signature, with its demos and model settings.',
  attributes: { name: Name, description: Description, definition: ModuleJson },
  unique: ['name'],
  versions: 'attributes',
  actions: (a) => ({
    create: a.create({
      doc: 'Declare a module.',
      accept: ['name', 'description', 'definition'],
      run: async ({ input, ctx }) => {
        await under('/definition', () => moduleSpec(input.definition, ctx));
        return {};
      },
    }),
    update: a.update({
      doc: 'Change it; published program versions keep their copy.',
      accept: ['name', 'description', 'definition'],
      run: async ({ input, ctx }) => {
        const { definition } = input;
        if (definition !== undefined) await under('/definition', () => moduleSpec(definition, ctx));
        return {};
      },
    }),
    delete: a.remove({ doc: 'Remove it; program versions made with it keep their copy.' }),
    run: a.call({
      doc: 'Run it once by itself. An implementation asked for here wins over the declared one and over the router.',
      access: 'run',
      effect: false,
      input: { inputs: JsonValues, implementation: Implementation.optional() },
      output: Tried,
      run: ({ record, input, ctx }) => tryModule(record.definition, input, ctx),
    }),
    route: a.call({
      doc: 'Which implementation would serve it now and why, without running anything.',
      effect: false,
      input: { implementation: Implementation.optional() },
      output: Explained,
      run: async ({ record, input, ctx }) =>
        ctx.services.modules.explain(await moduleSpec(record.definition, ctx), input.implementation),
    }),
  }),
});
