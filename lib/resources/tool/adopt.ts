import { Buffer } from 'node:buffer';
import * as z from 'zod';
import { Unavailable } from '#lib/base/errors';
import { packageAsk, packagesOf } from '#lib/module/python-package';
import type { Context } from '../define.ts';
import { lockOf, MAX_PACKED_BYTES, readPackage } from '../program/adopt-package.ts';
import { adoptRefusal } from '../program/adopt-refusal.ts';

export const adoptToolUpload = { maxBytes: MAX_PACKED_BYTES, contentTypes: ['application/gzip'] };

export const adoptToolInput = {
  entry: z.string().max(400).meta({ description: 'PACKAGE.MODULE:FUNCTION of the package.' }),
};
export const adoptToolOutput = z.object({
  name: z.string(),
  description: z.string(),
  parameters: z.record(z.string(), z.json()),
  target: z.json().meta({ description: 'The `target` of a Tool: the function, and its files by their hash.' }),
});

/** Importing is all that is done. */
const IMPORT_MS = 60_000;

/** A function of a package as a tool ready to be declared. Throws InvalidInput for what is none. */
export async function adoptTool(
  { entry }: { entry: string },
  upload: AsyncIterable<Uint8Array>,
  { services, workspaceId, signal }: Pick<Context, 'workspaceId' | 'services' | 'signal'>,
): Promise<z.input<typeof adoptToolOutput>> {
  const { python, blobs } = services;
  const { packed, files } = await readPackage(upload);
  const lock = lockOf(entry, files);
  if (python === undefined) throw new Unavailable('python_unavailable', 'No Python runtime is set up here.');
  const refs = {
    package: await blobs.put(workspaceId, packed),
    ...(lock === undefined ? {} : { lock: await blobs.put(workspaceId, Buffer.from(lock)) }),
  };
  const packages = packagesOf(refs, workspaceId, blobs);
  try {
    const told = await python.call({
      operation: 'describe_tool',
      payload: { package: { ...refs.package }, entry },
      ...{ timeoutMs: IMPORT_MS, waitMs: IMPORT_MS, repeatable: true },
      asks: { package: packageAsk(refs, workspaceId, blobs) },
      ...(packages === undefined ? {} : { packages }),
      ...(signal === undefined ? {} : { signal }),
    });
    const { name, description, parameters } = told as { name: string; description: string; parameters: never };
    return { name, description, parameters, target: { kind: 'python', python: { function: entry, ...refs } } as never };
  } catch (error) {
    throw adoptRefusal(entry, error, IMPORT_MS);
  }
}
