import { Conflict, Forbidden } from '#lib/base/errors';
import { workspaceNameKey } from '#lib/kernel/keys';
import { Description, Name } from '../attributes.ts';
import { defineResource } from '../define.ts';

/** The tenant. Its record lies in the workspace itself, under the workspace's own id. */
export const Workspace = defineResource({
  name: 'Workspace',
  path: 'workspaces',
  idPrefix: 'wsp',
  doc: 'What everything belongs to. A key sees exactly one.',
  attributes: { name: Name, description: Description },
  actions: (a) => ({
    create: a.create({
      doc: 'Set up a workspace; done by the process that serves it.',
      access: 'system',
      accept: ['name', 'description'],
      run: ({ id, input, ctx }) => {
        if (id !== ctx.workspaceId) throw new Forbidden('foreign_workspace', 'a workspace is made from within itself');
        // Names of workspaces are unique among all of them, so this item lies outside any.
        const taken = new Conflict('name_taken', `there is a workspace "${input.name}" already`);
        ctx.also({ put: { ...workspaceNameKey(input.name), data: { id } }, condition: { kind: 'absent' } }, taken);
        return {};
      },
    }),
    update: a.update({ doc: 'Change the description.', access: 'administer', accept: ['description'] }),
  }),
});
