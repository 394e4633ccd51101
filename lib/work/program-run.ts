import type { EngineDeps } from '#lib/engine/engine';
import type { Acting } from '#lib/kernel/kernel';
import type { Purse } from '#lib/lm/budget/purse';
import type { ModuleContext } from '#lib/module/runtime';
import type { Implementation, ModuleSpec } from '#lib/module/spec';
import { configure } from '#lib/program/configure';
import type { ConfiguredProgram } from '#lib/program/configured';
import { evaluateExpression } from '#lib/program/expression';
import type { FrozenLm, ProgramVersionBody } from '#lib/program/program';
import { rewardOf } from '#lib/resources/module/reward';
import { type Aliases, pick } from '#lib/resources/program/alias';
import { resolveAssignment } from '#lib/variable/resolve';
import type { Assignment } from '#lib/variable/variable';
import { commitActions } from './actions.ts';
import type { Home } from './home.ts';
import { type Models, modelsOf } from './models.ts';

/** A version under an assignment, ready to run: planned, configured, its models known. */
export interface ReadyProgram {
  configured: ConfiguredProgram;
  models: Models;
  body: ProgramVersionBody;
}

/** `variables` replace values of the version's own assignment, and are already known to be sound. */
export async function readyProgram(
  acting: Acting,
  programId: string,
  version: number,
  variables: Assignment,
): Promise<ReadyProgram> {
  const { body } = await acting.version<ProgramVersionBody>('Program', programId, version);
  return { body, configured: await configuredWith(body, variables), models: await modelsOf(body, acting) };
}

export async function configuredWith(body: ProgramVersionBody, variables: Assignment): Promise<ConfiguredProgram> {
  const space = { variables: body.variables, constraints: body.constraints, candidates: {} };
  const { values } = await resolveAssignment(space, { ...body.assignment, ...variables }, evaluateExpression);
  return configure(body, values);
}

/** Repeated draws: which one this is, and at which temperature when not the module's own. */
export interface Draw {
  sample: number;
  temperature?: number;
}

export interface DepsOptions {
  draw?: Draw;
  /** Serves every module that it can serve, whatever is declared. */
  implementation?: Implementation | null;
  /** Pays for every model call. */
  purse?: Purse | null;
}

const allOf = (models: Models, lms: Readonly<Record<string, FrozenLm>>) =>
  Object.fromEntries(Object.entries(lms).map(([name, frozen]) => [name, models.named(name, frozen)]));

/** The engine's hands in this house: modules over the gateway, other programs, actions under their policies, effects. */
export function engineDeps(home: Home, acting: Acting, models: Models, options: DepsOptions = {}): EngineDeps {
  const { draw = { sample: 0 }, implementation = null, purse = null } = options;
  const { modules } = home.services;
  const asked = (spec: ModuleSpec) =>
    implementation !== null && modules.explain(spec).standing[implementation].able ? implementation : undefined;
  return {
    runModule: (spec, inputs, context) => {
      const drawn =
        draw.temperature === undefined ? spec : { ...spec, config: { ...spec.config, temperature: draw.temperature } };
      const given: ModuleContext = {
        workspaceId: acting.workspaceId,
        gateway: home.services.gateway,
        model: (name) => models.named(name, name === undefined ? context.lm : (context.lms[name] ?? context.lm)),
        idempotencyKey: context.idempotencyKey,
        tools: home.services.tools,
        search: home.services.search,
        reward: rewardOf,
        clock: home.clock,
        sample: draw.sample + context.attempt - 1,
        ...(purse === null ? {} : { purse }),
        ...(spec.adopted === undefined ? {} : { blobs: home.services.blobs, models: allOf(models, context.lms) }),
        ...(context.signal === undefined ? {} : { signal: context.signal }),
        ...(context.timeoutSeconds === undefined ? {} : { timeoutSeconds: context.timeoutSeconds }),
        ...(context.onDelta === undefined ? {} : { onDelta: context.onDelta }),
      };
      return modules.run(drawn, inputs, given, asked(spec));
    },
    effects: home.effects,
    loadProgram: async (name, alias) => {
      const program = await acting.find<{ id: string; name: string; aliases: Aliases; latestVersion?: number }>(
        'Program',
        name,
      );
      const { body } = await acting.version<ProgramVersionBody>(
        'Program',
        program.id,
        pick(program, { alias }).version,
      );
      await models.add(body);
      return configuredWith(body, {});
    },
    actions: { commit: (calls, context) => commitActions(home, acting, calls, context) },
    clock: home.clock,
  };
}
