import { Internal } from '#lib/base/errors';
import type { JsonObject } from '#lib/base/json';
import type { ResourceInfo } from './info.ts';
import type { RecordOf } from './resource.ts';

/** What leaves by a surface: head, attributes that are no secrets, calculations. An allow-list, in the declared order. */
export function encode(info: ResourceInfo, record: RecordOf): JsonObject {
  const values = record as Record<string, unknown>;
  const body: Record<string, unknown> = {};
  for (const name of Object.keys(info.record.shape)) {
    const calculation = info.calculations[name];
    const value = calculation === undefined ? values[name] : calculated(info, name, record);
    if (value !== undefined) body[name] = value;
  }
  return body as JsonObject;
}

function calculated(info: ResourceInfo, name: string, record: RecordOf): unknown {
  try {
    return info.calculations[name]?.from(record as never);
  } catch (cause) {
    throw new Internal('calculation_failed', `${info.name}.${name} cannot be calculated`, { cause });
  }
}
