// How long it takes to parse a signature, to render a prompt and to read an answer. One process, no network.
// `node bench/prompt/run.ts` prints a table; `--json FILE` writes the figures too.
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { adapters } from '#lib/adapter/adapters';
import { parseSignature } from '#lib/signature/parse';
import type { Values } from '#lib/signature/signature';

const SIGNATURES = [
  'question -> answer',
  'question, context: list[str] -> answer, confidence: float',
  "text: str -> label: Literal['positive', 'negative', 'neutral'], score: float, tags: list[str]",
  'document: str, limit: Optional[int] -> summary: str, facts: dict[str, list[str]], year: int | None',
];

const ticket = parseSignature('ticket -> reasoning, queue: Literal["billing", "technical", "sales"], urgent: bool', {
  instructions: 'Sort the ticket into a queue.',
});
const demos: Values[] = Array.from({ length: 4 }, (_, index) => ({
  ticket: `My invoice number ${index} shows a sum I did not agree to. Please look into it soon.`,
  reasoning: 'The customer disputes a sum on an invoice.',
  queue: 'billing',
  urgent: index % 2 === 0,
}));
const inputs: Values = { ticket: 'The application does not start since the update of this morning.' };
const answers = {
  chat: '[[ ## reasoning ## ]]\nA fault.\n\n[[ ## queue ## ]]\ntechnical\n\n[[ ## urgent ## ]]\nTrue\n\n[[ ## completed ## ]]\n',
  json: '{"reasoning": "A fault.", "queue": "technical", "urgent": true}',
  xml: '<reasoning>\nA fault.\n</reasoning>\n\n<queue>\ntechnical\n</queue>\n\n<urgent>\nTrue\n</urgent>',
};

/** Nanoseconds per call: the best of fifteen rounds after a warm-up, because other work on the machine only adds. */
function measure(work: () => unknown, calls: number): number {
  let sink: unknown;
  for (let i = 0; i < calls; i++) sink = work();
  const rounds: number[] = [];
  for (let round = 0; round < 15; round++) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < calls; i++) sink = work();
    rounds.push(Number(process.hrtime.bigint() - start) / calls);
  }
  if (sink === undefined) throw new Error('the measured work made nothing');
  return Math.min(...rounds);
}

let turn = 0;
const results: { name: string; nanoseconds: number }[] = [
  {
    name: 'parse a signature (4 in turn)',
    nanoseconds: measure(() => parseSignature(SIGNATURES[turn++ % SIGNATURES.length] ?? ''), 100_000),
  },
];
for (const [name, adapter] of Object.entries(adapters) as [keyof typeof adapters, (typeof adapters)['chat']][]) {
  const answer = answers[name];
  results.push(
    {
      name: `${name}: render, 1 in, 3 out, 4 demos`,
      nanoseconds: measure(() => adapter.format(ticket, demos, inputs), 20_000),
    },
    { name: `${name}: read the answer`, nanoseconds: measure(() => adapter.parse(ticket, answer), 20_000) },
    {
      name: `${name}: render and read`,
      nanoseconds: measure(() => [adapter.format(ticket, demos, inputs), adapter.parse(ticket, answer)], 20_000),
    },
  );
}

for (const { name, nanoseconds } of results)
  console.log(
    `${name.padEnd(40)} ${(nanoseconds / 1000).toFixed(2).padStart(8)} us ${Math.round(1e9 / nanoseconds)
      .toLocaleString('en')
      .padStart(12)}/s`,
  );

const file = process.argv[process.argv.indexOf('--json') + 1];
if (process.argv.includes('--json') && file !== undefined)
  writeFileSync(
    file,
    `${JSON.stringify({ node: process.version, cpu: cpus()[0]?.model, loadAverage: loadavg()[0], results }, null, 2)}\n`,
  );
