import * as z from 'zod';
import type { ActionInfo } from './info.ts';
import type { Access, Action, Declaration, Shape } from './resource.ts';

/** An action with nothing left open; `info` turns its shapes into schemas. */
export interface CompleteAction extends Omit<ActionInfo, 'id' | 'resource' | 'input' | 'output'> {
  input: Shape;
  /** Only a call declares one; the others answer with the record. */
  output: z.ZodType | null;
}

export interface Complete {
  declaration: Declaration;
  states: readonly string[];
  actions: CompleteAction[];
}

/** Fills in what a declaration leaves out. Total: nonsense goes through unharmed and is named by `verify`. */
export function complete(declaration: Declaration): Complete {
  const readAccess = declaration.readAccess ?? 'read';
  return {
    declaration,
    states: declaration.states ?? ['active'],
    actions: [
      { ...implied, name: 'read', kind: 'read', doc: `Read one ${declaration.name}.`, access: readAccess },
      {
        ...implied,
        name: 'list',
        kind: 'list',
        collection: true,
        doc: `List the ${declaration.path}.`,
        access: readAccess,
      },
      ...Object.entries(declaration.actions).map(([name, action]) => completeAction(name, action)),
    ],
  };
}

const implied = {
  collection: false,
  input: {},
  output: null,
  accept: [],
  from: null,
  to: null,
  effect: false,
  accepted: null,
  ifMatch: false,
  upload: null,
  reveals: {},
} as const;

const ACCESS: Record<Action['kind'], Access> = { create: 'edit', update: 'edit', remove: 'edit', call: 'run' };

function completeAction(name: string, action: Action): CompleteAction {
  const effect = action.kind !== 'call' || action.effect !== false;
  return {
    name,
    kind: action.kind,
    doc: action.doc,
    access: action.access ?? (effect ? ACCESS[action.kind] : 'read'),
    collection: action.kind === 'create' || (action.kind === 'call' && action.collection === true),
    input: action.input ?? {},
    output: action.kind === 'call' ? action.output : null,
    accept: ('accept' in action ? action.accept : undefined) ?? [],
    from: ('from' in action ? action.from : undefined) ?? null,
    to: (action.kind === 'update' ? action.to : undefined) ?? null,
    effect,
    accepted: (action.kind === 'call' ? action.accepted : undefined) ?? null,
    ifMatch:
      action.kind === 'remove' ||
      (action.kind === 'update' && action.ifMatch !== false) ||
      (action.kind === 'call' && action.ifMatch === true),
    upload: (action.kind === 'call' ? action.upload : undefined) ?? null,
    reveals: ('reveals' in action ? action.reveals : undefined) ?? {},
  };
}

/** What every record has, as schemas; also the names no attribute may take. */
export const HEAD: Shape = {
  id: z.string(),
  workspaceId: z.string(),
  rev: z.int().min(1),
  state: z.string(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  createdBy: z.string(),
};
export const LATEST_VERSION: Shape = { latestVersion: z.int().min(0) };
