import type { Json, JsonObject } from '#lib/base/json';
import type { AdoptedProgram } from '#lib/module/adopted-program';
import { fieldTypeOf } from '#lib/program/field-type';
import { typeSource } from '#lib/signature/print';
import type { FieldType } from '#lib/signature/signature';
import type { SignatureJson } from '#lib/signature/signature-json';
import type { Binding, Variable } from '#lib/variable/variable';
import type { ProgramSourceValue } from './source.ts';

/** What the host says of a program: python-lambda/dspex_host/operations/describe_program.py. */
export interface Described {
  name: string;
  doc: string;
  inputs: { name: string; type: FieldType; required: boolean; default?: Json }[];
  outputs: { name: string; type: FieldType }[];
  predictors: {
    name: string;
    signature: SignatureJson;
    demos: JsonObject[];
    config: { temperature?: number };
    lm: string | null;
  }[];
  /** The model the package configured when it was imported. */
  lm: string | null;
  adapter: 'chat' | 'json' | 'xml' | null;
  /** It configured an adapter dspex does not know by name, so none is put in its place. */
  ownAdapter: boolean;
  notes: string[];
}

/** A source with one Python node that hosts the program; what its predictors can be told are its variables. */
export function adoptedSource(
  described: Described,
  files: Pick<AdoptedProgram, 'entry' | 'package' | 'lock'>,
  lms: readonly string[],
): Pick<ProgramSourceValue, 'graph' | 'variables' | 'bindings' | 'lms' | 'origin'> & { modules: JsonObject } {
  const id = idOf(described.name);
  const inputs = described.inputs.map((input) => ({ ...input, type: grammatical(input) }));
  const names = new Set(inputs.map(({ name }) => name));
  const outputs = described.outputs.map(({ name, type }) => ({ name, type }));
  const echoed = outputs.filter(({ name }) => names.has(name));
  const { variables, bindings } = variablesOf(described, `nodes.${id}`, lms);
  return {
    graph: {
      name: id,
      ...(described.doc === '' ? {} : { description: described.doc.slice(0, 4000) }),
      input: Object.fromEntries(inputs.map(({ name, type }) => [name, typeSource(type)])),
      output: Object.fromEntries(described.outputs.map(({ name }) => [name, `nodes.${id}.${name}`])),
      nodes: [
        {
          ...{ id, kind: 'module', module: id },
          inputs: Object.fromEntries(inputs.map(({ name }) => [name, `input.${name}`])),
        },
      ],
    },
    modules: {
      [id]: {
        type: 'adopted',
        implementation: 'python',
        signature: {
          name: described.name,
          instructions: described.doc,
          inputs: inputs.map(({ name, type }) => ({ name, type })),
          outputs: outputs.filter(({ name }) => !names.has(name)),
        },
        adopted: {
          ...files,
          predictors: described.predictors.map(({ name, signature }) => ({ name, signature })),
          ...(echoed.length === 0 ? {} : { echoed }),
        },
      } as unknown as JsonObject,
    },
    variables,
    bindings,
    lms: modelsOf(described, lms),
    origin: { [`modules/${id}`]: `adopted:${files.entry}` },
  };
}

/** The first is what answers by default; models the program's own code asks for are declared, so that it may. */
function modelsOf({ predictors }: Described, lms: readonly string[]): Record<string, string> {
  const [first, ...others] = lms;
  const own = predictors.flatMap(({ lm }) => (lm === null ? [] : [lm]));
  return {
    ...(first === undefined ? {} : { default: first }),
    ...Object.fromEntries([...others, ...own].map((name) => [name, name])),
  };
}

function variablesOf(
  { predictors, adapter, ownAdapter }: Described,
  node: string,
  lms: readonly string[],
): { variables: Variable[]; bindings: Binding[] } {
  const variables: Variable[] = [];
  const bindings: Binding[] = [];
  const add = (variable: Variable, to: string) => {
    variables.push(variable);
    bindings.push({ variable: variable.name, to: [to] });
  };
  const names = namesOf(predictors.map(({ name }) => name));
  for (const [i, { name, signature, demos, config }] of predictors.entries()) {
    const own = names[i] ?? '';
    const place = `${node}.predictors.${name}`;
    const text: Variable = {
      name: `${own}_instructions`,
      type: { kind: 'text' },
      default: signature.instructions ?? '',
    };
    add(text, `${place}.instructions`);
    add({ name: `${own}_demos`, type: { kind: 'demos' }, default: demos }, `${place}.demos`);
    if (config.temperature !== undefined)
      add(
        { name: `${own}_temperature`, type: { kind: 'float', min: 0, max: 2 }, default: config.temperature },
        `${place}.lm.temperature`,
      );
  }
  // The code says none and the provider's own holds: a variable of its own says whether that is to change.
  variables.push({
    name: 'set_temperature',
    description: 'Whether `temperature` replaces what the provider takes when nobody says one.',
    type: { kind: 'boolean' },
    default: false,
  });
  const temperature: Variable['type'] = { kind: 'float', min: 0, max: 1 };
  add(
    { name: 'temperature', type: temperature, default: 0.7, when: { set_temperature: true } },
    `${node}.lm.temperature`,
  );
  if (!ownAdapter)
    add(
      { name: 'adapter', type: { kind: 'choice', choices: ['chat', 'json', 'xml'] }, default: adapter ?? 'chat' },
      `${node}.adapter`,
    );
  if (lms.length > 1) {
    const choices = ['default', ...lms.slice(1)];
    add({ name: 'lm', type: { kind: 'choice', choices }, default: 'default' }, `${node}.lm`);
  }
  return { variables, bindings };
}

const RESERVED = new Set(['set', 'temperature', 'adapter', 'lm']);

/** Names for variables: `answer.predict` is `answer`, `steps[0].predict` is `steps_0`; never two alike. */
function namesOf(paths: readonly string[]): string[] {
  const taken = new Set(RESERVED);
  return paths.map((path) => {
    const plain = path
      .replace(/\.predict$/, '')
      .replace(/[^A-Za-z0-9]+/g, '_')
      .replace(/^_+|_+$/g, '');
    const base = /^[A-Za-z]/.test(plain) ? plain.slice(0, 40) : `p_${plain}`.slice(0, 40);
    let name = base;
    for (let i = 2; taken.has(name); i++) name = `${base}_${i}`;
    taken.add(name);
    return name;
  });
}

/** `MultiHop` is `multi_hop`: an id of a node and a name of a program. */
export function idOf(name: string): string {
  const plain = name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .toLowerCase()
    .replace(/^_+|_+$/g, '');
  return (/^[a-z]/.test(plain) ? plain : `program_${plain}`).slice(0, 40);
}

/** A graph names its inputs' types in words; a class of the user's own has none there. Optional ones may be left out. */
function grammatical({ type, required }: { type: FieldType; required: boolean }): FieldType {
  const any: FieldType = { kind: 'any' };
  let known: FieldType;
  try {
    known = fieldTypeOf(typeSource(type));
  } catch {
    known = any;
  }
  if (required || known.kind === 'any') return known;
  const options = known.kind === 'union' ? known.options : [known];
  return options.some(({ kind }) => kind === 'none')
    ? known
    : { kind: 'union', options: [...options, { kind: 'none' }] };
}
