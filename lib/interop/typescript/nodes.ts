import { fieldTypeOf } from '#lib/program/field-type';
import type { Graph } from '#lib/program/graph';
import type { ModuleNode, Node } from '#lib/program/node';
import type { Program } from '#lib/program/program';
import { formatSignature, formatType, typeSource } from '#lib/signature/print';
import type { FieldType, Signature } from '#lib/signature/signature';
import { signatureToJson } from '#lib/signature/signature-json';
import { typeScriptType } from './types.ts';

/** What the code written so far knows: the type behind each path that TypeScript can follow. */
export type Known = Map<string, FieldType>;

/** Writes nodes as calls of the builder; what the builder has no words for goes in as data. */
export class NodeWriter {
  private readonly modules: Program['modules'];

  constructor(modules: Program['modules']) {
    this.modules = modules;
  }

  /** The chain of calls on `block`, one a line. `known` learns the nodes that can be read afterwards. */
  chain(nodes: readonly Node[], block: string, known: Known, indent: string): string {
    return `${block}${nodes.map((node) => `\n${indent}.${this.call(node, known, indent)}`).join('')}`;
  }

  private call(node: Node, known: Known, indent: string): string {
    return this.typed(node, known, indent) ?? `node(${json(node, indent)})`;
  }

  private typed(node: Node, known: Known, indent: string): string | undefined {
    const inner = `${indent}  `;
    const id = JSON.stringify(node.id);
    switch (node.kind) {
      case 'module':
        return this.moduleCall(node, known, indent);
      case 'transform': {
        if (node.inputs !== undefined) return undefined;
        return `transform(${id}, () => ${expression(node.expression, 'unknown')}${this.options(node, ['kind', 'expression'], indent)})`;
      }
      case 'parallel': {
        if (Object.keys(node).some((key) => !['id', 'kind', 'branches'].includes(key))) return undefined;
        const before = new Map(known);
        const branches = node.branches.map((branch) => {
          const own = new Map(before);
          const text = `(p) => ${this.chain(branch, 'p', own, `${inner}  `)}`;
          for (const [path, type] of own) known.set(path, type);
          return `\n${inner}${text},`;
        });
        return `parallel(\n${inner}${id},${branches.join('')}\n${indent})`;
      }
      case 'map': {
        if (node.inputs !== undefined) return undefined;
        const each = this.chain(node.nodes, 'm', new Map(known), `${inner}  `);
        const options = this.options(node, ['kind', 'items', 'nodes'], indent);
        return `map(\n${inner}${id},\n${inner}() => ${expression(node.items, 'unknown[]')},\n${inner}(m) => ${each}${options},\n${indent})`;
      }
      default:
        return undefined;
    }
  }

  private moduleCall(node: ModuleNode, known: Known, indent: string): string | undefined {
    const spec = this.modules[node.module];
    const method = { predict: 'predict', chain_of_thought: 'chainOfThought' }[String(spec?.type)];
    if (spec === undefined || method === undefined || node.module !== node.id || !isPlain(spec.signature))
      return undefined;
    const { signature } = spec;
    const given = node.inputs ?? {};
    const names = signature.inputs.map(({ name }) => name);
    if (names.some((name) => !Object.hasOwn(given, name)) || Object.keys(given).length !== names.length)
      return undefined;
    const values = signature.inputs.map(({ name, type }) => this.value(given[name] ?? '', type, known));
    const inputs = names.map((name, index) => `${key(name)}: ${values[index]}`);
    const text = `${method}(${JSON.stringify(node.id)}, ${JSON.stringify(formatSignature(signature))}, ${view(values)} => ({ ${inputs.join(', ')} })${this.options(node, ['kind', 'module', 'inputs'], indent)})`;
    for (const { name, type } of signature.outputs) known.set(`nodes.${node.id}.${name}`, type);
    return text;
  }

  /** A reference where TypeScript knows the very type; else the expression, with the type the field has. */
  value(text: string, type: FieldType, known: Known): string {
    const source = known.get(text);
    return source !== undefined && formatType(source) === formatType(type)
      ? text
      : expression(text, typeScriptType(type));
  }

  private options(node: Node, written: readonly string[], indent: string): string {
    const { id: _, when, ...rest } = node;
    const own = Object.entries(rest).filter(([name]) => !written.includes(name));
    const members = own.map(([name, value]) => `${name}: ${json(value, indent)}`);
    if (when !== undefined) members.unshift(`when: () => ${expression(when, 'boolean')}`);
    return members.length === 0 ? '' : `, { ${members.join(', ')} }`;
  }
}

/** Signatures whose string the builder reads back to the same fields. */
function isPlain(signature: Signature): boolean {
  return [...signatureToJson(signature).inputs, ...signatureToJson(signature).outputs].every(
    ({ type }) => typeof type === 'string',
  );
}

/** The callback's parameter: what the values, written as code, refer to by name. */
function view(values: readonly string[]): string {
  const names = ['input', 'nodes'].filter((name) => values.some((value) => value.startsWith(`${name}.`)));
  return `(${names.length === 0 ? '' : `{ ${names.join(', ')} }`})`;
}

export function expression(text: string, type: string): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('`', '\\`').replaceAll('${', '\\${');
  return `expression<${type}>\`${escaped}\``;
}

export function json(value: unknown, indent: string): string {
  return JSON.stringify(value, null, 2).replaceAll('\n', `\n${indent}`).replaceAll('\u2028', '\\u2028');
}

function key(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) && name !== '__proto__' ? name : `[${JSON.stringify(name)}]`;
}

/** The inputs a program declares, as far as the builder infers their types. */
export function knownInputs(input: Graph['input']): Known {
  return new Map(Object.entries(input).map(([name, type]) => [`input.${name}`, fieldTypeOf(type)]));
}

export function inputFields(input: Graph['input']): string {
  return Object.entries(input)
    .map(([name, type]) => (type === 'str' ? name : `${name}: ${typeSource(fieldTypeOf(type))}`))
    .join(', ');
}
