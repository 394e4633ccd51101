import { systemClock } from '#lib/base/clock';
import { createKernel, type Kernel } from '#lib/kernel/kernel';
import { relay } from '#lib/kernel/outbox';
import type { OnProgress } from '#lib/lm/embedded/progress';
import { createGateway, type OpenGateway } from '#lib/lm/gateway';
import type { Provider } from '#lib/lm/provider';
import { createProviders } from '#lib/lm/registry';
import { type LocalHome, openLocalHome } from '#lib/local/home';
import { LocalLive } from '#lib/local/live';
import { pump } from '#lib/local/pump';
import { MESSAGES, type MessageOf } from '#lib/ports/messages';
import { QUEUE_NAMES, type QueueName } from '#lib/ports/queue';
import { resources } from '#lib/resources/resources';
import type { Services } from '#lib/resources/services';
import { topicOf } from '#lib/resources/watch';
import { carryOutEvaluation } from '#lib/work/evaluation';
import { driveExecution } from '#lib/work/execution';
import type { Hold, Home } from '#lib/work/home';
import { httpEffect } from '#lib/work/http-effect';
import { evaluateSlice } from '#lib/work/slice';
import { takeTurn } from '#lib/work/tick';

export interface LocalOptions {
  dataDir: string;
  environment?: NodeJS.ProcessEnv;
  /** Added to the real providers; the scripted model comes only this way. */
  providers?: Record<string, Provider>;
  /** Of downloads the embedded model needs at its first use. */
  onProgress?: OnProgress;
  /** Told of work that failed and will be tried again. */
  onFault?: (what: string, error: unknown) => void;
}

/** The whole product in one process: the local home's ports, the kernel over them, and the workers behind them. */
export interface Local {
  home: LocalHome;
  kernel: Kernel;
  gateway: OpenGateway;
  services: Services;
  /** Starts feed and workers; without it the kernel answers but nothing long is ever done. */
  work(): Promise<void>;
  close(): Promise<void>;
}

// How much work of each kind goes on at the same time. The models' own limits bound the calls below this.
const CONCURRENCY: Record<QueueName, number> = { execution: 64, tick: 1, slice: 4, job: 4 };

export async function openLocal(options: LocalOptions): Promise<Local> {
  const { dataDir, environment = process.env, onFault = () => {} } = options;
  const home = await openLocalHome(dataDir, { environment });
  const providers = createProviders({
    dataDir,
    env: environment,
    ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
  });
  const gateway = createGateway({
    providers: { ...providers, ...options.providers },
    secrets: home.secrets,
    store: home.store,
  });
  const live = new LocalLive();
  const { store, blobs, events, workflows } = home;
  const services: Services = { store, blobs, events, workflows, live, gateway };
  const kernel = createKernel({ resources, store, blobs, clock: systemClock, services: () => services });
  const workHome: Home = { kernel, services, clock: systemClock, effects: { http: httpEffect(home.secrets) } };

  const handlers: { [Q in QueueName]: (message: MessageOf<Q>, hold: Hold) => Promise<void> } = {
    execution: (message, hold) => driveExecution(workHome, message, hold),
    tick: (message) => takeTurn(workHome, message),
    slice: (message, hold) => evaluateSlice(workHome, message, hold),
    job: (message, hold) => carryOutEvaluation(workHome, message, hold),
  };
  const stops: (() => Promise<void>)[] = [];

  return {
    home,
    kernel,
    gateway,
    services,
    work: async () => {
      // A record's own events wake its watchers: what they then read is committed.
      const deliver: typeof events.publish = async (happened) => {
        await events.publish(happened);
        for (const { type, subject } of happened)
          live.publish(topicOf(type.split('.')[0] ?? '', subject), { event: 'changed', data: null });
      };
      const feed = await home.feed.start((items) =>
        relay(items, {
          queue: home.queue,
          events: { publish: deliver, subscribe: (listener) => events.subscribe(listener) },
        }),
      );
      stops.push(() => feed.stop());
      for (const name of QUEUE_NAMES) {
        const handle = handlers[name] as (message: unknown, hold: Hold) => Promise<void>;
        const running = pump({
          queue: home.queue,
          name,
          concurrency: CONCURRENCY[name],
          handle: (message, signal) => handle(MESSAGES[name].parse(JSON.parse(message.body)), { signal }),
          onFailure: (message, error) => onFault(`${name} ${message.id}, delivery ${message.receiveCount}`, error),
        });
        stops.unshift(() => running.stop());
      }
    },
    close: async () => {
      for (const stop of stops.splice(0)) await stop();
      await gateway.flush();
      await home.close();
    },
  };
}
