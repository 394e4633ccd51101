import { randomUUID } from 'node:crypto';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { DescribeExecutionCommand, DescribeStateMachineCommand, SFNClient } from '@aws-sdk/client-sfn';
import type { AwsAccess } from '#lib/aws/client/options';
import { clientOptions } from '#lib/aws/client/options';
import { DynamoStore } from '#lib/aws/dynamo/store';
import { environmentOf } from '#lib/aws/settings';
import { runExpress } from '#lib/aws/sfn/express';
import { publishMachine } from '#lib/aws/sfn/machines';
import { executionArn } from '#lib/aws/sfn/names';
import { publisher } from '#lib/aws/sfn/publisher';
import { StateMachines } from '#lib/aws/sfn/workflows';
import { systemClock } from '#lib/base/clock';
import type { Json, JsonObject } from '#lib/base/json';
import { createClient } from '#lib/derive/client/client';
import { createApp } from '#lib/derive/http/app';
import type { StepContext } from '#lib/engine/engine';
import type { StepRecord } from '#lib/engine/step';
import { createKernel, type Kernel } from '#lib/kernel/kernel';
import type { ModuleRouter } from '#lib/module/router/router';
import type { Graph } from '#lib/program/graph';
import { nameDefaultModel } from '#lib/resources/language-model/default';
import { resources } from '#lib/resources/resources';
import type { Services } from '#lib/resources/services';
import { createFirstKey } from '#lib/resources/workspace/first-key';
import { driveExecution } from '#lib/work/execution';
import { systemOf } from '#lib/work/home';
import { answerStep } from '#lib/work/step';
import type { StepHome } from '#lib/work/step-approval';
import { type MachineOf, machineOf, makeMachine } from '../../functions/aws-house/machines.ts';
import { openAws } from '../../functions/wire-aws.ts';
import { type Faults, World } from '../engine/world.ts';
import { Ledger, ledgerRow } from './equivalence-ledger.ts';
import { openStepDoor, type StepDoor } from './step-door.ts';
import { makeTables, TEST_PATIENCE } from './tables.ts';

const ARNS = 'arn:aws:states:us-east-1:000000000000:stateMachine:';
const ROLE = 'arn:aws:iam::000000000000:role/states';

const SELDOM_MS = 10_000;
const SOON_MS = 30;
const later = (milliseconds: number) => new Promise<void>((resolve) => void setTimeout(resolve, milliseconds).unref());

/** What may not depend on who drove a run. */
export interface Ending {
  state: string;
  output: unknown;
  failure: { name: string; details: unknown } | null;
  degraded: boolean;
  /** Calls, tokens and what they cost. */
  usage: unknown;
  costNanoUsd: number;
  /** Every attempt of every step. */
  steps: string[];
  /** Effects that took place, and rows in the ledger. */
  done: string[];
  rows: string[];
}

/**
 * The aws home in this process: DynamoDB, S3, Step Functions, the kernel, and the one step function behind the machines.
 * Modules and effects do what a table says (`test/engine/world.ts`), actions write to a ledger.
 */
export interface EquivalenceHouse {
  client: ReturnType<typeof createClient>;
  door: StepDoor;
  sfn: SFNClient;
  /** Makes the run of a program (of its newest version when none is named); `faults` is what goes wrong in it. */
  run(program: string, input: JsonObject, faults: Faults, version?: number): Promise<string>;
  create(name: string, graph: Graph): Promise<void>;
  publish(name: string, graph: Graph): Promise<void>;
  /** Without its version; whether it is there or not. */
  machineArn(program: string): Promise<string>;
  /** What the machine's definition is; makes the machine of the newest version before, unless told not to. */
  definition(program: string, make?: boolean): Promise<string>;
  /** In this process, as a worker or who waits for a run drives it. */
  drive(executionId: string): Promise<void>;
  /** By its state machine; resolves when the machine has ended. */
  machine(executionId: string): Promise<{ status: string; error: string | null; arn: string }>;
  /** The same by an Express machine of the same definition; resolves with its answer. */
  express(program: string, executionId: string): Promise<{ status: string; error: string | null }>;
  ending(executionId: string): Promise<Ending>;
  close(): Promise<void>;
}

