import { memberType } from '#lib/adapter/member-type';
import { isJsonObject, type Json, type JsonObject } from '#lib/base/json';
import { ExactFloat } from '#lib/signature/exact-number';
import type { Field, FieldType } from '#lib/signature/signature';

/** Where a demo's number cannot be kept as it was written: `1.0` under no declared type, or digits beyond 2^53. */
export interface DemoReport {
  problem(detail: string, at: string): void;
  note(detail: string): void;
}

/** A demo as a version holds it. Members that are no fields (`augmented`, labels) stay. */
export function demoFromState(demo: Record<string, unknown>, fields: readonly Field[], report: DemoReport): JsonObject {
  const out: [string, Json][] = [];
  for (const [name, value] of Object.entries(demo)) {
    const type = fields.find((field) => field.name === name)?.type;
    out.push([name, plain(value, type, `/${name}`, report)]);
  }
  return Object.fromEntries(out);
}

function plain(value: unknown, type: FieldType | undefined, at: string, report: DemoReport): Json {
  if (typeof value === 'bigint') {
    if (!Number.isSafeInteger(Number(value))) report.problem(`${value} is beyond 2^53 and would be rounded`, at);
    else if (isFloat(type))
      report.note(`${at.slice(1)}: ${value} is a float by its type and will be written ${value}.0`);
    return Number(value);
  }
  if (value instanceof ExactFloat) {
    if (Number.isInteger(value.value) && !isFloat(type))
      report.note(`${at.slice(1)}: ${value.value}.0 is not declared a float and will be written ${value.value}`);
    return value.value;
  }
  if (Array.isArray(value))
    return value.map((item, index) => plain(item, memberType(type, index), `${at}/${index}`, report));
  if (!isJsonObject(value)) return value as Json;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, plain(member, memberType(type, key), `${at}/${key}`, report)]),
  );
}

/** The demo for a state file: floats by their declared type are marked, so that they are written `1.0`. */
export function demoToState(demo: JsonObject, fields: readonly Field[]): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(demo).map(([name, value]) => [
      name,
      exact(value, fields.find((field) => field.name === name)?.type),
    ]),
  );
}

function exact(value: Json, type: FieldType | undefined): unknown {
  if (typeof value === 'number') return isFloat(type) ? new ExactFloat(value) : value;
  if (Array.isArray(value)) return value.map((item, index) => exact(item, memberType(type, index)));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, exact(member, memberType(type, key))]));
}

function isFloat(type: FieldType | undefined): boolean {
  if (type?.kind === 'union')
    return type.options.some(({ kind }) => kind === 'float') && type.options.every(({ kind }) => kind !== 'int');
  return type?.kind === 'float';
}
