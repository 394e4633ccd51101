type Methods<T> = { [M in keyof T]: T[M] extends (...args: never[]) => Promise<unknown> ? M : never }[keyof T];

/**
 * A port whose body, with its client, is loaded at the first call of one of its methods and then kept: a function that
 * never sends an event never parses the code that does.
 */
export function lazily<T extends object, M extends Methods<T>>(
  load: () => Promise<T>,
  methods: readonly M[],
): Pick<T, M> {
  let loading: Promise<T> | null = null;
  const loaded = (): Promise<T> => {
    loading ??= load().catch((error: unknown) => {
      loading = null;
      throw error;
    });
    return loading;
  };
  const entries = methods.map((method) => [
    method,
    async (...args: unknown[]) => {
      const body = await loaded();
      return (body[method] as unknown as (...given: unknown[]) => unknown).apply(body, args);
    },
  ]);
  return Object.fromEntries(entries) as Pick<T, M>;
}
