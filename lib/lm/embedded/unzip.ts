import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw } from 'node:zlib';

/**
 * Extracts one member of a zip archive (stored or deflated, below 4 GB) to `target` and returns its SHA-256.
 * Source of the layout: PKWARE APPNOTE 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16.
 */
export async function extractMember(archive: string, member: string, target: string): Promise<string> {
  const { start, bytes, deflated } = await locate(archive, member);
  const hash = createHash('sha256');
  const source = createReadStream(archive, { start, end: start + bytes - 1 });
  const tap = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      hash.update(chunk);
      yield chunk;
    }
  };
  if (deflated) await pipeline(source, createInflateRaw(), tap, createWriteStream(target));
  else await pipeline(source, tap, createWriteStream(target));
  return hash.digest('hex');
}

async function locate(archive: string, member: string): Promise<{ start: number; bytes: number; deflated: boolean }> {
  const file = await open(archive);
  try {
    const { size } = await file.stat();
    const tail = await read(file, Math.max(0, size - 65_557), Math.min(size, 65_557));
    const end = tail.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
    if (end < 0) throw new Error(`${archive} is not a zip archive`);
    const directory = await read(file, tail.readUInt32LE(end + 16), tail.readUInt32LE(end + 12));
    for (let at = 0; at + 46 <= directory.length && directory.readUInt32LE(at) === 0x02014b50; ) {
      const nameBytes = directory.readUInt16LE(at + 28);
      const skip = 46 + nameBytes + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
      if (directory.toString('utf8', at + 46, at + 46 + nameBytes) === member) {
        const method = directory.readUInt16LE(at + 10);
        if (method !== 0 && method !== 8)
          throw new Error(`${member} is packed with method ${method}, not with deflate`);
        const offset = directory.readUInt32LE(at + 42);
        // The local header repeats name and extra field, and its extra field may differ in length.
        const local = await read(file, offset, 30);
        const start = offset + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
        return { start, bytes: directory.readUInt32LE(at + 20), deflated: method === 8 };
      }
      at += skip;
    }
    throw new Error(`${archive} has no member ${member}`);
  } finally {
    await file.close();
  }
}

async function read(file: Awaited<ReturnType<typeof open>>, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  if (bytesRead < length) throw new Error(`the archive ends at byte ${position + bytesRead}`);
  return buffer;
}
