import type { BlobRef } from '#lib/ports/blobs';
import type { Field, Signature } from '#lib/signature/signature';

/** A user's own dspy.Module as it was adopted: its files by their hash, so that editing them changes no version. */
export interface AdoptedProgram {
  /** `package.module:Class`. */
  entry: string;
  /** Gzipped JSON `{files: {path: base64}}` in Blobs. */
  package: BlobRef;
  /** The package's `requirements.lock` in Blobs; absent where it needs nothing beside DSPy. */
  lock?: BlobRef;
  /** Its predictors in DSPy's order, by DSPy's names; instructions as the code has them. */
  predictors: { name: string; signature: Signature }[];
  /** Outputs that have the name of an input, which a signature cannot say. */
  echoed?: Field[];
}
