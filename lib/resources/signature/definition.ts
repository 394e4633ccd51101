import * as z from 'zod';
import { SignatureJson } from '#lib/signature/signature-json';

const forms = 'a signature string such as "question -> answer: str" or the field form {instructions?, inputs, outputs}';

/** A signature as users write it: DSPy's string, or fields where the string cannot say enough. */
export const SignatureDefinition = z.union([z.string().min(1).max(65_536), SignatureJson], {
  error: `wanted ${forms}`,
});

/** The same, or the name of a Signature resource: `{"ref": "triage"}`. */
export const SignatureOrRef = z.union(
  [z.string().min(1).max(65_536), z.strictObject({ ref: z.string() }), SignatureJson],
  {
    error: `wanted ${forms}, or {"ref": name}`,
  },
);
