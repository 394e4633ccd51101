import { join } from 'node:path';
import { systemClock } from '#lib/base/clock';
import { createKernel, type Kernel } from '#lib/kernel/kernel';
import { relay } from '#lib/kernel/outbox';
import type { OnProgress } from '#lib/lm/embedded/progress';
import type { EmbeddingProviders } from '#lib/lm/embedding/spec';
import type { OpenGateway } from '#lib/lm/gateway';
import type { Provider } from '#lib/lm/provider';
import { type LocalHome, openLocalHome } from '#lib/local/home';
import { lentSecrets } from '#lib/local/lent-secrets';
import { LocalLive } from '#lib/local/live';
import { patrol } from '#lib/local/patrol';
import { pump } from '#lib/local/pump';
import type { OnPythonProgress } from '#lib/local/python/environment';
import type { PoolOptions } from '#lib/local/python/pool-options';
import { moduleRouter } from '#lib/module/serve';
import type { Outbound } from '#lib/outbound/exchange';
import { MESSAGES, type MessageOf, messageKey } from '#lib/ports/messages';
import { QUEUE_NAMES, type QueueName } from '#lib/ports/queue';
import { nouns } from '#lib/resources/nouns';
import { SCHEMA_NAME } from '#lib/resources/schema-name';
import type { Services } from '#lib/resources/services';
import { topicOf } from '#lib/resources/watch';
import { type Hold, type Home, systemOf } from '#lib/work/home';
import { httpEffect } from '#lib/work/http-effect';
import type { Messages } from '#lib/work/reconcile';
import { later } from './later.ts';
import { laterEmbeddings, laterGateway } from './later-models.ts';
import { laterPython } from './later-python.ts';
import { laterTools } from './later-tools.ts';

export interface LocalOptions {
  dataDir: string;
  environment?: NodeJS.ProcessEnv;
  /** Added to the real providers; the scripted model comes only this way. */
  providers?: Record<string, Provider>;
  embeddingProviders?: EmbeddingProviders;
  /** Of downloads the embedded model needs at its first use. */
  onProgress?: OnProgress;
  /** Of the Python environment, made when a Python module first runs. */
  onPythonProgress?: OnPythonProgress;
  pythonPool?: PoolOptions;
  /** Told of work that failed and will be tried again. */
  onFault?: (what: string, error: unknown) => void;
}

