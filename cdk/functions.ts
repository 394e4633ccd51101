import type { FunctionName } from './names.ts';
import type { Grant } from './parts/grants.ts';

export interface FunctionShape {
  memoryMb: number;
  grants: readonly Grant[];
  doc: string;
}

const house = ['store', 'blobs', 'read secrets'] as const satisfies Grant[];
/** What carrying out programs takes. */
const running = [...house, 'models', 'call python', 'call tools'] as const satisfies Grant[];

/** What each function is given. Memory is also the share of a processor: 1,769 MB is one. */
export const FUNCTIONS: Readonly<Record<FunctionName, FunctionShape>> = {
  api: {
    // It mostly waits for models while somebody waits for it, and is paid for by the megabyte.
    memoryMb: 448,
    grants: [...running, 'call compile', 'run machines', 'keep signing secrets'],
    doc: 'every request of the API; drives a run itself while somebody waits for it',
  },
  'api-stream': {
    memoryMb: 1024,
    grants: [...running, 'call compile', 'run machines'],
    doc: 'event streams of the API',
  },
  step: { memoryMb: 512, grants: [...running, 'answer tasks'], doc: 'behind every task of every state machine' },
  lm: { memoryMb: 512, grants: [...house, 'models'], doc: 'the way of Python to the models' },
  slice: { memoryMb: 768, grants: running, doc: 'measures slices of trials' },
  job: {
    memoryMb: 1769,
    grants: [...running, 'send job'],
    doc: 'evaluations, scores, deliveries of webhooks and turns of optimizations',
  },
  start: {
    memoryMb: 512,
    grants: [...house, 'call compile', 'run machines'],
    doc: 'starts the state machines of runs',
  },
  compile: { memoryMb: 512, grants: [...house, 'change machines'], doc: 'makes state machines of program versions' },
  events: {
    memoryMb: 512,
    grants: ['publish events', 'send execution', 'send tick', 'send slice', 'send job'],
    doc: 'takes the outbox to queues and bus',
  },
  trigger: { memoryMb: 512, grants: [...house, 'answer tasks'], doc: 'what events and minutes set off' },
  reconcile: {
    memoryMb: 512,
    grants: [...house, 'repair queues', 'send execution', 'send tick', 'send slice', 'send job'],
    doc: 'takes up what was lost',
  },
  setup: {
    memoryMb: 512,
    grants: [...house, 'set up secrets'],
    doc: 'what a new house needs before its first request',
  },
};
