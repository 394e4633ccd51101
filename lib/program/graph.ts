import * as z from 'zod';
import { FAILURE_NAMES } from '#lib/base/failure';
import { SECRET_REFERENCE, SECRET_REFERENCE_WANTED } from '#lib/base/secret-reference';
import { BindingSchema } from '#lib/variable/schema';
import type { Binding } from '#lib/variable/variable';
import type { AdapterName, Node } from './node.ts';

/** A program's structure as data: what JSON, YAML and the builder all give. */
export interface Graph {
  name: string;
  description?: string;
  /** Name -> DSPy type, such as `list[str]`. */
  input: Record<string, string>;
  /** Name -> expression. */
  output: Record<string, string>;
  nodes: Node[];
  /** Names of the variables the bindings speak of. */
  variables?: string[];
  bindings?: Binding[];
  /** For module nodes that name no model or adapter. */
  defaults?: { lm?: string; adapter?: AdapterName };
}

const text = (most: number) => z.string().min(1).max(most);
const Expression = text(8192);
const Name = z.string().regex(/^(?!__proto__$)[A-Za-z_][A-Za-z0-9_]{0,99}$/, {
  error: 'wanted a name of letters, digits and _ (at most 100), not starting with a digit',
});
const Expressions = z.record(Name, Expression);
const Id = z.string().regex(/^[a-z][a-z0-9_]{0,39}$/, {
  error: 'wanted an id of a-z, 0-9 and _, at most 40, starting with a letter',
});
const Adapter = z.enum(['chat', 'json', 'xml']);

const RetrySchema = z.strictObject({
  maxAttempts: z.int().min(1).max(100),
  intervalSeconds: z.number().min(0).max(3600).exactOptional(),
  backoffRate: z.number().min(1).max(10).exactOptional(),
  maxDelaySeconds: z.number().min(0).max(86_400).exactOptional(),
  jitter: z.boolean().exactOptional(),
  on: z.array(z.enum(FAILURE_NAMES)).min(1).exactOptional(),
});

const Nodes: z.ZodType<Node[]> = z.lazy(() => z.array(NodeSchema).min(1).max(200));

const common = {
  id: Id,
  title: text(200).exactOptional(),
  inputs: Expressions.exactOptional(),
  when: Expression.exactOptional(),
  retry: RetrySchema.exactOptional(),
  timeoutSeconds: z.number().positive().max(31_536_000).exactOptional(),
  optional: z.boolean().exactOptional(),
  fallback: Nodes.exactOptional(),
  get compensate(): z.ZodExactOptional<z.ZodType<Node>> {
    return z.lazy(() => NodeSchema).exactOptional();
  },
};

export const NodeSchema: z.ZodType<Node> = z
  .discriminatedUnion('kind', [
    z.strictObject({
      ...common,
      kind: z.literal('module'),
      module: Name,
      lm: Name.exactOptional(),
      adapter: Adapter.exactOptional(),
    }),
    z.strictObject({
      ...common,
      kind: z.literal('choice'),
      arms: z
        .array(z.strictObject({ when: Expression, nodes: Nodes }))
        .min(1)
        .max(50),
      otherwise: Nodes.exactOptional(),
    }),
    z.strictObject({
      ...common,
      kind: z.literal('map'),
      items: Expression,
      nodes: Nodes,
      concurrency: z.int().min(1).max(1000).exactOptional(),
    }),
    z.strictObject({ ...common, kind: z.literal('parallel'), branches: z.array(Nodes).min(1).max(50) }),
    z.strictObject({ ...common, kind: z.literal('transform'), expression: Expression }),
    z.strictObject({
      ...common,
      kind: z.literal('effect'),
      http: z
        .strictObject({
          method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
          url: z.url({ protocol: /^https?$/ }).max(2048),
          headers: z.record(z.string().regex(/^[A-Za-z0-9-]{1,100}$/), z.string().max(4096)).exactOptional(),
          secretRef: z.string().regex(SECRET_REFERENCE, { error: SECRET_REFERENCE_WANTED }).exactOptional(),
        })
        .exactOptional(),
      lambda: z.strictObject({ function: text(200), qualifier: text(128).exactOptional() }).exactOptional(),
    }),
    z.strictObject({ ...common, kind: z.literal('approval'), message: Expression.exactOptional() }),
    z.strictObject({ ...common, kind: z.literal('program'), program: text(100), alias: text(100).exactOptional() }),
    z.strictObject({
      ...common,
      kind: z.literal('action'),
      resource: text(100),
      action: text(100),
      transaction: z.boolean().exactOptional(),
    }),
  ])
  .meta({ id: 'Node' });

/** Shape only; what the parts mean to each other is checked by `validateProgram`. */
export const GraphSchema: z.ZodType<Graph> = z.strictObject({
  name: text(120),
  description: z.string().max(10_000).exactOptional(),
  input: z.record(Name, text(2000)),
  output: Expressions,
  nodes: z.array(NodeSchema).min(1).max(500),
  variables: z.array(Name).max(500).exactOptional(),
  bindings: z.array(BindingSchema).max(500).exactOptional(),
  defaults: z.strictObject({ lm: Name.exactOptional(), adapter: Adapter.exactOptional() }).exactOptional(),
});