/** The whole product in one process: the local home's ports, the kernel over them, and the workers behind them. */
export interface Local {
  home: LocalHome;
  kernel: Kernel;
  gateway: OpenGateway;
  services: Services;
  /**
   * Starts feed and workers; without it the kernel answers but nothing long is ever done. What is unfinished in these
   * workspaces is taken up again, now and from time to time.
   */
  work(workspaceIds: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

// How much work of each kind goes on at the same time. The models' own limits bound the calls below this.
const CONCURRENCY: Record<QueueName, number> = { execution: 64, tick: 1, slice: 4, job: 4 };

/** Begun when the first Python tool is called. */
const TOOL_WORKERS = 2;
/** How often it is looked whether anything unfinished has lost its message. */
const RECONCILE_MS = 60_000;
/** A schedule's unit is the minute. */
const SCHEDULES_MS = 20_000;

export async function openLocal(options: LocalOptions): Promise<Local> {
  const { dataDir, environment = process.env, onFault = () => {} } = options;
  const home = await openLocalHome(dataDir, { environment });
  const models = {
    dataDir,
    env: environment,
    ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
  };
  const lent = lentSecrets(home.secrets, (environment.DSPEX_LENT_SECRETS ?? '').split(','));
  const gateway = laterGateway(async () => {
    const [{ createGateway }, { createProviders }] = await Promise.all([
      import('#lib/lm/gateway'),
      import('#lib/lm/registry'),
    ]);
    const providers = { ...createProviders(models), ...options.providers };
    return createGateway({ providers, secrets: lent, store: home.store });
  });
  const live = new LocalLive();
  const ofPython = {
    folder: environment.DSPEX_PYTHON_FOLDER ?? join(dataDir, 'python'),
    environment,
    ...(options.onPythonProgress === undefined ? {} : { onProgress: options.onPythonProgress }),
  };
  const python = laterPython({
    ...ofPython,
    ...(options.pythonPool === undefined ? {} : { pool: options.pythonPool }),
  });
  // A module in Python keeps its worker while its tools run: in one pool, enough of them would wait for each other.
  const pythonTools = laterPython({ ...ofPython, pool: { ...options.pythonPool, size: TOOL_WORKERS } });
  const { store, blobs, events, workflows } = home;
  const outbound: Outbound = later(async () => {
    const { openOutbound } = await import('#lib/outbound/outbound');
    return openOutbound({ allow: hostsOf(environment.DSPEX_ALLOW_HOSTS) });
  });
  const embeddings = laterEmbeddings(async () => {
    const [{ createEmbeddings }, { createEmbeddingProviders }] = await Promise.all([
      import('#lib/lm/embedding/embeddings'),
      import('#lib/lm/registry'),
    ]);
    const providers = { ...createEmbeddingProviders(models), ...options.embeddingProviders };
    return createEmbeddings({ providers, secrets: lent, store: home.store });
  });
  const asSystem = (workspaceId: string) => kernel.acting(systemOf({ workspaceId, principal: 'system' }));
  const search = later(async () => {
    const [{ openCorpora }, { embedderOf }] = await Promise.all([
      import('#lib/work/corpora'),
      import('#lib/work/embedder'),
    ]);
    return openCorpora({ acting: asSystem, blobs, embed: embedderOf(embeddings, asSystem) });
  });
  const services: Services = {
    ...{ store, blobs, events, workflows, live, gateway, python, search },
    modules: moduleRouter(python),
    tools: laterTools(['http', 'builtin', 'mcp', 'python', 'corpus'], async () => ({
      ...{ outbound, secrets: lent, clock: systemClock, search },
      python: { pool: pythonTools, blobs },
    })),
    openMcp: later(async () => {
      const { openMcp } = await import('#lib/module/tool/mcp');
      return (server, signal) => openMcp(server, outbound, lent, signal);
    }),
    secrets: { house: home.secrets, lent },
  };
  const kernel = createKernel({
    resources: nouns,
    schemaName: SCHEMA_NAME,
    store,
    blobs,
    clock: systemClock,
    services: () => services,
  });
  const workHome: Home = {
    ...{ kernel, services, clock: systemClock, outbound },
    effects: { http: httpEffect(lent, outbound) },
    later: (message, delaySeconds) => sendJob(message, { delaySeconds }),
  };

  const handlers: { [Q in QueueName]: (message: MessageOf<Q>, hold: Hold) => Promise<void> } = {
    execution: async (message, hold) => (await import('#lib/work/execution')).driveExecution(workHome, message, hold),
    tick: async (message) => (await import('#lib/work/tick')).takeTurn(workHome, message),
    slice: async (message, hold) => (await import('#lib/work/slice')).evaluateSlice(workHome, message, hold),
    job: async (message, hold) => (await import('#lib/work/job')).carryOutJob(workHome, message, hold),
  };
  const sendJob = (message: MessageOf<'job'>, options: { delaySeconds: number }) =>
    home.queue.send('job', JSON.stringify(message), {
      ...{ group: message.workspaceId, key: messageKey('job', message) },
      ...options,
    });
  const send: Messages['send'] = (queue, message) => {
    const { workspaceId: group } = message;
    // A run is its message: the port knows which of them are asked to stop.
    if (queue === 'execution') return workflows.start(message as MessageOf<'execution'>);
    return home.queue.send(queue, JSON.stringify(message), { group, key: messageKey(queue, message) });
  };
  const parsed = <Q extends QueueName>(queue: Q, body: string) =>
    MESSAGES[queue].parse(JSON.parse(body)) as MessageOf<Q>;
  const outbox = { send: (queue: QueueName, body: string) => send(queue, parsed(queue, body)) };
  // A record's own events wake its watchers: what they then read is committed.
  const publish: typeof events.publish = async (happened) => {
    await events.publish(happened);
    for (const { type, subject } of happened)
      live.publish(topicOf(type.split('.')[0] ?? '', subject), { event: 'changed', data: null });
  };
  const stops: (() => Promise<unknown>)[] = [];

  const work = async (workspaceIds: readonly string[]): Promise<void> => {
    // Whoever had messages in hand had this folder, and is dead.
    await home.queue.reclaim();
    const unsubscribe = events.subscribe(async (event) => {
      const { heard } = await import('#lib/work/heard');
      await heard(workHome, event);
    });
    const relayed = { queue: outbox, events: { publish, subscribe: events.subscribe.bind(events) } };
    const feed = await home.feed.start((items) => relay(items, relayed));
    const pumps = QUEUE_NAMES.map((name) =>
      pump({
        queue: home.queue,
        name,
        concurrency: CONCURRENCY[name],
        handle: (message, signal) => handlers[name](parsed(name, message.body) as never, { signal }),
        onGivenUp: async (message, error) => {
          const [{ giveUp }, { reasonOf }] = await Promise.all([
            import('#lib/work/give-up'),
            import('#lib/work/reconcile'),
          ]);
          await giveUp[name](workHome, parsed(name, message.body) as never, reasonOf(error));
        },
        onFailure: (message, error) =>
          onFault(
            message === null ? `queue ${name}` : `${name} ${message.id}, delivery ${message.receiveCount}`,
            error,
          ),
      }),
    );
    const messages: Messages = { send, caughtUp: () => feed.caughtUp(), keys: (name) => home.queue.keys(name) };
    const rounds = patrol(
      RECONCILE_MS,
      async () => {
        const { reconcile } = await import('#lib/work/reconcile');
        for (const workspaceId of workspaceIds) await reconcile(workHome, workspaceId, messages);
      },
      (error) => onFault('reconciling', error),
    );
    const schedules = patrol(
      SCHEDULES_MS,
      async () => {
        const { fireSchedules } = await import('#lib/work/trigger');
        for (const workspaceId of workspaceIds) await fireSchedules(workHome, workspaceId);
      },
      (error) => onFault('schedules', error),
    );
    stops.push(async () => {
      rounds.stop();
      schedules.stop();
      await Promise.all(pumps.map((one) => one.stop()));
      // A round may wait for the feed.
      await feed.stop();
      unsubscribe();
      await Promise.all([rounds.over(), schedules.over()]);
    });
  };

  return {
    ...{ home, kernel, gateway, services, work },
    close: async () => {
      for (const stop of stops.splice(0)) await stop();
      await Promise.all([python.close(), pythonTools.close()]);
      await gateway.flush();
      await embeddings.flush();
      await home.close();
    },
  };
}

/** `localhost:8080, intranet.example` as a list. */
function hostsOf(text = ''): string[] {
  return text
    .split(',')
    .map((host) => host.trim().toLowerCase())
    .filter((host) => host !== '');
}
