/** A step of a predictor's path in a DSPy program: an attribute, an index of a list, or a key of a dict. */
export type PathStep = { attribute: string } | { index: number } | { key: string };

const STEP = /\.?([\p{L}_][\p{L}\p{N}_]*)|\[(\d{1,6})\]|\['((?:[^']|'(?!\]))*)'\]/uy;

/** `many[0].predict` -> its steps; undefined when DSPy would not write such a path. */
export function parsePath(path: string): PathStep[] | undefined {
  const steps: PathStep[] = [];
  STEP.lastIndex = 0;
  while (STEP.lastIndex < path.length) {
    const at = STEP.lastIndex;
    const match = STEP.exec(path);
    if (match === null) return undefined;
    const [whole, attribute, index, key] = match;
    if (attribute !== undefined && whole.startsWith('.') === (at === 0)) return undefined;
    if (attribute !== undefined) steps.push({ attribute });
    else if (index !== undefined) steps.push({ index: Number(index) });
    else steps.push({ key: key ?? '' });
  }
  return steps.length > 0 && 'attribute' in (steps[0] as PathStep) ? steps : undefined;
}

/** The path as an id of a node and a name of a module: `many[0]` -> `many_0`. */
export function idOf(path: string, taken: ReadonlySet<string>): string {
  const plain = path
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/^_+|_+$/g, '');
  const base = (/^[a-z]/.test(plain) ? plain : `p_${plain}`).slice(0, 36).replace(/_$/, '');
  let id = base;
  for (let count = 2; taken.has(id); count++) id = `${base}_${count}`;
  return id;
}
