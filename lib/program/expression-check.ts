/** What may be called: pure functions whose work is bounded by the size of what they are given. */
export const FUNCTIONS: ReadonlySet<string> = new Set(
  (
    'abs append average base64decode base64encode boolean ceil contains count distinct each error exists floor ' +
    'formatBase formatInteger formatNumber join keys length lookup lowercase map max merge min not number pad power ' +
    'reduce replace reverse round sort split spread sqrt string substring substringAfter substringBefore sum trim type ' +
    'uppercase zip'
  ).split(' '),
);

const REFUSED_TYPES: Record<string, string> = {
  lambda: 'functions cannot be defined here; use a map node, or a filter such as list[score > 1]',
  partial: 'functions cannot be defined here, also not by leaving arguments open',
  regex: 'regular expressions are not available; use $contains, $split or $replace with plain text',
  transform: 'the transform operator |...| is not available; build the value with { } or $merge',
  parent: 'the parent operator % is not available; start again from $$',
};

/** Deeper than anybody writes; keeps evaluation off the end of the call stack. */
const MAX_DEPTH = 60;

/** A node of JSONata's syntax tree, as far as it is read here. */
export interface Ast {
  type?: string;
  value?: unknown;
  position?: number;
  steps?: Ast[];
  stages?: Ast[];
  predicate?: Ast[];
  group?: { lhs: [Ast, Ast][] };
  expr?: Ast;
  lhs?: Ast | [Ast, Ast][];
  rhs?: Ast;
  expression?: Ast;
  expressions?: Ast[];
  arguments?: Ast[];
  procedure?: Ast;
  condition?: Ast;
  then?: Ast;
  else?: Ast;
  terms?: { expression: Ast }[];
  focus?: string;
  index?: string | number;
}

/** A name path read from the expression's input, such as `['nodes', 'answer', 'answer']`. */
export type Reference = readonly string[];

export interface Refusal {
  detail: string;
  position: number | undefined;
}

/** What an expression reads from its input, or why it is not let in. One walk over the tree, no evaluation. */
export function checkAst(ast: Ast): { references: Reference[]; refusal: Refusal | undefined } {
  const bound = new Set<string>();
  const references = new Map<string, Reference>();
  let refusal: Refusal | undefined;

  const refuse = (node: Ast, detail: string): void => {
    refusal ??= { detail, position: node.position };
  };
  const variable = (node: Ast): void => {
    const name = String(node.value);
    if (name !== '' && name !== '$' && !bound.has(name) && !FUNCTIONS.has(name))
      refuse(node, `$${name} is neither an allowed function nor bound before by :=`);
  };

  /** `atRoot`: names here are looked up in the expression's input, not in some inner value. */
  const walk = (node: Ast, atRoot: boolean, depth: number): void => {
    if (refusal !== undefined) return;
    if (depth > MAX_DEPTH) refuse(node, `expressions nest at most ${MAX_DEPTH} deep`);
    if (refusal !== undefined) return;
    const inner = (child: Ast | undefined, root = atRoot): void => {
      if (child !== undefined) walk(child, root, depth + 1);
    };
    const { type = '' } = node;
    const why = REFUSED_TYPES[type];
    if (why !== undefined) refuse(node, why);
    if (node.focus !== undefined) bound.add(node.focus);
    if (typeof node.index === 'string') bound.add(node.index);
    if (type === 'path') path(node, atRoot, depth);
    else if (type === 'variable') {
      variable(node);
      if (node.value === '$' || (node.value === '' && atRoot))
        refuse(node, 'this reads everything; name what is wanted, such as input.question');
    } else if (type === 'name') {
      if (atRoot) references.set(String(node.value), [String(node.value)]);
    } else if ((type === 'wildcard' || type === 'descendant') && atRoot)
      refuse(node, 'a wildcard needs a name before it, such as input.*');
    else if (type === 'bind') {
      bound.add(String((node.lhs as Ast).value));
      inner(node.rhs);
    } else {
      if (Array.isArray(node.lhs)) for (const pair of node.lhs) for (const side of pair) inner(side);
      else inner(node.lhs);
      for (const child of [node.rhs, node.expression, node.condition, node.then, node.else]) inner(child);
      for (const child of [...(node.expressions ?? []), ...(node.arguments ?? [])]) inner(child);
      if (node.procedure?.type === 'variable') variable(node.procedure);
      else inner(node.procedure);
    }
    aside(node, depth);
  };

  /** Filters, groups and sort terms: looked up in the value at hand. */
  const aside = (node: Ast, depth: number): void => {
    for (const stage of [...(node.stages ?? []), ...(node.predicate ?? [])]) {
      if (typeof stage.value === 'string' && stage.type === 'index') bound.add(stage.value);
      if (stage.expr !== undefined) walk(stage.expr, false, depth + 1);
    }
    for (const pair of node.group?.lhs ?? []) for (const side of pair) walk(side, false, depth + 1);
    for (const term of node.terms ?? []) walk(term.expression, false, depth + 1);
  };

  const path = (node: Ast, atRoot: boolean, depth: number): void => {
    const steps = node.steps ?? [];
    const [first] = steps;
    const anchored = first?.type === 'variable' && (first.value === '$' || (first.value === '' && atRoot));
    const rooted = anchored || (atRoot && first?.type === 'name');
    let next = anchored ? 1 : 0;
    if (anchored) aside(first, depth);
    if (rooted) {
      const names: string[] = [];
      for (let more = true; more && steps[next]?.type === 'name'; next++) {
        const step = steps[next] as Ast;
        names.push(String(step.value));
        more = step.stages === undefined && step.predicate === undefined;
        if (step.focus !== undefined) bound.add(step.focus);
        if (typeof step.index === 'string') bound.add(step.index);
        aside(step, depth);
      }
      if (names.length === 0) refuse(node, 'this reads everything; name what is wanted, such as input.question');
      else references.set(names.join('\0'), names);
    } else if (first !== undefined) {
      walk(first, atRoot, depth + 1);
      next = 1;
    }
    for (const step of steps.slice(next)) {
      if (step.type !== 'name') walk(step, false, depth + 1);
      else {
        if (step.focus !== undefined) bound.add(step.focus);
        if (typeof step.index === 'string') bound.add(step.index);
        aside(step, depth);
      }
    }
  };

  walk(ast, true, 0);
  return { references: [...references.values()], refusal };
}
