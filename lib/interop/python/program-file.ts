import { stringRepr } from '#lib/adapter/python-text';
import { jsonDumps, pythonRepr } from '#lib/adapter/python-value';
import type { ModuleSpec } from '#lib/module/spec';
import { fieldTypeOf } from '#lib/program/field-type';
import type { ProgramPlan } from '#lib/program/plan';
import type { ProgramVersionBody } from '#lib/program/program';
import { formatSignature } from '#lib/signature/print';
import type { FieldType, Signature } from '#lib/signature/signature';
import type { ExportedModule } from '../outgoing/exported-modules.ts';
import { predictorsOf } from '../outgoing/predictors.ts';
import { className, pythonName } from '../outgoing/python-name.ts';
import { DSPY_VERSION } from '../outgoing/state-file.ts';
import { lmKeywords } from '../state/lm.ts';
import { ALONE } from '../state/read-state.ts';
import { HELPERS, NEEDS } from './expression.ts';
import { type Flow, flowOf } from './flow.ts';
import { layoutOf } from './layout.ts';
import { ELSEWHERE, type Outside, toolsSource } from './tools.ts';
import { Classes, pythonType } from './types.ts';

const ADAPTERS = { chat: 'dspy.ChatAdapter()', json: 'dspy.JSONAdapter()', xml: 'dspy.XMLAdapter()' };

/** Models that only dspex has: the Python asks for another one. */
const OURS = new Set(['embedded', 'scripted']);

/** The Python file beside a state: defines the program, loads the state, runs. `notes` say what differs from dspex. */
export function programFile(
  version: ProgramVersionBody,
  modules: readonly ExportedModule[],
  plan: ProgramPlan,
  stateName = 'program.json',
): { text: string; notes: string[] } {
  const { graph } = version;
  const classes = new Classes();
  const name = className(graph.name);
  const usual = graph.defaults?.adapter ?? 'chat';
  const signatures: string[] = [];
  const makers = new Map<string, string>();
  const outside: Outside = { modules: new Set(), helper: false };
  for (const one of modules) {
    const constant = `${constantName(one.path)}_SIGNATURE`;
    signatures.push(`${constant} = ${signatureSource(one.spec.signature, classes, `module ${one.module}`)}`);
    const tools = `${constantName(one.path)}_TOOLS`;
    if (one.spec.type === 'react') signatures.push(toolsSource(tools, one, outside));
    makers.set(one.path, constructorOf(one.spec, constant, tools));
  }
  const layout = layoutOf(makers);
  const flow = new Map(modules.flatMap((one) => one.nodes.map((node) => [node, one] as const)));
  const state: Flow = {
    helpers: new Set(['_ask']),
    notes: [],
    sure: new Set(Object.keys(graph.input).map((input) => `input.${input}`)),
    call: (node, inputs) => {
      const one = flow.get(node);
      const adapter = one?.spec.adapter ?? 'chat';
      const other = adapter === usual ? '' : `, adapter=${ADAPTERS[adapter]}`;
      return `_ask(${layout.reference(one?.path ?? node)}, ${inputs}${other})`;
    },
  };
  for (const step of plan.stages.flat())
    if (step.kind === 'module' && step.when === undefined && !step.optional && step.fallback.length === 0)
      for (const { name: output } of flow.get(step.id)?.spec.signature.outputs ?? [])
        state.sure.add(`nodes.${step.id}.${output}`);
  const body = flowOf(plan, state);
  const helpers = withNeeds(state.helpers);
  const code = [
    ...[...classes.all.values()].map(({ source }) => source),
    ...[...classes.all.values()].flatMap(({ name: one, schema }) =>
      schema === undefined ? [] : [schemaCheck(one, schema)],
    ),
    outside.helper ? ELSEWHERE : '',
    signatures.join('\n'),
    ...helpers.map((helper) => HELPERS[helper] ?? ''),
    layout.part,
    [
      `class ${name}(dspy.Module):`,
      `    def __init__(self):`,
      `        super().__init__()`,
      ...[...layout.lines, ...modules.flatMap((one) => reactSettings(one, layout.reference(one.path)))].map(
        (line) => `        ${line}`,
      ),
      '',
      `    def forward(self, ${parameters(graph.input)}):`,
      ...(keywordInputs(graph.input)
        ? [
            `        input = {${Object.keys(graph.input)
              .map((one) => `${JSON.stringify(one)}: ${one}`)
              .join(', ')}}`,
          ]
        : []),
      '        nodes = {}',
      ...(body.some((line) => /\bscope\b/.test(line)) ? ['        scope = {"input": input, "nodes": nodes}'] : []),
      ...body.map((line) => `        ${line}`),
    ].join('\n'),
    loader(name, modules, stateName),
    configurator(version, usual, state.notes),
    MAIN,
  ].filter((part) => part !== '');
  const source = code.join('\n\n\n');
  const imports = [
    'contextlib',
    'datetime',
    'decimal',
    'enum',
    'json',
    'logging',
    'os',
    'pathlib',
    'sys',
    'typing',
    'uuid',
  ]
    .filter((one) => new RegExp(`\\b${one}\\.`).test(source))
    .map((one) => `import ${one}`);
  const third = ['dspy', ...outside.modules, ...(/\bpydantic\./.test(source) ? ['pydantic'] : [])].map(
    (one) => `import ${one}`,
  );
  const notes = state.notes.map((note) => `\n* ${note}`).join('');
  const doc = `${graph.name}, exported from dspex. Written for dspy ${DSPY_VERSION}. Version checksum: ${version.checksum}\n\nInstructions, demos and descriptions are in ${stateName}, which load() reads.${notes === '' ? '' : `\n\nWhat is not as in dspex:${notes}`}`;
  return {
    text: `${docstring(doc)}\n\n${imports.join('\n')}\n\n${third.join('\n')}\n\n${source}\n`,
    notes: state.notes,
  };
}

