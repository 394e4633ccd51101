import { isJsonObject } from '#lib/base/json';

export interface Telling {
  trial: number;
  result: { objectives: Readonly<Record<string, unknown>> } | { failed: string };
}

const WANTED = 'wanted {"tell":{"trial":k,"objectives":{...}}} or {"tell":{"trial":k,"failed":"why"}}';

/** A line of a driver as what it tells, or why it cannot be read. */
export function tellingOf(line: string): Telling | string {
  const value = parsed(line);
  if (value === undefined) return `${WANTED}, the line is no JSON: ${line.slice(0, 80)}`;
  const tell = isJsonObject(value) ? value.tell : undefined;
  if (!isJsonObject(tell)) return `${WANTED}, there was ${line.slice(0, 80)}`;
  const { trial, objectives, failed } = tell;
  if (typeof trial !== 'number' || !Number.isInteger(trial)) {
    return `${WANTED}; trial wants a whole number, there was ${JSON.stringify(trial) ?? 'nothing'}`;
  }
  if (failed !== undefined && failed !== false && failed !== null) {
    return { trial, result: { failed: typeof failed === 'string' ? failed : JSON.stringify(failed) } };
  }
  if (!isJsonObject(objectives)) return `${WANTED}; trial ${trial} has neither objectives nor failed`;
  return { trial, result: { objectives } };
}

/**
 * JSON, where a driver's language (Python's json, for one) may have written NaN or Infinity: they become null, which is
 * no value. Undefined for what is no JSON even then.
 */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    try {
      return JSON.parse(line.replace(/([:[,]\s*)[-+]?(?:NaN|Infinity|inf|nan)(?=\s*[,}\]])/g, '$1null'));
    } catch {
      return undefined;
    }
  }
}
