// node bench/evaluate/profile.ts [--examples 20480] [--instant] [--memory] [--top 40]: where the processor time of an example
// goes (or its allocated bytes), by self, in an evaluation of 256 calls at once over a 50 ms model, or over one in this process.
import { type HeapProfiler, Session } from 'node:inspector/promises';
import { parseArgs } from 'node:util';
import { atOnce, overHttp, perSecond, startModel } from './harness.ts';

const { values: options } = parseArgs({
  options: {
    examples: { type: 'string', default: '20480' },
    top: { type: 'string', default: '40' },
    instant: { type: 'boolean', default: false },
    memory: { type: 'boolean', default: false },
  },
});
const count = Number(options.examples);
const session = new Session();
session.connect();
const shares = new Map<string, number>();

interface Frame {
  functionName: string;
  url: string;
  lineNumber: number;
}
function add({ functionName, url, lineNumber }: Frame, amount: number): void {
  const file = url.replace(/^.*\/(lib|node_modules|bench)\//u, '$1/');
  const name = `${functionName || '(anonymous)'}  ${file}${lineNumber < 0 ? '' : `:${lineNumber + 1}`}`;
  shares.set(name, (shares.get(name) ?? 0) + amount);
}

async function time(work: () => Promise<void>): Promise<void> {
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 200 });
  await session.post('Profiler.start');
  await work();
  const { profile } = await session.post('Profiler.stop');
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
  for (const [at, id] of (profile.samples ?? []).entries()) {
    const frame = frames.get(id);
    if (frame !== undefined) add(frame, profile.timeDeltas?.[at] ?? 0);
  }
}

async function memory(work: () => Promise<void>): Promise<void> {
  await session.post('HeapProfiler.startSampling', {
    ...{ samplingInterval: 16_384, includeObjectsCollectedByMajorGC: true, includeObjectsCollectedByMinorGC: true },
  });
  await work();
  const { profile } = await session.post('HeapProfiler.stopSampling');
  const visit = (node: HeapProfiler.SamplingHeapProfileNode): void => {
    add(node.callFrame, node.selfSize);
    node.children.forEach(visit);
  };
  visit(profile.head);
}

const model = options.instant ? undefined : await startModel(50);
try {
  const deps = model === undefined ? atOnce() : overHttp(model.endpoint);
  await perSecond(deps, 10_240, 256);
  await (options.memory ? memory : time)(async () => {
    const { rate, cpuUs } = await perSecond(deps, count, 256);
    console.log({ perSecond: Math.round(rate), cpuUsPerExample: Number(cpuUs.toFixed(1)) });
  });
  const unit = options.memory ? 'bytes' : 'us';
  const all = [...shares.values()].reduce((sum, share) => sum + share, 0);
  console.log(`${(all / count).toFixed(2).padStart(9)} ${unit} an example`);
  for (const [name, share] of [...shares].sort((a, b) => b[1] - a[1]).slice(0, Number(options.top)))
    console.log(`${(share / count).toFixed(2).padStart(9)} ${unit}  ${name}`);
} finally {
  model?.process.kill();
}
