import type { JsonObject } from '#lib/base/json';
import type { FieldType } from './signature.ts';

/** DSPy's own types that a string signature can name. */
export const DSPY_TYPES: ReadonlySet<string> = new Set([
  'Image',
  'Audio',
  'File',
  'History',
  'Tool',
  'ToolCalls',
  'ToolCallResults',
  'Code',
  'Reasoning',
]);

type Container = { kind: 'list' | 'set' | 'frozenset' | 'dict'; alias?: string };

/** Subscriptable names; `alias` is what DSPy shows where it is not the name of the plain type. */
export const CONTAINERS: ReadonlyMap<string, Container> = new Map<string, Container>([
  ['list', { kind: 'list' }],
  ['List', { kind: 'list' }],
  ['Sequence', { kind: 'list', alias: 'Sequence' }],
  ['MutableSequence', { kind: 'list', alias: 'MutableSequence' }],
  ['Iterable', { kind: 'list', alias: 'Iterable' }],
  ['Deque', { kind: 'list', alias: 'deque' }],
  ['set', { kind: 'set' }],
  ['Set', { kind: 'set' }],
  ['AbstractSet', { kind: 'set', alias: 'Set' }],
  ['frozenset', { kind: 'frozenset' }],
  ['FrozenSet', { kind: 'frozenset' }],
  ['dict', { kind: 'dict' }],
  ['Dict', { kind: 'dict' }],
  ['Mapping', { kind: 'dict', alias: 'Mapping' }],
  ['MutableMapping', { kind: 'dict', alias: 'MutableMapping' }],
  ['OrderedDict', { kind: 'dict', alias: 'OrderedDict' }],
  ['DefaultDict', { kind: 'dict', alias: 'defaultdict' }],
]);

/** What an alias is written as in a signature string, where that is not the alias itself. */
export const ALIAS_SOURCE: ReadonlyMap<string, string> = new Map([
  ['deque', 'Deque'],
  ['defaultdict', 'DefaultDict'],
  ['Set', 'AbstractSet'],
]);

export const SIMPLE_TYPES: ReadonlyMap<string, FieldType> = new Map<string, FieldType>([
  ['str', { kind: 'str' }],
  ['Text', { kind: 'str' }],
  ['int', { kind: 'int' }],
  ['float', { kind: 'float' }],
  ['bool', { kind: 'bool' }],
  ['complex', { kind: 'complex' }],
  ['bytes', { kind: 'bytes' }],
  ['Any', { kind: 'any' }],
  ['NoneType', { kind: 'none' }],
  ['list', { kind: 'list' }],
  ['dict', { kind: 'dict' }],
  ['set', { kind: 'set' }],
  ['frozenset', { kind: 'frozenset' }],
  ['tuple', { kind: 'tuple' }],
]);

/** Classes of the standard library that pydantic knows, with the schema it prints for them. */
export const LIBRARY_TYPES: ReadonlyMap<string, FieldType> = new Map(
  Object.entries<JsonObject>({
    'datetime.datetime': { type: 'string', format: 'date-time' },
    'datetime.date': { type: 'string', format: 'date' },
    'datetime.time': { type: 'string', format: 'time' },
    'datetime.timedelta': { type: 'string', format: 'duration' },
    'uuid.UUID': { type: 'string', format: 'uuid' },
    'pathlib.Path': { type: 'string', format: 'path' },
    'decimal.Decimal': { anyOf: [{ type: 'number' }, { type: 'string' }] },
  }).map(([path, schema]) => [path, { kind: 'model', name: path.slice(path.indexOf('.') + 1), schema }]),
);

/** How a library type is written in a signature string, by its short name. */
export const LIBRARY_SOURCE: ReadonlyMap<string, string> = new Map(
  [...LIBRARY_TYPES.keys()].map((path) => [path.slice(path.indexOf('.') + 1), path]),
);

export const KEYWORDS: ReadonlySet<string> = new Set(
  (
    'False None True and as assert async await break class continue def del elif else except finally for from ' +
    'global if import in is lambda nonlocal not or pass raise return try while with yield'
  ).split(' '),
);

/** Names a field cannot have in DSPy, because the signature class itself has them. */
export const RESERVED_NAMES: ReadonlySet<string> = new Set([
  'model_config',
  'fields',
  'instructions',
  'signature',
  'input_fields',
  'output_fields',
]);
