import type { Action, ActionBuilder, Declaration, Shape, TypedDeclaration } from './resource.ts';

/**
 * A typed `defineResource` for a house whose actions use the services `X`:
 * `const defineResource = definer<Services>(); export const Program = defineResource({...})`.
 */
export function definer<X>() {
  return function defineResource<const A extends Shape, const S extends string = 'active', V extends Shape = Shape>(
    declaration: TypedDeclaration<A, S, V, X>,
  ): Declaration {
    return {
      ...declaration,
      actions: declaration.actions(builder as unknown as ActionBuilder<A, S, X>),
    } as unknown as Declaration;
  };
}

// The kinds are erased here and nowhere else: what the compiler checked, the kernel treats as data.
const builder = {
  create: (action: object) => ({ kind: 'create', ...action }) as Action,
  update: (action: object) => ({ kind: 'update', ...action }) as Action,
  remove: (action: object) => ({ kind: 'remove', ...action }) as Action,
  call: (action: object) => ({ kind: 'call', ...action }) as Action,
  collection: (action: object) => ({ kind: 'call', collection: true, ...action }) as Action,
};
