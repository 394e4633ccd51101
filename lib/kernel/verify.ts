import { isMarked } from './attribute.ts';
import { type Complete, type CompleteAction, HEAD, LATEST_VERSION } from './complete.ts';
import type { Declaration } from './resource.ts';

const ATTRIBUTE = /^[a-z][a-zA-Z0-9]{0,63}$/;
/** Taken by the head, by Cedar entities (`workspace`) and by JavaScript objects. */
const RESERVED = new Set([...Object.keys(HEAD), ...Object.keys(LATEST_VERSION), 'workspace', 'constructor']);
/** Cedar entity types that are no resources, and words with a place of their own among the keys. */
const RESERVED_NAMES = new Set(['User', 'System', 'Role', 'Action', 'UNIQUE', 'POLICIES', 'IDEMPOTENCY']);

/** Everything wrong with a declaration, each with its path; empty when it is sound. */
export function verify({ declaration: d, states, actions }: Complete): string[] {
  const problems: string[] = [];
  const wrong = (path: string, what: string) => problems.push(`${d.name}${path}: ${what}`);
  const known = (path: string, names: readonly string[]) => {
    for (const name of names) {
      if (!Object.hasOwn(d.attributes, name))
        wrong(path, `no attribute "${name}" (there are ${Object.keys(d.attributes).join(', ') || 'none'})`);
    }
  };
  const secret = (name: string) => d.attributes[name] !== undefined && isMarked(d.attributes[name], 'secret');

  if (!/^[A-Z][a-zA-Z0-9]{1,39}$/.test(d.name)) wrong('.name', `"${d.name}" is not Pascal case`);
  if (RESERVED_NAMES.has(d.name)) wrong('.name', `"${d.name}" is reserved`);
  if (!/^[a-z][a-z0-9-]{1,39}$/.test(d.path)) wrong('.path', `"${d.path}" is not lower case words joined by "-"`);
  if (!/^[a-z]{2,6}$/.test(d.idPrefix)) wrong('.idPrefix', `"${d.idPrefix}" is not 2 to 6 lower-case letters`);
  if (d.doc.trim() === '') wrong('.doc', 'is empty');
  for (const name of [...Object.keys(d.attributes), ...Object.keys(d.calculations ?? {})]) {
    if (!ATTRIBUTE.test(name)) wrong(`.attributes.${name}`, 'is not a camel case name');
    if (RESERVED.has(name)) wrong(`.attributes.${name}`, 'is reserved');
  }
  for (const name of Object.keys(d.calculations ?? {})) {
    if (Object.hasOwn(d.attributes, name)) wrong(`.calculations.${name}`, 'is an attribute already');
  }
  known('.unique', d.unique ?? []);
  for (const name of d.unique ?? []) if (secret(name)) wrong('.unique', `"${name}" is secret`);
  const indexes = Object.entries(d.indexes ?? {});
  if (indexes.length > 2) wrong('.indexes', `${indexes.length} of them; a store has room for two`);
  const filters = new Set<string>();
  for (const [name, { by }] of indexes) {
    if (by.length === 0) wrong(`.indexes.${name}.by`, 'is empty');
    known(
      `.indexes.${name}.by`,
      by.filter((attribute) => attribute !== 'state'),
    );
    for (const attribute of by) if (secret(attribute)) wrong(`.indexes.${name}.by`, `"${attribute}" is secret`);
    const filter = [...by].sort().join();
    if (filters.has(filter)) wrong(`.indexes.${name}.by`, 'filters by the same as another index');
    filters.add(filter);
  }
  if (states.length === 0) wrong('.states', 'is empty');
  if (new Set(states).size < states.length) wrong('.states', 'names a state twice');
  for (const name of states)
    if (!/^[a-z][a-zA-Z]{0,39}$/.test(name) || name === 'removed') wrong('.states', `"${name}" is no name for a state`);
  for (const name of Object.keys(d.streams ?? {})) {
    if (!ATTRIBUTE.test(name) || name === 'versions') wrong(`.streams.${name}`, 'is no name for a stream');
  }
  if (d.reader !== undefined && Object.keys(d.actions).length > 0) wrong('.actions', 'a view (reader) has none');
  for (const action of actions.slice(2)) {
    const at = `.actions.${action.name}`;
    if (action.name === 'read' || action.name === 'list') wrong(at, 'is there by itself');
    if (!ATTRIBUTE.test(action.name) || action.name === 'versions') wrong(at, 'is no name for an action');
    verifyAction(action, (path, what) => wrong(at + path, what));
    known(`${at}.accept`, action.accept);
    for (const name of action.accept) {
      const type = d.attributes[name];
      if (type !== undefined && isMarked(type, 'readOnly')) wrong(`${at}.accept`, `"${name}" is read-only`);
    }
    for (const state of [...(action.from ?? []), ...(action.to === null ? [] : [action.to])]) {
      if (!states.includes(state)) wrong(at, `no state "${state}" (there are ${states.join(', ')})`);
    }
    for (const name of [...Object.keys(action.reveals), ...membersOf(action.output)]) {
      if (secret(name)) wrong(`${at}.output`, `"${name}" is secret`);
    }
    for (const name of Object.keys(action.reveals)) {
      if (RESERVED.has(name) || Object.hasOwn(d.attributes, name)) wrong(`${at}.reveals`, `"${name}" is taken`);
    }
  }
  return problems;
}

function verifyAction(action: CompleteAction, wrong: (path: string, what: string) => void): void {
  if (action.doc.trim() === '') wrong('.doc', 'is empty');
  for (const name of Object.keys(action.input)) {
    if (action.accept.includes(name)) wrong('.input', `"${name}" is accepted as an attribute too`);
  }
  if (new Set(action.accept).size < action.accept.length) wrong('.accept', 'names an attribute twice');
  if (action.from !== null && action.from.length === 0) wrong('.from', 'is empty: it could never start');
  if (action.collection && action.from !== null) wrong('.from', 'there is no record whose state could be asked');
  if (action.upload !== null && !(action.upload.maxBytes > 0)) wrong('.upload.maxBytes', 'is not positive');
}

function membersOf(output: CompleteAction['output']): string[] {
  const def = output?._zod.def as { shape?: object } | undefined;
  return Object.keys(def?.shape ?? {});
}

/** What is wrong with several of them in one house. */
export function verifyTogether(all: readonly Pick<Declaration, 'name' | 'path' | 'idPrefix'>[]): string[] {
  return (['name', 'path', 'idPrefix'] as const).flatMap((member) => {
    const seen = new Map<string, string>();
    return all.flatMap((d) => {
      const other = seen.get(d[member].toLowerCase());
      seen.set(d[member].toLowerCase(), d.name);
      return other === undefined ? [] : [`${d.name}.${member}: "${d[member]}" is ${other}'s already`];
    });
  });
}
