import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '#lib/base/hash';
import { BlobCorrupt, BlobMissing, type BlobRef, type Blobs } from '#lib/ports/blobs';
import { type Harness, rejection } from './harness.ts';

export interface BlobsUnderTest extends Harness {
  blobs: Blobs;
  /** Changes the stored bytes behind the port's back. */
  damage(workspaceId: string, ref: BlobRef): Promise<void>;
}

/** What every Blobs guarantees. */
export function blobsContract(name: string, makeBlobs: () => Promise<BlobsUnderTest>): void {
  describe(`Blobs contract: ${name}`, () => {
    let made: BlobsUnderTest | null = null;
    const subject = (): BlobsUnderTest => {
      if (made === null) throw new Error('the blobs under test are not made yet');
      return made;
    };
    beforeAll(async () => {
      made = await makeBlobs();
    });
    afterAll(() => made?.dispose());
    const bytesOf = (text: string) => new TextEncoder().encode(text);

    it('bytes come back as they were put, named by their SHA-256', async () => {
      const { blobs } = subject();
      for (const bytes of [bytesOf(''), bytesOf('é'), Uint8Array.from({ length: 3_000_000 }, (_, n) => n % 251)]) {
        const ref = await blobs.put('wks_a', bytes);
        expect(ref).toEqual({ sha256: sha256(bytes), bytes: bytes.byteLength });
        expect(Buffer.compare(await blobs.get('wks_a', ref), bytes)).toBe(0);
      }
    });

    it('the same bytes, put many times at once, are one blob', async () => {
      const { blobs } = subject();
      const refs = await Promise.all(Array.from({ length: 10 }, () => blobs.put('wks_a', bytesOf('same'))));
      expect(new Set(refs.map((ref) => ref.sha256)).size).toBe(1);
      expect(new TextDecoder().decode(await blobs.get('wks_a', refs[0] as BlobRef))).toBe('same');
    });

    it("another workspace's blob is missing, though its name is known", async () => {
      const { blobs } = subject();
      const ref = await blobs.put('wks_a', bytesOf('private'));
      expect(await rejection(blobs.get('wks_b', ref))).toBeInstanceOf(BlobMissing);
    });

    it('a name that is no hash is missing', async () => {
      const { blobs } = subject();
      for (const name of ['', '../wks_b/x', 'A'.repeat(64), `${'a'.repeat(64)}\n`, '0'.repeat(64)])
        expect(await rejection(blobs.get('wks_a', { sha256: name, bytes: 1 }))).toBeInstanceOf(BlobMissing);
    });

    it('damaged bytes are BlobCorrupt, and putting the blob again mends it', async () => {
      const { blobs, damage } = subject();
      const bytes = bytesOf('precious');
      const ref = await blobs.put('wks_a', bytes);
      await damage('wks_a', ref);
      expect(await rejection(blobs.get('wks_a', ref))).toBeInstanceOf(BlobCorrupt);
      await blobs.put('wks_a', bytes);
      expect(Buffer.compare(await blobs.get('wks_a', ref), bytes)).toBe(0);
    });

    it('a reference with the wrong length is BlobCorrupt', async () => {
      const { blobs } = subject();
      const ref = await blobs.put('wks_a', bytesOf('12345'));
      expect(await rejection(blobs.get('wks_a', { ...ref, bytes: 4 }))).toBeInstanceOf(BlobCorrupt);
    });
  });
}
