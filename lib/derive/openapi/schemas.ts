import * as z from 'zod';
import { sha256 } from '#lib/base/hash';
import { canonicalJson, type Json, type JsonObject } from '#lib/base/json';

type Io = 'input' | 'output';

/** One schema on its way into the document. */
interface Node {
  io: Io;
  /** `null`: zod found it in two places, nobody named it. */
  name: string | null;
  /** With references as node keys. */
  schema: JsonObject;
}

const PREFIX = '#/components/schemas/';

/** Named zod schemas as OpenAPI components: bodies that come in and answers that go out are different views of a type. */
export class Schemas {
  readonly #registries = { input: z.registry<{ id: string }>(), output: z.registry<{ id: string }>() };
  readonly #names = { input: new Map<z.ZodType, string>(), output: new Map<z.ZodType, string>() };

  constructor() {
    // Its recursive shape is otherwise found anew in every place.
    for (const io of ['input', 'output'] as const) this.add(io, 'Json', z.json());
  }

  /** The name it has in the document: the one it was given by `.meta({id})`, or the proposed one. */
  add(io: Io, proposed: string, schema: z.ZodType): string {
    const there = this.#names[io].get(schema);
    if (there !== undefined) return there;
    const name = schema.meta()?.id ?? proposed;
    if ([...this.#names[io].values()].includes(name)) throw new TypeError(`two schemas are called ${name} (${io})`);
    this.#names[io].set(schema, name);
    this.#registries[io].add(schema, { id: name });
    return name;
  }

  /** All components, and where a schema that was added ended up. */
  finish(): { components: Record<string, JsonObject>; ref: (io: Io, name: string) => JsonObject } {
    const nodes = new Map([...this.#convert('input'), ...this.#convert('output')]);
    const names = nameAll(nodes, classify(nodes));
    const rename = (key: string) => names.get(key) ?? key;
    const components = Object.fromEntries(
      [...nodes].map(([key, node]) => [rename(key), mapRefs(node.schema, (ref) => PREFIX + rename(ref)) as JsonObject]),
    );
    return { components, ref: (io, name) => ({ $ref: PREFIX + rename(keyOf(io, name)) }) };
  }

  #convert(io: Io): [string, Node][] {
    const { schemas } = z.toJSONSchema(this.#registries[io], {
      io,
      uri: (id) => id,
      unrepresentable: 'any',
      override: ({ jsonSchema }) => {
        delete jsonSchema.secret;
        if (canonicalJson(jsonSchema.propertyNames) === '{"type":"string"}') delete jsonSchema.propertyNames;
      },
    }) as { schemas: Record<string, JsonObject> };
    const { __shared: shared, ...named } = schemas;
    const hoisted = (shared?.$defs ?? {}) as Record<string, JsonObject>;
    for (const name of Object.keys(hoisted))
      if (Object.hasOwn(named, name)) throw new TypeError(`two schemas are called ${name} (${io})`);
    const all = { ...named, ...hoisted };
    return Object.entries(all).map(([id, { $id: _id, $schema: _schema, ...schema }]) => {
      // `__shared#/$defs/X` is zod's address of what it hoisted; here it is a component like the others.
      const local = mapRefs(schema, (ref) => keyOf(io, ref.replace('__shared#/$defs/', ''))) as JsonObject;
      return [keyOf(io, id), { io, name: /^(__)?schema\d+$/.test(id) ? null : id, schema: local }];
    });
  }
}

const keyOf = (io: Io, id: string) => `${io}:${id}`;

function mapRefs(value: Json, change: (ref: string) => string): Json {
  if (Array.isArray(value)) return value.map((item) => mapRefs(item, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key,
      key === '$ref' && typeof member === 'string' ? change(member) : mapRefs(member, change),
    ]),
  );
}

/** Which nodes say the same, references followed: partitions are refined until none splits any more. */
function classify(nodes: ReadonlyMap<string, Node>): Map<string, string> {
  // Most of a schema stays as it is from round to round: only what its references stand for changes.
  const parts = [...nodes].map(([key, { schema }]) => {
    const refs: string[] = [];
    const sorted = JSON.parse(canonicalJson(schema)) as JsonObject;
    const text = JSON.stringify(mapRefs(sorted, (ref) => String(refs.push(ref))));
    return { key, text: sha256(text), refs };
  });
  let classes = new Map([...nodes.keys()].map((key) => [key, '']));
  for (let count = 0; ; ) {
    const seen = new Map<string, string>();
    const next = new Map<string, string>();
    for (const { key, text, refs } of parts) {
      const now = [text, ...refs.map((ref) => classes.get(ref) ?? ref)].join(' ');
      if (!seen.has(now)) seen.set(now, String(seen.size));
      next.set(key, seen.get(now) ?? '');
    }
    if (seen.size === count) return next;
    count = seen.size;
    classes = next;
  }
}

/** A named type keeps its name, with `Input` behind it where the incoming view differs; nameless ones join their like. */
function nameAll(nodes: ReadonlyMap<string, Node>, classes: ReadonlyMap<string, string>): Map<string, string> {
  const names = new Map<string, string>();
  const ofClass = new Map<string, string>();
  for (const [key, { io, name }] of nodes) {
    if (name === null) continue;
    const other = classes.get(keyOf('output', name));
    const own = io === 'input' && other !== undefined && other !== classes.get(key) ? `${name}Input` : name;
    names.set(key, own);
    ofClass.set(classes.get(key) ?? '', own);
  }
  for (const [key, { name }] of nodes) {
    if (name !== null) continue;
    const of = classes.get(key) ?? '';
    const own = ofClass.get(of) ?? `Shape${of}`;
    ofClass.set(of, own);
    names.set(key, own);
  }
  return names;
}