/** The string form where it says everything; descriptions are in the state. */
function signatureSource(signature: Signature, classes: Classes, where: string): string {
  const fields = [...signature.inputs, ...signature.outputs];
  const plain = fields.every(
    ({ type, constraints, default: value }) => constraints === undefined && value === undefined && isPlain(type),
  );
  if (plain) return `dspy.Signature(${pythonRepr(formatSignature(signature))})`;
  const lines = fields.map((field, index) => {
    const maker = index < signature.inputs.length ? 'Input' : 'Output';
    const keywords = [
      ...Object.entries(field.constraints ?? {}).map(([key, value]) => `${key}=${pythonRepr(value)}`),
      ...(field.default === undefined ? [] : [`default=${pythonRepr(field.default, field.type)}`]),
    ];
    return `    ${JSON.stringify(field.name)}: (${pythonType(field.type, classes, `${where}, field ${field.name}`)}, dspy.${maker}Field(${keywords.join(', ')})),`;
  });
  return `dspy.Signature(\n    {\n${lines.map((line) => `    ${line}`).join('\n')}\n    }\n)`;
}

/** Types the string form can name without help from the caller. */
function isPlain(type: FieldType): boolean {
  switch (type.kind) {
    case 'model':
    case 'enum':
    case 'dspy':
      return false;
    case 'list':
    case 'set':
    case 'frozenset':
      return type.alias === undefined && (type.item === undefined || isPlain(type.item));
    case 'dict':
      return type.alias === undefined && [type.key, type.value].every((one) => one === undefined || isPlain(one));
    case 'tuple':
      return (type.items ?? []).every(isPlain);
    case 'union':
      return type.options.every(isPlain);
    default:
      return true;
  }
}

const CLASSES: Partial<Record<ModuleSpec['type'], string>> = { predict: 'Predict', chain_of_thought: 'ChainOfThought' };

function constructorOf(spec: ModuleSpec, signature: string, tools: string): string {
  if (spec.type === 'react')
    return `dspy.ReAct(${signature}, tools=${tools}, max_iters=${spec.options?.maxIters ?? 20})`;
  return `dspy.${CLASSES[spec.type]}(${[signature, ...keywordsOf(spec.config)].join(', ')})`;
}

