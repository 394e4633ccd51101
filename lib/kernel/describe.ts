import * as z from 'zod';
import { Internal } from '#lib/base/errors';
import { isMarked, withoutDefault } from './attribute.ts';
import { type Complete, type CompleteAction, complete, HEAD, LATEST_VERSION } from './complete.ts';
import type { ActionInfo, ResourceInfo } from './info.ts';
import type { Declaration } from './resource.ts';
import { verify, verifyTogether } from './verify.ts';

/** Completed and verified, or an error that names everything wrong at once. */
export function describe(declarations: readonly Declaration[]): ResourceInfo[] {
  const all = declarations.map((declaration) => complete(declaration));
  refuse([...all.flatMap((one) => verify(one)), ...verifyTogether(declarations)]);
  return all.map((one) => infoOf(one));
}

/** Throws Internal when there are problems. */
export function refuse(problems: readonly string[]): void {
  if (problems.length > 0) throw new Internal('invalid_declaration', `invalid resources:\n  ${problems.join('\n  ')}`);
}

function infoOf({ declaration: d, states, actions }: Complete): ResourceInfo {
  const attributes = Object.fromEntries(
    Object.entries(d.attributes).map(([name, type]) => [
      name,
      { name, type, readOnly: isMarked(type, 'readOnly'), secret: isMarked(type, 'secret') },
    ]),
  );
  const open = Object.values(attributes).filter((attribute) => !attribute.secret);
  const record = z.object({
    ...HEAD,
    state: z.enum(states as [string, ...string[]]),
    ...(d.versions === undefined ? {} : LATEST_VERSION),
    ...Object.fromEntries(open.map((attribute) => [attribute.name, attribute.type])),
    ...Object.fromEntries(Object.entries(d.calculations ?? {}).map(([name, { type }]) => [name, type])),
  });
  return {
    name: d.name,
    path: d.path,
    idPrefix: d.idPrefix,
    doc: d.doc,
    internal: d.internal === true,
    attributes,
    unique: d.unique ?? [],
    indexes: Object.entries(d.indexes ?? {}).map(([name, { by }], i) => ({ name, by, slot: i === 0 ? 'g2' : 'g3' })),
    calculations: d.calculations ?? {},
    states,
    versioned: d.versions !== undefined,
    versionBody:
      d.versions === undefined
        ? null
        : z.object(
            d.versions === 'attributes'
              ? Object.fromEntries(open.map((attribute) => [attribute.name, attribute.type]))
              : { ...d.versions },
          ),
    actions: Object.fromEntries(
      actions.map((action) => [
        action.name,
        withSchemas({ ...action, id: `${d.name}.${action.name}`, resource: d.name }, () =>
          schemasOf(d, action, record),
        ),
      ]),
    ),
    streams: d.streams ?? {},
    policies: d.policies ?? '',
    reader: d.reader ?? null,
    record,
    declaration: d,
  };
}

/** Made when somebody looks at them: most processes see few of a resource's actions. */
function withSchemas<A extends object>(action: A, make: () => Schemas): Omit<A, keyof Schemas> & Schemas {
  let made: Schemas | null = null;
  const schemas = () => {
    made ??= make();
    return made;
  };
  return Object.defineProperties(action as Omit<A, keyof Schemas> & Schemas, {
    input: { get: () => schemas().input, enumerable: true },
    output: { get: () => schemas().output, enumerable: true },
  });
}

type Schemas = Pick<ActionInfo, 'input' | 'output'>;

function schemasOf(d: Declaration, action: CompleteAction, record: z.ZodObject): Schemas {
  const accepted = action.accept.map((name): [string, z.ZodType] => {
    const type = d.attributes[name] ?? z.never();
    return [name, action.kind === 'update' ? withoutDefault(type).optional() : type];
  });
  const answersWithRecord = action.kind !== 'call' && action.kind !== 'remove';
  return {
    input: z.strictObject({ ...Object.fromEntries(accepted), ...action.input }),
    output: answersWithRecord ? record.extend(z.object(action.reveals).partial().shape) : action.output,
  };
}
