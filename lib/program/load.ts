import { isAlias, isMap, isSeq, LineCounter, parseDocument } from 'yaml';
import { InvalidInput, type Problem } from '#lib/base/errors';
import { type Graph, GraphSchema } from './graph.ts';

const MAX_LENGTH = 1_000_000;
const MAX_DEPTH = 64;
const SHOWN = 20;

/**
 * A graph from JSON or YAML text (JSON is YAML). Throws InvalidInput with every problem; each says its line and column,
 * and points into the graph.
 */
export function loadGraph(text: string): Graph {
  if (text.length > MAX_LENGTH)
    refuse([{ pointer: '', detail: `a program text has at most ${MAX_LENGTH} characters, this has ${text.length}` }]);
  const lines = new LineCounter();
  const at = (offset: number | undefined): string => {
    if (offset === undefined) return '';
    const { line, col } = lines.linePos(offset);
    return `line ${line}, column ${col}: `;
  };
  checkDepth(text);
  const source = text.replace(/^\uFEFF/, '');
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false, uniqueKeys: true, merge: false });
  if (document.errors.length > 0)
    refuse(document.errors.map((error) => ({ pointer: '', detail: at(error.pos[0]) + error.message })));
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    refuse([{ pointer: '', detail: error instanceof Error ? error.message : String(error) }]);
  }
  const parsed = GraphSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => {
    const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
    return { pointer: pointerOf(path), detail: at(offsetOf(document.contents, path)) + issue.message };
  });
  return refuse(problems);
}

/** Indentation and brackets both nest; so deep a text is refused before a recursive parser sees it. */
function checkDepth(text: string): void {
  let depth = 0;
  for (const char of text) {
    if (char === '[' || char === '{') depth++;
    else if (char === ']' || char === '}') depth--;
    if (depth > MAX_DEPTH) refuse([{ pointer: '', detail: `a program nests at most ${MAX_DEPTH} brackets deep` }]);
  }
  // `- - - -` and `? ? ?` nest without brackets.
  if (/^[ \t]*(?:[-?][ \t]+){32}/m.test(text))
    refuse([{ pointer: '', detail: 'a program nests at most 32 lists in a line' }]);
  if (/^[ ]{400}/m.test(text)) refuse([{ pointer: '', detail: 'a line is indented by at most 400 spaces' }]);
}

/** Where the value of a path stands, or the nearest thing around it that is there. */
function offsetOf(root: unknown, path: readonly (string | number)[]): number | undefined {
  let node = root;
  let offset = offsetIn(node);
  for (const part of path) {
    if (isAlias(node)) break;
    const pair = isMap(node) ? node.items.find(({ key }) => keyText(key) === String(part)) : undefined;
    const next: unknown =
      pair !== undefined ? (pair.value ?? pair.key) : isSeq(node) ? node.items[Number(part)] : undefined;
    if (next === undefined) break;
    node = next;
    offset = offsetIn(node) ?? offset;
  }
  return offset;
}

function offsetIn(node: unknown): number | undefined {
  const range = (node as { range?: [number, number, number] | null } | null | undefined)?.range;
  return range?.[0];
}

function keyText(key: unknown): string {
  return String((key as { value?: unknown } | null)?.value ?? key);
}

function pointerOf(path: readonly (string | number)[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function refuse(problems: readonly Problem[]): never {
  const shown = problems
    .slice(0, SHOWN)
    .map(({ detail, pointer }) => (pointer === '' ? detail : `${detail} (${pointer})`));
  const more = problems.length > SHOWN ? `; and ${problems.length - SHOWN} more` : '';
  throw new InvalidInput('program_text', `Not a program: ${shown.join('; ')}${more}`, { problems });
}