/** Settings of the predictors of a ReAct, which its constructor does not take. */
function reactSettings(one: ExportedModule, reference: string): string[] {
  if (one.spec.type !== 'react') return [];
  return predictorsOf(one).flatMap(({ part, config }) => {
    const keywords = keywordsOf(config);
    return keywords.length === 0 ? [] : [`${reference}.${part}.update_config(${keywords.join(', ')})`];
  });
}

function keywordsOf(config: ModuleSpec['config']): string[] {
  return Object.entries(lmKeywords(config)).map(([key, value]) => `${key}=${pythonRepr(value)}`);
}

function keywordInputs(input: Record<string, string>): boolean {
  const names = Object.keys(input);
  return names.every((name) => pythonName(name) === name && !['nodes', 'scope', 'input'].includes(name));
}

function parameters(input: Record<string, string>): string {
  if (!keywordInputs(input)) return '**input';
  // What may be missing comes last, as Python wants it.
  const absent = (text: string): boolean => {
    const type = fieldTypeOf(text);
    return type.kind === 'any' || (type.kind === 'union' && type.options.some(({ kind }) => kind === 'none'));
  };
  const all = Object.entries(input);
  return [
    ...all.filter(([, type]) => !absent(type)).map(([name]) => name),
    ...all.filter(([, type]) => absent(type)).map(([name]) => `${name}=None`),
  ].join(', ');
}

function schemaCheck(name: string, schema: object): string {
  return [
    `# The schema is part of the prompt, so a class that prints another one is an error.`,
    `if pydantic.TypeAdapter(${name}).json_schema() != json.loads(${stringRepr(jsonDumps(schema))}):`,
    `    raise RuntimeError("class ${name} is not the class it was exported from: give its own source instead")`,
  ].join('\n');
}

function loader(name: string, modules: readonly ExportedModule[], stateName: string): string {
  const alone = modules.length === 1 && modules[0]?.path === ALONE;
  return [
    'def load():',
    `    """The program with its saved instructions, demos and models."""`,
    `    program = ${name}()`,
    `    ${alone ? 'program.self_' : 'program'}.load(pathlib.Path(__file__).with_name(${JSON.stringify(stateName)}))`,
    '    return program',
  ].join('\n');
}

function configurator(version: ProgramVersionBody, adapter: keyof typeof ADAPTERS, notes: string[]): string {
  const lm = version.lms[version.graph.defaults?.lm ?? ''];
  const known = lm !== undefined && !OURS.has(lm.provider);
  if (lm !== undefined && !known)
    notes.push(`the model ${lm.provider}/${lm.model} exists in dspex only; name another one in DSPEX_MODEL`);
  const model = known
    ? `os.environ.get("DSPEX_MODEL", ${stringRepr(`${lm.provider}/${lm.model}`)})`
    : 'os.environ["DSPEX_MODEL"]';
  const settings = Object.entries(lmKeywords(lm?.defaults ?? {})).map(
    ([key, value]) => `, ${key}=${pythonRepr(value)}`,
  );
  return [
    'def configure():',
    `    """The model of the version (or the one DSPEX_MODEL names) for this thread and those it starts."""`,
    `    dspy.configure(lm=dspy.LM(${model}${settings.join('')}), adapter=${ADAPTERS[adapter]})`,
  ].join('\n');
}

const MAIN = `if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit('usage: python program.py \\'{"input": "value"}\\'')
    configure()
    json.dump(load()(**json.loads(sys.argv[1])).toDict(), sys.stdout, ensure_ascii=False, indent=2)
    print()`;

function constantName(path: string): string {
  return path
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .toUpperCase();
}

function withNeeds(helpers: ReadonlySet<string>): string[] {
  const all = new Set(helpers);
  for (const helper of helpers) for (const needed of NEEDS[helper] ?? []) all.add(needed);
  return Object.keys(HELPERS).filter((helper) => all.has(helper));
}

function docstring(text: string): string {
  return `"""${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"""`;
}
