import { pythonRepr } from '#lib/adapter/python-value';
import { Unprocessable } from '#lib/base/errors';
import { isJsonObject, type Json, type JsonObject } from '#lib/base/json';
import type { FieldType } from '#lib/signature/signature';

export interface PythonClass {
  name: string;
  source: string;
  /** What pydantic must print for it; the generated file checks that before it runs. */
  schema?: JsonObject;
}

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;
const CONSTRAINTS: Record<string, string> = {
  exclusiveMinimum: 'gt',
  minimum: 'ge',
  exclusiveMaximum: 'lt',
  maximum: 'le',
  minLength: 'min_length',
  maxLength: 'max_length',
  minItems: 'min_length',
  maxItems: 'max_length',
  multipleOf: 'multiple_of',
  pattern: 'pattern',
};
const FORMATS: Record<string, string> = {
  'date-time': 'datetime.datetime',
  date: 'datetime.date',
  time: 'datetime.time',
  duration: 'datetime.timedelta',
  uuid: 'uuid.UUID',
  path: 'pathlib.Path',
};

/**
 * A pydantic class from the schema pydantic printed for it, with the classes it is made of before it. Validators and
 * names of enum members are not in a schema. Throws Unprocessable for what it cannot write, naming the place.
 */
export function modelClasses(type: Extract<FieldType, { kind: 'model' }>, where: string): PythonClass[] {
  const { $defs, ...schema } = type.schema;
  const definitions = isJsonObject($defs) ? $defs : {};
  const made: PythonClass[] = [];
  const making = new Set<string>();
  const refusal = (detail: string) =>
    new Unprocessable(
      'dspy_cannot_express',
      `${where}: the class ${type.name} cannot be written from its schema: ${detail}`,
    );
  const refuse = (detail: string): never => {
    throw refusal(detail);
  };
  const make = (name: string, of: Json | undefined): void => {
    if (made.some((one) => one.name === name)) return;
    if (!IDENTIFIER.test(name)) refuse(`${JSON.stringify(name)} is no name of a class`);
    if (making.has(name)) refuse(`${name} holds itself`);
    making.add(name);
    if (!isJsonObject(of)) throw refusal(`${name} is not described`);
    made.push({ name, source: Array.isArray(of.enum) ? enumSource(name, of.enum) : modelSource(name, of) });
  };
  const modelSource = (name: string, of: JsonObject): string => {
    if (of.type !== 'object') refuse(`${name} is no object`);
    const { properties, required, additionalProperties, description, title } = of;
    const needed = new Set(Array.isArray(required) ? required : []);
    const lines = Object.entries(isJsonObject(properties) ? properties : {}).map(([field, one]) => {
      if (!IDENTIFIER.test(field) || !isJsonObject(one)) return refuse(`${name}.${field} is no field`);
      return `    ${field}: ${annotation(one, `${name}.${field}`)}${fieldArguments(field, one, needed.has(field))}`;
    });
    const config = [
      ...(additionalProperties === false ? ['extra="forbid"'] : []),
      ...(typeof title === 'string' && title !== name ? [`title=${pythonRepr(title)}`] : []),
    ];
    if (config.length > 0) lines.unshift(`    model_config = pydantic.ConfigDict(${config.join(', ')})`);
    if (typeof description === 'string') lines.unshift(`    ${pythonRepr(description)}`);
    return `class ${name}(pydantic.BaseModel):\n${lines.length === 0 ? '    pass' : lines.join('\n')}`;
  };
  const annotation = (of: Json | undefined, at: string): string => {
    if (!isJsonObject(of)) return 'typing.Any';
    if (typeof of.$ref === 'string') {
      const name = of.$ref.slice(of.$ref.lastIndexOf('/') + 1);
      make(name, definitions[name]);
      return name;
    }
    if (Array.isArray(of.anyOf)) return `typing.Union[${of.anyOf.map((one) => annotation(one, at)).join(', ')}]`;
    if (of.const !== undefined) return `typing.Literal[${pythonRepr(of.const)}]`;
    if (Array.isArray(of.enum)) return `typing.Literal[${of.enum.map((one) => pythonRepr(one)).join(', ')}]`;
    switch (of.type) {
      case 'string':
        return typeof of.format === 'string'
          ? (FORMATS[of.format] ?? refuse(`${at} has the format ${of.format}`))
          : 'str';
      case 'integer':
        return 'int';
      case 'number':
        return 'float';
      case 'boolean':
        return 'bool';
      case 'null':
        return 'None';
      case 'array':
        if (of.prefixItems !== undefined) return refuse(`${at} is a tuple`);
        return `${of.uniqueItems === true ? 'set' : 'list'}[${annotation(of.items, at)}]`;
      case 'object':
        return isJsonObject(of.additionalProperties) ? `dict[str, ${annotation(of.additionalProperties, at)}]` : 'dict';
      case undefined:
        return 'typing.Any';
      default:
        return refuse(`${at} has the type ${JSON.stringify(of.type)}`);
    }
  };
  make(type.name, schema);
  const last = made.at(-1);
  if (last !== undefined) last.schema = type.schema;
  return made;
}

function fieldArguments(name: string, of: JsonObject, required: boolean): string {
  const own: string[] = [];
  if (typeof of.title === 'string' && of.title !== titleOf(name)) own.push(`title=${pythonRepr(of.title)}`);
  if (typeof of.description === 'string') own.push(`description=${pythonRepr(of.description)}`);
  for (const [key, keyword] of Object.entries(CONSTRAINTS))
    if (of[key] !== undefined) own.push(`${keyword}=${pythonRepr(of[key] as Json)}`);
  const value = required ? undefined : of.default === undefined ? 'None' : pythonRepr(of.default);
  if (own.length === 0) return value === undefined ? '' : ` = ${value}`;
  return ` = pydantic.Field(${[...(value === undefined ? [] : [`default=${value}`]), ...own].join(', ')})`;
}

/** The title pydantic gives a field by itself. */
function titleOf(name: string): string {
  return name
    .split('_')
    .map((word) => (word[0] ?? '').toUpperCase() + word.slice(1).toLowerCase())
    .join(' ');
}

function enumSource(name: string, values: Json[]): string {
  const members = values.map((value, index) => `    VALUE_${index + 1} = ${pythonRepr(value)}`);
  return `class ${name}(enum.Enum):\n${members.join('\n')}`;
}
