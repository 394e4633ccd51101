import type { JsonObject } from '#lib/base/json';
import type { Command } from '../command.ts';
import { contributions, contributionTable, followOptimization, resultTable, type Warmed } from '../optimization.ts';
import { connected, flag, integer, jsonObject, positional, required, text } from '../options.ts';
import { type Estimate, estimateTable, isPaid, modelsOfProgram } from '../quote.ts';
import { metricOf, numbers, optional } from './eval.ts';

export const optimize: Command = {
  summary: 'search the variables, instructions and demos of a program together; the winner becomes a version',
  usage:
    'PROGRAM --dataset NAME --metric NAME|FILE|JSON [--strategy NAME] [--trials N] [--budget JSON] [--warm-start all|ID,ID] [--estimate] [--promote]',
  options: {
    dataset: { type: 'string' },
    metric: { type: 'string' },
    strategy: { type: 'string' },
    config: { type: 'string' },
    trials: { type: 'string' },
    seed: { type: 'string' },
    parallelism: { type: 'string' },
    version: { type: 'string' },
    alias: { type: 'string' },
    promote: { type: 'boolean' },
    budget: { type: 'string' },
    'warm-start': { type: 'string' },
    estimate: { type: 'boolean' },
    yes: { type: 'boolean' },
  },
  optionDocs: {
    dataset: 'name or id; needs train and validation examples, and test for an honest result',
    metric: 'the name of a metric, a JSON/YAML file, or JSON',
    strategy: 'default variable_search; also mipro_v2, gepa, simba, copro, bootstrap_few_shot, random and others',
    config: 'the strategy’s configuration as JSON or @FILE',
    trials: 'how many configurations are tried',
    seed: 'reproduces the run; default 0',
    parallelism: 'trials at the same time; default 1',
    version: 'where to start; default "live", else the newest',
    alias: 'start from what this alias points at',
    promote: 'point "live" at the winner when it is better beyond doubt',
    budget:
      'caps as JSON or @FILE: {"nanoUsd", "tokens", "calls", "seconds"}; goes ahead with a paid model within them',
    'warm-start': 'learn from earlier optimizations of the program: "all" with this dataset and metric, or ids',
    estimate: 'say what it would take and stop',
    yes: 'go ahead with a paid model after the quote',
  },
  run: (call) =>
    connected(call, async ({ client }) => {
      const program = positional(call, 0, 'PROGRAM');
      const trials = integer(call, 'trials');
      const config: JsonObject = { ...(await jsonObject(call, 'config')), ...(trials === undefined ? {} : { trials }) };
      const budget = await jsonObject(call, 'budget');
      const earlier = text(call, 'warm-start');
      const optimizer = { strategy: text(call, 'strategy') ?? 'variable_search', config };
      const quoted = { program, dataset: required(call, 'dataset'), optimizer, ...optional(call, ['alias']) };
      const input = { ...quoted, ...numbers(call, ['parallelism', 'version']) };
      const estimate = async () => (await client.call<Estimate>('optimizations', 'estimate', { input })).body;
      if (flag(call, 'estimate')) {
        const found = await estimate();
        call.screen.result(found, () => estimateTable(found));
        return 0;
      }
      const models = await modelsOfProgram(client, program, integer(call, 'version'));
      if (budget === undefined && isPaid(call, models)) {
        call.screen.warn(`this would call ${models.join(', ')}:\n${estimateTable(await estimate())}`);
        call.screen.warn('Say --yes to go ahead, or give it a --budget.');
        return 2;
      }
      const started = await client.call<JsonObject>('programs', 'optimize', {
        id: program,
        input: {
          dataset: required(call, 'dataset'),
          metric: await metricOf(required(call, 'metric')),
          optimizer,
          ...(budget === undefined ? {} : { budget }),
          ...(earlier === undefined
            ? {}
            : { warmStart: earlier === 'all' ? {} : { optimizations: earlier.split(',') } }),
          promote: flag(call, 'promote'),
          ...optional(call, ['alias']),
          ...numbers(call, ['seed', 'parallelism', 'version']),
        },
      });
      const followed = await followOptimization(
        client,
        String(started.location?.split('/').at(-1)),
        call,
        typeof config.maxExampleRuns === 'number' ? config.maxExampleRuns : null,
      );
      const { result, failure, state, warmed } = followed.optimization;
      call.screen.result(followed.optimization, () =>
        result === null
          ? `${state}: ${failure ?? 'no result'}`
          : [
              resultTable(result),
              '',
              contributionTable(contributions(followed.trials, shownAssignment(followed, result.assignment))),
              '',
              ...(warmed == null ? [] : [learnedFrom(warmed)]),
              result.version === null
                ? result.reason
                : `winner ${result.winner} is version ${result.version}${result.promoted ? ', promoted to live' : ''}`,
            ].join('\n'),
      );
      return state === 'completed' ? 0 : 1;
    }),
};

function learnedFrom({ trials, from, passedOver }: Warmed): string {
  const left = passedOver.reduce((sum, one) => sum + one.trials, 0);
  const origin = from.length === 0 ? '' : ` of ${from.map(({ optimizationId }) => optimizationId).join(', ')}`;
  const why = left === 0 ? '' : `; ${left} were of no use here (${passedOver[0]?.reason})`;
  return `learned from ${trials} earlier trials${origin}${why}`;
}

/** Candidates stay named, so that a demo set is a word and not a page. */
export function shownAssignment(
  { trials, optimization }: Awaited<ReturnType<typeof followOptimization>>,
  fallback: JsonObject,
): JsonObject {
  const number = Number(optimization.result?.winner?.slice(1));
  return trials.find((trial) => trial.number === number)?.assignment ?? fallback;
}