export async function openEquivalenceHouse(emulated: {
  ministack: AwsAccess;
  dynamodb: AwsAccess;
}): Promise<EquivalenceHouse> {
  const { ministack, dynamodb } = emulated;
  const stem = `equal-${randomUUID().slice(0, 8)}`;
  const tables = await makeTables(dynamodb);
  const s3 = new S3Client({ ...clientOptions(ministack, TEST_PATIENCE), forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: stem }));
  const settings = { tables: tables.names, queues: {}, bucket: stem, bus: 'default', secretsPrefix: stem };
  const aws = openAws({ environment: environmentOf({ ...settings, secretsIn: 'ssm' }), access: ministack });
  const store = new DynamoStore({ client: tables.client, tables: tables.names, clock: systemClock });
  const sfn = new SFNClient({ ...clientOptions(ministack, TEST_PATIENCE), disableHostPrefix: true });

  const worlds = new Map<string, World>();
  const worldOf = (executionId: string): World => {
    const world = worlds.get(executionId);
    if (world === undefined) throw new Error(`nobody said what goes wrong in ${executionId}`);
    return world;
  };
  const { blobs } = aws.home;
  const system = (workspaceId: string) => kernel.acting(systemOf({ workspaceId, principal: 'system' }));
  const publish = publisher(ministack, { roleArn: ROLE, arnPrefix: ARNS }, { 'dspex:stage': stem });
  const machineFor = (of: MachineOf): Promise<string> =>
    makeMachine({ acting: system(of.workspaceId), store, publish, stepFunction: stem, prefix: `${stem}-` }, of);
  const found = machineOf({ kernel: () => kernel, store, make: async (of) => ({ arn: await machineFor(of) }) });
  const services: Services = {
    ...{ ...aws.services, store, modules: modulesOf(worldOf) },
    workflows: new StateMachines({ client: sfn, machineOf: found }),
  };
  const kernel: Kernel = createKernel({
    ...{ resources: [...resources, Ledger], store, blobs, clock: systemClock },
    services: () => services,
  });
  const home: StepHome = {
    ...{ ...aws.work, kernel, services },
    effects: {
      http: async (request, inputs, context) => {
        const { effects } = worldOf(runOf(context.idempotencyKey)).deps;
        return effects?.http?.(request, inputs, context) as Promise<Json>;
      },
    },
  };
  const { workspaceId, token } = await createFirstKey({ kernel, store }, 'default');
  await nameDefaultModel({ kernel, store }, workspaceId, 'scripted/none');
  const app = createApp({ kernel, cursorKey: 'c'.repeat(43), version: '0' });
  const client = createClient({ apiKey: token ?? '', fetch: async (request) => app.fetch(request) });
  const closing = new Map<string, () => void>();
  const door = await openStepDoor(ministack, stem, async (request) => {
    const answer = await answerStep(home, request);
    if (request.op === 'finish' || request.op === 'failed') closing.get(request.run.drive)?.();
    return answer;
  });
  const principal = await kernel.authenticate(`Bearer ${token}`);
  const runs = (executionId: string) => ({ workspaceId, executionId, principal: principal.id });

  const machineArn = async (program: string): Promise<string> =>
    `${ARNS}${stem}-${(await client.get<{ id: string }>('programs', program)).body.id}`;
  const definition = async (program: string, make = true): Promise<string> => {
    const { body } = await client.get<{ id: string; latestVersion: number }>('programs', program);
    if (make) await machineFor({ workspaceId, programId: body.id, version: body.latestVersion });
    const stateMachineArn = await machineArn(program);
    return (await sfn.send(new DescribeStateMachineCommand({ stateMachineArn }))).definition ?? '';
  };

  return {
    ...{ client, door, sfn, machineArn },
    create: async (name, graph) => {
      await client.call('programs', 'create', { input: { name, source: sourceOf(graph) } });
    },
    publish: async (name, graph) => {
      await client.call('programs', 'publish', { id: name, input: { source: sourceOf(graph) } });
    },
    definition,
    run: async (program, input, faults, version) => {
      const asked = { input, ...(version === undefined ? {} : { version }) };
      const { body } = await client.call<{ id: string }>('programs', 'run', { id: program, input: asked });
      worlds.set(body.id, new World(faults));
      return body.id;
    },
    drive: (executionId) => driveExecution(home, runs(executionId), { signal: new AbortController().signal }),
    machine: async (executionId) => {
      const { promise: closed, resolve } = Promise.withResolvers<void>();
      closing.set(executionId, resolve);
      await services.workflows.start(runs(executionId));
      const arn = executionArn(await found(runs(executionId)), executionId);
      // The emulator has nothing to tell by itself: it is asked when the record was closed, and now and then before.
      for (let wait = SELDOM_MS; ; wait = SOON_MS) {
        await Promise.race([closed, later(wait)]);
        const { status = '', error = null } = await sfn.send(new DescribeExecutionCommand({ executionArn: arn }));
        if (status !== 'RUNNING') return { status, error, arn };
        if (wait === SOON_MS) await later(SOON_MS);
      }
    },
    express: async (program, executionId) => {
      const twin = { name: `${stem}-express-${executionId}`, definition: await definition(program), roleArn: ROLE };
      const arn = await publishMachine(sfn, { arnPrefix: ARNS }, { ...twin, type: 'EXPRESS' });
      return runExpress(sfn, arn, runs(executionId));
    },
    ending: async (executionId) => {
      const { body } = await client.get<Record<string, never>>('executions', executionId);
      const { state, output, failure, degraded, usage, costNanoUsd, input } = body as unknown as Ending & {
        input: { run?: string };
      };
      const trace = await client.call<{ steps: StepRecord[] }>('executions', 'trace', { id: executionId });
      const rows = await store.query({ pk: ledgerRow(input.run ?? '', '').pk, limit: 1000 });
      return {
        ...{ state, output, degraded, usage, costNanoUsd },
        failure: failure === null ? null : { name: failure.name, details: failure.details },
        steps: trace.body.steps.map(shown).toSorted(),
        done: worldOf(executionId).done.toSorted(),
        rows: rows.items.map(({ data }) => String(data.entry)).toSorted(),
      };
    },
    close: async () => {
      await door.close();
      for (const one of [sfn, s3]) one.destroy();
      await tables.remove();
      await aws.home.store.close();
    },
  };
}

