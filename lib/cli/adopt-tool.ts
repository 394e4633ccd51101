import type { Json } from '#lib/base/json';
import type { Client } from '#lib/derive/client/client';

interface Described {
  name: string;
  description: string;
  parameters: Json;
  target: Json;
}

/** A function of a package as the Tool of that name: made, or changed where it is there. Programs keep what they had. */
export async function adoptTool(
  client: Client,
  entry: string,
  packed: Uint8Array,
  name: string | undefined,
): Promise<{ tool: string; description: string; parameters: Json }> {
  const { body } = await client.call<Described>('tools', 'adopt', {
    input: { entry },
    upload: { contentType: 'application/gzip', content: packed },
  });
  const input = { ...body, name: name ?? body.name };
  const found = await client.get<{ id: string }>('tools', input.name).catch((error: { status?: number }) => {
    if (error.status === 404) return null;
    throw error;
  });
  if (found === null) await client.call('tools', 'create', { input });
  else await client.call('tools', 'update', { id: found.body.id, input, ifMatch: '*' });
  return { tool: input.name, description: body.description, parameters: body.parameters };
}
