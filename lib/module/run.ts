import { adapters } from '#lib/adapter/adapters';
import { systemClock } from '#lib/base/clock';
import { failureOf, StepFailure } from '#lib/base/failure';
import type { Json } from '#lib/base/json';
import type { LmParameters } from '#lib/lm/spec';
import { append } from '#lib/signature/edit';
import type { Signature, Values } from '#lib/signature/signature';
import { ask } from './ask.ts';
import { predictorsOf } from './asked.ts';
import type { ModuleContext } from './context.ts';
import type { Change, Run, Traced } from './forward.ts';
import { MODULES } from './modules.ts';
import type { CallRecord, ModulePart, ModuleSpec } from './spec.ts';
import { callTool } from './tool/call.ts';
import { FINISH_TOOL } from './tool/finish.ts';

/** What a run has done so far; its draws write here too. */
export interface Ledger {
  calls: CallRecord[];
  parts: ModulePart[];
}

/** A run of a module in a context: predictors with their own settings, tools, and a record of each. */
export function openRun(spec: ModuleSpec, inputs: Values, context: ModuleContext, ledger: Ledger): Run {
  return runOf({ spec, context, ledger, tools: 0 }, inputs, { sample: context.sample ?? 0 });
}

interface Whole {
  spec: ModuleSpec;
  context: ModuleContext;
  ledger: Ledger;
  /** Calls of tools so far. */
  tools: number;
}

function runOf(whole: Whole, inputs: Values, how: Change & { sample: number }, index?: number): Run {
  const { spec, context, ledger } = whole;
  const asked = predictorsOf(spec);
  const answering = Object.keys(asked).at(-1);
  const single = Object.keys(asked).length === 1 && index === undefined;
  const trace: Traced[] = [];
  const settingsOf = (name: string) => spec.predictors?.[name] ?? {};
  const adapterOf = (name: string) =>
    adapters[settingsOf(name).adapter ?? spec.adapter ?? context.defaultAdapter ?? 'chat'];
  const record = recorder(ledger, context, index);

  return {
    ...{ spec, inputs, trace },
    sample: how.sample,
    signal: context.signal,
    adapter: adapterOf,
    predict: (name, given) => {
      const own = asked[name];
      if (own === undefined) throw new StepFailure('Internal', `a ${spec.type} has no predictor ${name}`);
      const settings = settingsOf(name);
      const hinted = how.hint === undefined ? undefined : how.hint(name);
      const signature = hinted === undefined ? own : withHint(own);
      const values = hinted === undefined ? given : { ...given, hint_: hinted };
      const model = context.model(settings.lm ?? spec.lm);
      const shared = MODULES[spec.type].apart?.includes(name) ? {} : spec.config;
      const config = settings.config === undefined ? shared : { ...shared, ...settings.config };
      const call = {
        ...{ signature, inputs: values, model },
        adapter: adapterOf(name),
        demos: settings.demos ?? (name === answering ? spec.demos : []),
        parameters: parametersOf(model.defaults, config, how),
        sample: how.sample,
      };
      // Only what the caller is given in the end is shown while it is written.
      const heard = name === answering && index === undefined ? context : { ...context, onDelta: undefined };
      const make = async (calls: CallRecord[]): Promise<Values> => {
        const outputs = await ask(call, heard as ModuleContext, calls);
        trace.push({ predictor: name, inputs: values, outputs });
        return outputs;
      };
      return single ? make(ledger.calls) : record('predict', name, values, make);
    },
    tool: (name, args) =>
      record('tool', name, args, async (calls) => {
        const tool = name === FINISH_TOOL.name ? FINISH_TOOL : spec.tools?.find((one) => one.name === name);
        if (tool === undefined) throw new StepFailure('Input.Invalid', `there is no tool ${name}`);
        whole.tools++;
        return callTool(tool, args, context.tools ?? {}, {
          workspaceId: context.workspaceId,
          idempotencyKey: `${context.idempotencyKey ?? ''}/tool/${whole.tools}`,
          onCalls: (made) => void calls.push(...made),
          ...(context.signal === undefined ? {} : { signal: context.signal }),
          ...(context.purse === undefined ? {} : { purse: context.purse }),
        });
      }),
    search: (query, k) =>
      record('retrieve', spec.corpus?.corpusId ?? '', { query, k }, async (calls) => {
        if (spec.corpus === undefined || context.search === undefined)
          throw new StepFailure('Internal', 'retrieve needs a corpus, and none can be searched here');
        const found = await context.search(context.workspaceId, spec.corpus, query, k, context.signal, context.purse);
        calls.push(...found.calls);
        return found.passages.map((passage) => ({ ...passage }));
      }),
    reward: async (outputs) => {
      if (spec.reward === undefined || context.reward === undefined)
        throw new StepFailure('Internal', `${spec.type} needs a reward, and none can be computed here`);
      return context.reward(spec.reward, inputs, outputs);
    },
    draw: (number, change) => runOf(whole, change.inputs ?? inputs, { sample: how.sample, ...change }, number),
  };
}

/** Settings by DSPy's precedence: the predictor's or module's own, the draw's, the model's defaults. */
function parametersOf(defaults: LmParameters | undefined, config: LmParameters, how: Change): LmParameters {
  const parameters = { ...defaults, ...config };
  const temperature = how.temperature?.(config.temperature, defaults?.temperature);
  return temperature === undefined ? parameters : { ...parameters, temperature };
}

const hintedOf = new WeakMap<Signature, Signature>();
function withHint(signature: Signature): Signature {
  const known = hintedOf.get(signature);
  if (known !== undefined) return known;
  const hinted = append(signature, 'input', { name: 'hint_', description: 'A hint to the module from an earlier run' });
  hintedOf.set(signature, hinted);
  return hinted;
}

function recorder({ calls, parts }: Ledger, { clock = systemClock }: ModuleContext, draw: number | undefined) {
  return async <T extends Json>(
    kind: ModulePart['kind'],
    name: string,
    inputs: Json,
    work: (calls: CallRecord[]) => Promise<T>,
  ): Promise<T> => {
    const own: CallRecord[] = [];
    const startedAt = clock.now();
    const part: ModulePart = {
      ...{ kind, name, inputs, output: null, calls: [], startedAt, endedAt: startedAt },
      ...(draw === undefined ? {} : { draw }),
    };
    parts.push(part);
    try {
      const output = await work(own);
      part.output = output;
      return output;
    } catch (error) {
      part.failure = failureOf(error);
      throw error;
    } finally {
      part.endedAt = clock.now();
      part.calls = own.map(({ key }) => key);
      calls.push(...own);
    }
  };
}
