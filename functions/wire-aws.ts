import type { AwsAccess } from '#lib/aws/client/options';
import { type AwsHome, openAwsHome } from '#lib/aws/home';
import { invoker } from '#lib/aws/lambda/invoke';
import { type AwsSettings, settingsFrom } from '#lib/aws/settings';
import { systemClock } from '#lib/base/clock';
import { createKernel, type Kernel } from '#lib/kernel/kernel';
import type { Provider } from '#lib/lm/provider';
import { LocalLive } from '#lib/local/live';
import { moduleRouter } from '#lib/module/serve';
import type { Outbound } from '#lib/outbound/exchange';
import type { Events } from '#lib/ports/events';
import { nouns } from '#lib/resources/nouns';
import { SCHEMA_NAME } from '#lib/resources/schema-name';
import type { Services } from '#lib/resources/services';
import { systemOf } from '#lib/work/home';
import { httpEffect } from '#lib/work/http-effect';
import type { StepHome } from '#lib/work/step-approval';
import { machineOf } from './aws-house/machines.ts';
import { pythonUnderMandate } from './aws-house/python.ts';
import { sealWith } from './aws-house/seal.ts';
import { HOUSE_SECRET, HOUSE_VARIABLES, variable } from './aws-house/variables.ts';
import { later } from './later.ts';
import { laterEmbeddings, laterGateway } from './later-models.ts';
import { laterTools } from './later-tools.ts';

export interface AwsOptions {
  environment?: NodeJS.ProcessEnv;
  access?: AwsAccess;
}

/** The whole product as one function sees it: the aws home's ports, the kernel over them, what work needs. */
export interface Aws {
  settings: AwsSettings;
  home: AwsHome;
  kernel: Kernel;
  services: Services;
  work: StepHome;
  /** Writes what waits to be written. Called before each answer: a frozen process does nothing. */
  flush(): Promise<void>;
}

/**
 * The composition root on AWS, the twin of `wire-local.ts`. Opens nothing by itself: clients are loaded and connected at
 * their first use.
 */
export function openAws({ environment = process.env, access = {} }: AwsOptions = {}): Aws {
  const settings = settingsFrom(environment);
  const invoke = invoker(access);
  const home: AwsHome = openAwsHome({
    settings,
    access,
    machineOf: (run, missing) => findMachine(run, missing),
  });
  const { store, blobs, workflows, secrets } = home;
  const findMachine = machineOf({
    kernel: () => kernel,
    store,
    make: (of) => invoke(variable(environment, 'compileFunction'), { ...of }),
  });
  // A program chooses where its secrets are sent: with the house's own it could become whoever runs the house.
  const lent = {
    get: async (reference: string) => (HOUSE_SECRET.test(reference) ? null : secrets.get(reference)),
  };
  const models = { dataDir: '/tmp/dspex', env: environment };
  const simulated = environment[HOUSE_VARIABLES.simulate] === 'true';
  const gateway = laterGateway(async () => {
    const [{ createGateway }, { createProviders }] = await Promise.all([
      import('#lib/lm/gateway'),
      import('#lib/lm/registry'),
    ]);
    const providers = { ...createProviders(models), ...(simulated ? { scripted } : {}) };
    return createGateway({ providers, secrets: lent, store });
  });
  const embeddings = laterEmbeddings(async () => {
    const [{ createEmbeddings }, { createEmbeddingProviders }] = await Promise.all([
      import('#lib/lm/embedding/embeddings'),
      import('#lib/lm/registry'),
    ]);
    return createEmbeddings({ providers: createEmbeddingProviders(models), secrets: lent, store });
  });
  const asSystem = (workspaceId: string) => kernel.acting(systemOf({ workspaceId, principal: 'system' }));
  const search = later(async () => {
    const [{ openCorpora }, { embedderOf }] = await Promise.all([
      import('#lib/work/corpora'),
      import('#lib/work/embedder'),
    ]);
    return openCorpora({ acting: asSystem, blobs, embed: embedderOf(embeddings, asSystem) });
  });
  const outbound: Outbound = later(async () => {
    const { openOutbound } = await import('#lib/outbound/outbound');
    return openOutbound({ allow: listed(environment[HOUSE_VARIABLES.allowHosts]?.toLowerCase()) });
  });
  // Nobody listens in a function's process: rules on the bus do.
  const events: Events = { publish: (happened) => home.events.publish(happened), subscribe: () => () => undefined };
  const python =
    settings.pythonFunction === undefined
      ? undefined
      : pythonUnderMandate({
          ...{ functionName: settings.pythonFunction, access, secrets, clock: systemClock },
          packages: environment[HOUSE_VARIABLES.pythonPackages],
        });
  const services: Services = {
    ...{ store, blobs, events, workflows, gateway, search },
    live: new LocalLive(),
    modules: moduleRouter(python),
    ...(python === undefined ? {} : { python }),
    tools: laterTools(
      ['http', 'builtin', 'mcp', 'lambda', 'corpus', ...(python === undefined ? [] : ['python' as const])],
      async () => ({
        ...{ outbound, secrets: lent, clock: systemClock, search },
        ...(python === undefined ? {} : { python: { pool: python, blobs } }),
        lambda: { invoke, allow: listed(environment[HOUSE_VARIABLES.allowFunctions]) },
      }),
    ),
    openMcp: later(async () => {
      const { openMcp } = await import('#lib/module/tool/mcp');
      return (server, signal) => openMcp(server, outbound, lent, signal);
    }),
    secrets: { house: secrets, lent },
  };
  const kernel = createKernel({
    resources: nouns,
    schemaName: SCHEMA_NAME,
    store,
    blobs,
    clock: systemClock,
    services: () => services,
  });
  const work: StepHome = {
    ...{ kernel, services, clock: systemClock, outbound },
    effects: { http: httpEffect(lent, outbound) },
    later: (message, delaySeconds) =>
      home.queue.send('job', JSON.stringify(message), { group: message.workspaceId, delaySeconds }),
    tasks: { ...sealWith(secrets), wake: async (token) => void (await workflows.wake(token, {})) },
    previews: environment[HOUSE_VARIABLES.previews] !== 'false',
  };
  return {
    ...{ settings, home, kernel, services, work },
    flush: async () => {
      await Promise.all([gateway.flush(), embeddings.flush()]);
    },
  };
}

/** What it answers is made up; only a stage that says so has it. */
const scripted: Provider = async (settings, context) => {
  const [{ scriptedProvider }, { simulatedAnswer }] = await Promise.all([
    import('#lib/lm/scripted'),
    import('./simulation.ts'),
  ]);
  return scriptedProvider(simulatedAnswer)(settings, context);
};

/** `localhost:8080, intranet.example` as a list. */
function listed(text = ''): string[] {
  return text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}
