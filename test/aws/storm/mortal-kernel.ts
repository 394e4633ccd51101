import type { Acting, Kernel } from '#lib/kernel/kernel';
import type { DispatchCall } from '#lib/kernel/resource';

/** Does something else, or something more, where a slice is counted. */
export type Counting = (acting: Acting, call: DispatchCall, count: () => Promise<unknown>) => Promise<unknown>;

/** The same kernel, but for the one action by which a slice's result is counted. */
export function countingBy(kernel: Kernel, counting: Counting): Kernel {
  return {
    ...kernel,
    acting: (principal, options) => {
      const acting = kernel.acting(principal, options);
      return {
        ...acting,
        dispatch: <O>(call: DispatchCall): Promise<O> =>
          call.resource === 'Trial' && call.action === 'tally'
            ? (counting(acting, call, () => acting.dispatch(call)) as Promise<O>)
            : acting.dispatch<O>(call),
      };
    },
  };
}
