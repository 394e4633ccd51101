import { readFileSync } from 'node:fs';
import type { JsonObject } from '#lib/base/json';
import { prepend } from '#lib/signature/edit';
import { parseExactJson } from '#lib/signature/exact-number';
import { parseSignature } from '#lib/signature/parse';
import type { FieldType, Signature, Values } from '#lib/signature/signature';
import { signatureFromJson } from '#lib/signature/signature-json';

export interface SignatureSpec {
  text?: string;
  inputs?: JsonObject[];
  outputs?: JsonObject[];
  instructions?: string;
  chainOfThought?: true;
}

export interface GoldenHeader {
  versions: { [name: string]: string };
  types: { [name: string]: FieldType };
}

export interface PromptCase {
  name: string;
  signature: number;
  inputs: Values;
  demos?: Values[];
  /** Values whose Python type is not the declared one: only the exact reader can know. */
  mistyped?: true;
  messages: { role: string; content: unknown }[];
}

export interface CompletionCase {
  signature: number;
  completion: string;
  values?: Values;
  fails?: true | string;
}

function text(name: string): string {
  return readFileSync(new URL(`./goldens/${name}.json`, import.meta.url), 'utf8');
}

export function golden<T>(name: string): T & GoldenHeader {
  return JSON.parse(text(name)) as T & GoldenHeader;
}

/** The same file with its numbers as Python has them. */
export function exactGolden<T>(name: string): T & GoldenHeader {
  return parseExactJson(text(name)) as T & GoldenHeader;
}

/** The signature a spec describes, built as a user of this project would build it. */
export function signatureOf(spec: SignatureSpec, types: { [name: string]: FieldType }): Signature {
  const { text: source, chainOfThought, ...form } = spec;
  const signature =
    source === undefined
      ? signatureFromJson(form, { types })
      : parseSignature(source, {
          types,
          ...(form.instructions === undefined ? {} : { instructions: form.instructions }),
        });
  return chainOfThought ? prepend(signature, 'output', { name: 'reasoning' }) : signature;
}