const shown = ({ path, attempt, status, retried }: StepRecord): string =>
  `${path}#${attempt}:${retried ? 'retried' : status}`;

const sourceOf = (graph: Graph) =>
  ({ graph, modules: { echo: { type: 'predict', signature: 'a: Any, b: Any -> value' } } }) as never;

/** `exe_1` of `exe_1/each/0/one#2`. */
const runOf = (idempotencyKey: string): string => idempotencyKey.slice(0, idempotencyKey.indexOf('/'));

/** Modules that answer as the world of their run has it. */
function modulesOf(worldOf: (executionId: string) => World): ModuleRouter {
  const standing = { native: { able: true as const }, python: { able: true as const } };
  return {
    explain: () => ({ standing }) as unknown as ReturnType<ModuleRouter['explain']>,
    run: async (spec, inputs, context) => {
      const { idempotencyKey = '', sample = 0 } = context;
      const path = idempotencyKey.slice(idempotencyKey.indexOf('/') + 1).replace(/#\d+$/, '');
      const asked = { path, nodeId: path.split('/').at(-1) ?? '', attempt: sample + 1, idempotencyKey };
      const outcome = await worldOf(runOf(idempotencyKey)).deps.runModule(spec, inputs, asked as StepContext);
      return { ...outcome, routing: { implementation: 'native', why: 'native' } } as unknown as Awaited<
        ReturnType<ModuleRouter['run']>
      >;
    },
  };
}
