import { expect, it } from 'vitest';
import { SECRET_REFERENCE, SECRET_REFERENCE_WANTED } from '#lib/base/secret-reference';
import { GraphSchema } from '#lib/program/graph';

const effect = (secretRef: string) => ({
  name: 'p',
  input: { text: 'str' },
  output: { id: 'nodes.n.id' },
  nodes: [{ id: 'n', kind: 'effect', http: { method: 'POST', url: 'https://crm.example/a', secretRef } }],
});

it.each(['env:OPENAI_API_KEY', 'local:crm', 'ssm:openai', 'secret:crm.key-1'])(
  '%s names a secret, in one home or the other',
  (name) => {
    expect(SECRET_REFERENCE.test(name)).toBe(true);
    expect(GraphSchema.safeParse(effect(name)).success).toBe(true);
  },
);

it.each(['sk-proj-abc', 'ssm:/dspex/prod/openai', 'vault:x', 'env:A B', `ssm:${'x'.repeat(201)}`])(
  '%s does not, and is not repeated: it may be the secret itself',
  (text) => {
    expect(SECRET_REFERENCE.test(text)).toBe(false);
    const refused = GraphSchema.safeParse(effect(text));
    const said = JSON.stringify(refused.error?.issues);
    expect(said).toContain(JSON.stringify(SECRET_REFERENCE_WANTED).slice(1, -1));
    expect(said).not.toContain(text);
  },
);
