import type { Json, JsonObject } from '#lib/base/json';

/** A typed contract: named fields in and out, and what to do in between. Immutable; operations return new ones. */
export interface Signature {
  /** DSPy's class name where one is known; otherwise `StringSignature`. */
  name: string;
  instructions: string;
  inputs: Field[];
  outputs: Field[];
}

export interface Field {
  name: string;
  type: FieldType;
  /** DSPy's `${name}` placeholder when nobody described the field; it is rendered as nothing. */
  description: string;
  constraints?: Constraints;
  /** Used when an input is missing. Absent, not null: `null` is a default too. */
  default?: Json;
  /** DSPy's label, where it is another than `inferPrefix` makes. No prompt shows it; a saved DSPy state holds it. */
  prefix?: string;
}

/** In the order they were declared, because they are rendered in that order. */
export interface Constraints {
  gt?: number;
  ge?: number;
  lt?: number;
  le?: number;
  min_length?: number;
  max_length?: number;
  multiple_of?: number;
  allow_inf_nan?: boolean;
}

/** Python's type grammar as far as DSPy signatures use it, as data. */
export type FieldType =
  | { kind: 'str' | 'int' | 'float' | 'bool' | 'any' | 'complex' | 'bytes' | 'bytearray' }
  /** `constant`: written as the constant `None` rather than `NoneType`, which DSPy shows inside brackets. */
  | { kind: 'none'; constant?: true }
  /** `alias`: an abstract type of Python's that behaves like this one but is shown by its own name (`Sequence`). */
  | { kind: 'list' | 'set' | 'frozenset'; item?: FieldType; alias?: string }
  | { kind: 'tuple'; items?: FieldType[]; variadic?: boolean }
  | { kind: 'dict'; key?: FieldType; value?: FieldType; alias?: string }
  | { kind: 'literal'; values: (string | number | boolean | null)[] }
  | { kind: 'union'; options: FieldType[] }
  /** A DSPy type (Image, Audio, File, History, Tool, ToolCalls, Code, Reasoning ...); `argument` as in `Code["python"]`. */
  | { kind: 'dspy'; name: string; argument?: string }
  /** A class with fields, known by its JSON Schema as pydantic prints it. */
  | { kind: 'model'; name: string; schema: JsonObject }
  | { kind: 'enum'; name: string; members: { name: string; value: string | number }[] };

/** Field values by name, in field order. Integers and floats differ only by the declared type. */
export type Values = JsonObject;
