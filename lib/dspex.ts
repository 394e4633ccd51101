/**
 * The front door of the published package: author programs, read signatures, talk to a server. What runs a server is the
 * command `dspex`.
 */
export { adapters } from '#lib/adapter/adapters';
export { type Client, createClient } from '#lib/derive/client/client';
export { expression, type InputOfProgram, type OutputOfProgram, program } from '#lib/program/author';
export type { Graph } from '#lib/program/graph';
export { loadGraph } from '#lib/program/load';
export type { ProgramVersionBody } from '#lib/program/program';
export type { InputsOf, OutputsOf } from '#lib/signature/infer';
export { parseSignature } from '#lib/signature/parse';
export { formatSignature } from '#lib/signature/print';
export type { Signature } from '#lib/signature/signature';
export type { Binding, Variable } from '#lib/variable/variable';
