/** Values nobody may see again. Records hold only the reference, such as `env:OPENAI_API_KEY` or `local:openai`. */
export interface Secrets {
  /** `null` when there is no such secret. */
  get(reference: string): Promise<string | null>;
  /** Stores a value under a name and returns its reference. */
  put(name: string, value: string): Promise<string>;
}
