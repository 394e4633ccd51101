import { canonicalJson, isJsonObject, type Json, type JsonObject } from '#lib/base/json';

export interface Change {
  path: string;
  from?: Json;
  to?: Json;
}

// They say where a version came from, not what it is.
const IGNORED = new Set(['origin', 'lineage', 'checksum']);

/** Where two versions differ: objects are entered, everything else (a demo set, an instruction) is shown whole. */
export function changedPaths(from: JsonObject, to: JsonObject): Change[] {
  return Object.keys({ ...from, ...to })
    .filter((key) => !IGNORED.has(key))
    .flatMap((key) => changes(`/${key}`, from[key], to[key]));
}

function changes(path: string, from: Json | undefined, to: Json | undefined): Change[] {
  if (isJsonObject(from) && isJsonObject(to)) {
    return Object.keys({ ...from, ...to })
      .sort()
      .flatMap((key) => changes(`${path}/${key}`, from[key], to[key]));
  }
  if (from !== undefined && to !== undefined && canonicalJson(from) === canonicalJson(to)) return [];
  return [{ path, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }];
}
