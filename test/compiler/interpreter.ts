import jsonata from 'jsonata';
import type { Json, JsonObject } from '#lib/base/json';
import type { Catcher, StateMachine, States } from '#lib/compiler/asl';

/** Runs a definition as Step Functions would, without waiting: for tests. */
export interface Interpretation {
  status: 'SUCCEEDED' | 'FAILED';
  output?: Json;
  error?: string;
  /** Names of the states in the order they were entered. */
  entered: string[];
  /** Every answer of a task, as the machine sees it. */
  answers: Json[];
}
type Invoke = (payload: JsonObject) => Promise<Json>;
type Variables = Record<string, Json>;

class StateError extends Error {}

export async function interpret(
  machine: StateMachine,
  input: Json,
  name: string,
  invoke: Invoke,
): Promise<Interpretation> {
  const entered: string[] = [];
  const answers: Json[] = [];
  const context = { Execution: { Name: name, Input: input } };

  const scope = async (states: States, given: Json, outer: Variables, around: JsonObject): Promise<Json> => {
    const variables = { ...outer };
    let current = states.StartAt;
    let data = given;
    for (;;) {
      const state = states.States[current];
      if (state === undefined) throw new StateError('States.Runtime', { cause: `no state ${current}` });
      entered.push(current);
      const here = { ...context, ...around };
      const at = (value: Json, more: JsonObject = {}) =>
        evaluated(value, { states: { input: data, context: here, ...more }, ...variables });
      if (state.Type === 'Fail') throw new StateError(String(await at(state.Error)));
      if (state.Type === 'Choice') {
        let next = state.Default;
        for (const { Condition, Next } of state.Choices)
          if ((await at(Condition)) === true) {
            next = Next;
            break;
          }
        current = next;
        continue;
      }
      try {
        let result: Json = data;
        if (state.Type === 'Task') {
          const token = state.Resource.endsWith('.waitForTaskToken');
          const payload = (await evaluated(state.Arguments.Payload, {
            states: { input: data, context: token ? { ...here, Task: { Token: `token-${current}` } } : here },
            ...variables,
          })) as JsonObject;
          result = { Payload: await retried(state.Retry, () => invoke(payload)) };
          answers.push(result);
        } else if (state.Type === 'Parallel')
          result = await all(state.Branches.map((branch) => scope(branch, data, variables, around)));
        else if (state.Type === 'Map') {
          const items = (await at(state.Items)) as Json[];
          result = await all(
            items.map(async (value, index) => {
              const inner = { ...around, Map: { Item: { Value: value, Index: index } } };
              const own = await evaluated(state.ItemSelector, {
                states: { input: data, context: { ...here, ...inner } },
                ...variables,
              });
              return scope(state.ItemProcessor, own, variables, inner);
            }),
          );
        }
        const more: JsonObject = { result };
        if ('Assign' in state && state.Assign !== undefined) Object.assign(variables, await at(state.Assign, more));
        data = await at(state.Output, more);
        if (state.End) return data;
        current = state.Next ?? '';
      } catch (error) {
        if (!(error instanceof StateError) || error.message === 'States.Runtime') throw error;
        const catcher: Catcher | undefined = ('Catch' in state ? (state.Catch ?? []) : []).find(
          ({ ErrorEquals }) => ErrorEquals.includes('States.ALL') || ErrorEquals.includes(error.message),
        );
        if (catcher === undefined) throw error;
        const more: JsonObject = { errorOutput: { Error: error.message, Cause: '' } };
        if (catcher.Assign !== undefined) Object.assign(variables, await at(catcher.Assign, more));
        data = await at(catcher.Output ?? null, more);
        current = catcher.Next;
      }
    }
  };
  try {
    return { status: 'SUCCEEDED', output: await scope(machine, input, {}, {}), entered, answers };
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    return { status: 'FAILED', error: error.message, entered, answers };
  }
}

async function retried(
  retriers: { ErrorEquals: string[]; MaxAttempts: number }[],
  work: () => Promise<Json>,
): Promise<Json> {
  const counts = retriers.map(() => 0);
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const name = (error as Error).name;
      const i = retriers.findIndex(({ ErrorEquals }) => ErrorEquals.includes(name));
      const retrier = retriers[i];
      if (retrier === undefined || (counts[i] ?? 0) >= retrier.MaxAttempts)
        throw new StateError(name, { cause: error });
      counts[i] = (counts[i] ?? 0) + 1;
    }
  }
}

/** Every branch ends before an error is thrown, so that a test sees no work after its end. */
async function all(work: Promise<Json>[]): Promise<Json[]> {
  const ends = await Promise.allSettled(work);
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return ends.map((end) => (end as PromiseFulfilledResult<Json>).value);
}

async function evaluated(value: Json, names: Record<string, Json>): Promise<Json> {
  if (typeof value === 'string') {
    const source = /^\{%(.*)%\}$/s.exec(value)?.[1];
    if (source === undefined) return value;
    const found: unknown = await jsonata(source).evaluate({}, structuredClone(names));
    if (found === undefined) throw new StateError('States.QueryEvaluationError', { cause: source });
    return JSON.parse(JSON.stringify(found)) as Json;
  }
  if (Array.isArray(value)) return Promise.all(value.map((one) => evaluated(one, names)));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(async ([key, member]) => [key, await evaluated(member, names)] as const);
  return Object.fromEntries(await Promise.all(entries));
}
