/** Where values lie, by name below our prefix. Its errors never quote a name or a value. */
export interface SecretSource {
  /** `null` when there is none. */
  read(name: string): Promise<string | null>;
  write(name: string, value: string): Promise<void>;
  readonly maxBytes: number;
}
