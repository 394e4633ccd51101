import { Unprocessable } from '#lib/base/errors';
import { type PathStep, parsePath } from '../state/path.ts';
import { ALONE } from '../state/read-state.ts';

/** Where modules stand in the generated class, so that DSPy gives their predictors the paths of the state. */
export interface Layout {
  /** Statements of `__init__`. */
  lines: string[];
  /** How `forward` names the module of a path. */
  reference(path: string): string;
  /** A class for attributes of attributes, where paths have such. */
  part: string;
}

type Tree = { maker: string } | { members: Map<string, { step: PathStep; tree: Tree }> };

/** Throws Unprocessable for paths that cannot stand together. */
export function layoutOf(makers: ReadonlyMap<string, string>): Layout {
  const root: Tree = { members: new Map() };
  for (const [path, maker] of makers) {
    const steps = path === ALONE ? [{ attribute: `${ALONE}_` }] : parsePath(path);
    if (steps === undefined) throw clash(path);
    place(root, steps, { maker }, path);
  }
  let nested = false;
  const source = (tree: Tree): string => {
    if ('maker' in tree) return tree.maker;
    const members = [...tree.members.values()];
    const first = members[0]?.step;
    if (first !== undefined && 'index' in first) {
      const length = Math.max(...members.map(({ step }) => ('index' in step ? step.index : -1))) + 1;
      if (length > 1000) throw clash(`[${length - 1}]`);
      // What stood at the other places is no predictor; None keeps the places.
      return `[${Array.from({ length }, (_, index) => {
        const member = members.find(({ step }) => 'index' in step && step.index === index);
        return member === undefined ? 'None' : source(member.tree);
      }).join(', ')}]`;
    }
    if (first !== undefined && 'key' in first)
      return `{${members.map(({ step, tree: inner }) => `${JSON.stringify('key' in step ? step.key : '')}: ${source(inner)}`).join(', ')}}`;
    nested = true;
    return `_Part(${members.map(({ step, tree: inner }) => `${'attribute' in step ? step.attribute : ''}=${source(inner)}`).join(', ')})`;
  };
  const lines = [...root.members.values()].map(
    ({ step, tree }) => `self.${'attribute' in step ? step.attribute : ''} = ${source(tree)}`,
  );
  return {
    lines,
    reference: (path) => `self.${path === ALONE ? `${ALONE}_` : path}`,
    part: nested ? PART : '',
  };
}

const PART = `class _Part(dspy.Module):
    """Holds modules that stood inside another one."""

    def __init__(self, **members):
        super().__init__()
        for name, member in members.items():
            setattr(self, name, member)`;

function place(tree: Tree, steps: readonly PathStep[], leaf: Tree, path: string): void {
  if ('maker' in tree) throw clash(path);
  const [step, ...rest] = steps;
  if (step === undefined) throw clash(path);
  const key = JSON.stringify(step);
  const kind = Object.keys(step)[0];
  for (const { step: other } of tree.members.values()) if (Object.keys(other)[0] !== kind) throw clash(path);
  const known = tree.members.get(key);
  if (rest.length === 0) {
    if (known !== undefined) throw clash(path);
    tree.members.set(key, { step, tree: leaf });
    return;
  }
  const inner: Tree = known?.tree ?? { members: new Map() };
  if (known === undefined) tree.members.set(key, { step, tree: inner });
  place(inner, rest, leaf, path);
}

function clash(path: string): Unprocessable {
  return new Unprocessable(
    'dspy_cannot_express',
    `the predictor path ${path} cannot stand beside the others in one Python class`,
  );
}
