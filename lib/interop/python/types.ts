import { stringRepr } from '#lib/adapter/python-text';
import { Unprocessable } from '#lib/base/errors';
import { LIBRARY_SOURCE } from '#lib/signature/named-types';
import type { FieldType } from '#lib/signature/signature';
import { modelClasses, type PythonClass } from './model-class.ts';

/** Classes the types of a program need, in the order in which Python must read them. */
export class Classes {
  readonly all = new Map<string, PythonClass>();

  add(one: PythonClass, where: string): void {
    const known = this.all.get(one.name);
    if (known !== undefined && known.source !== one.source)
      throw new Unprocessable('dspy_cannot_express', `${where}: there are two different classes named ${one.name}`);
    this.all.set(one.name, one);
  }
}

const TYPING: Record<string, string> = { deque: 'Deque', defaultdict: 'DefaultDict', Set: 'AbstractSet' };

/** A type as Python writes it in code; classes it names are added to `classes`. Throws Unprocessable, which says where. */
export function pythonType(type: FieldType, classes: Classes, where: string): string {
  const inner = (one: FieldType) => pythonType(one, classes, where);
  const safe = (name: string): string => {
    if (IDENTIFIER.test(name)) return name;
    throw new Unprocessable('dspy_cannot_express', `${where}: ${JSON.stringify(name)} is no name of a Python type`);
  };
  const named = (kind: string, alias: string | undefined) =>
    alias === undefined ? kind : `typing.${TYPING[alias] ?? safe(alias)}`;
  switch (type.kind) {
    case 'any':
      return 'typing.Any';
    case 'none':
      return 'type(None)';
    case 'list':
    case 'set':
    case 'frozenset':
      return named(type.kind, type.alias) + (type.item === undefined ? '' : `[${inner(type.item)}]`);
    case 'dict':
      if (type.key === undefined || type.value === undefined) return named('dict', type.alias);
      return `${named('dict', type.alias)}[${inner(type.key)}, ${inner(type.value)}]`;
    case 'tuple':
      if (type.items === undefined) return 'tuple';
      if (type.items.length === 0) return 'tuple[()]';
      return `tuple[${[...type.items.map(inner), ...(type.variadic ? ['...'] : [])].join(', ')}]`;
    case 'literal':
      return `typing.Literal[${type.values.map(constant).join(', ')}]`;
    case 'union':
      return `typing.Union[${type.options.map(inner).join(', ')}]`;
    case 'dspy':
      if (type.name === 'ToolCallResults') return 'dspy.adapters.types.tool.ToolCallResults';
      return `dspy.${safe(type.name)}${type.argument === undefined ? '' : `[${stringRepr(type.argument)}]`}`;
    case 'model': {
      const library = LIBRARY_SOURCE.get(type.name);
      if (library !== undefined) return library;
      for (const one of modelClasses(type, where)) classes.add(one, where);
      return type.name;
    }
    case 'enum':
      classes.add(enumClass(type, where), where);
      return type.name;
    default:
      return type.kind;
  }
}

function constant(value: string | number | boolean | null): string {
  if (typeof value === 'string') return stringRepr(value);
  if (value === null) return 'None';
  return typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value);
}

const IDENTIFIER = /^[\p{L}_][\p{L}\p{N}_]*$/u;

function enumClass(type: Extract<FieldType, { kind: 'enum' }>, where: string): PythonClass {
  for (const name of [type.name, ...type.members.map((member) => member.name)])
    if (!IDENTIFIER.test(name))
      throw new Unprocessable('dspy_cannot_express', `${where}: ${JSON.stringify(name)} is no name of a Python enum`);
  const members = type.members.map(({ name, value }) => `    ${name} = ${constant(value)}`);
  return { name: type.name, source: `class ${type.name}(enum.Enum):\n${members.join('\n')}` };
}
