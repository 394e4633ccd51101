import { canonicalJson } from '#lib/base/json';
import { program } from '#lib/program/author';
import type { Graph } from '#lib/program/graph';
import type { ProgramVersionBody } from '#lib/program/program';
import { inputFields, json, knownInputs, NodeWriter } from './nodes.ts';
import { outputCode } from './outputs.ts';

/** Where the builder is imported from in a project that uses dspex as a package. */
const PACKAGE = 'dspex/program';

/**
 * A version as a TypeScript module: the flow with the typed builder, then what the builder's calls do not say (demos,
 * instructions, variables, models) as data. It exports the program and its assignment; frozen together they have the
 * version's checksum.
 */
export function programModule(version: ProgramVersionBody, from = PACKAGE): string {
  const { graph, modules, variables, bindings, constraints, lms, assignment } = version;
  const name = variableName(graph.name);
  const known = knownInputs(graph.input);
  const nodes = new NodeWriter(modules).chain(graph.nodes, 'b', known, '      ');
  const { code: output } = outputCode(graph.output, known);
  const used = /\bexpression</.test(nodes + output) ? 'expression, program' : 'program';
  const built = [
    `const built = program(${JSON.stringify(graph.name)})`,
    ...(Object.keys(graph.input).length === 0 ? [] : [`  .input(${JSON.stringify(inputFields(graph.input))})`]),
    `  .nodes((b) =>\n    ${nodes},\n  )`,
    `  .output(${output})`,
    '  .build();',
  ].join('\n');
  return `${[
    `// ${graph.name.replaceAll(/[\r\n\u2028\u2029]/g, ' ')}, exported from dspex. Version checksum: ${version.checksum}`,
    `import { ${used} } from ${JSON.stringify(from)};\n`,
    '/** The flow. An expression typed `never` fits anywhere: its type is not known here. */',
    `${built}\n`,
    '/** What the calls above do not say. */',
    `const parts = ${json({ modules, variables, bindings, constraints, lms }, '')};\n`,
    `export const ${name} = {\n  ...built,\n  ...(parts as unknown as Pick<typeof built, keyof typeof parts>),\n  graph: { ...built.graph${graphRest(graph)} },\n};\n`,
    '/** The values of its variables. */',
    `export const assignment = ${json(assignment, '')};`,
    '',
    `export default ${name};`,
  ].join('\n')}\n`;
}

/** Members of the graph that the builder does not make, or makes in other words (a type's spelling). */
function graphRest(graph: Graph): string {
  const made: Graph =
    Object.keys(graph.input).length === 0
      ? program(graph.name).graph()
      : program(graph.name).input(inputFields(graph.input)).graph();
  const rest = Object.entries(graph).filter(
    ([name, value]) =>
      !['nodes', 'output', 'name'].includes(name) &&
      canonicalJson(value) !== canonicalJson((made as unknown as Record<string, unknown>)[name]),
  );
  return rest.map(([name, value]) => `, ${name}: ${json(value, '  ')}`).join('');
}

const RESERVED = new Set(
  (
    'arguments await break case catch class const continue debugger default delete do else enum eval export extends ' +
    'false finally for function if implements import in instanceof interface let new null package private protected ' +
    'public return static super switch this throw true try typeof var void while with yield ' +
    'built parts assignment expression program'
  ).split(' '),
);

function variableName(text: string): string {
  const words = text.normalize('NFKD').match(/[A-Za-z0-9]+/g) ?? [];
  const joined = words
    .map((word, index) => (index === 0 ? (word[0] ?? '').toLowerCase() : (word[0] ?? '').toUpperCase()) + word.slice(1))
    .join('');
  return /^[A-Za-z]/.test(joined) && !RESERVED.has(joined) ? joined : `program${joined}`;
}
