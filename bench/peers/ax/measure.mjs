// One measurement of @ax-llm/ax in a process of its own: `measure.mjs CASE COUNT URL`; prints JSON.

// Installed beside this file by its own lock, so nothing that checks the house finds it.
const peer = '@ax-llm/ax';
const { AxMockAIService, AxSignature, ai, ax } = await import(peer);

const [, , name, size, url] = process.argv;
const count = Number(size);
const SIGNATURES = [
  'question -> answer',
  'question:string, contextPassages:string[] -> answer:string, confidenceScore:number',
  'tweetText:string -> moodLabel:class "positive, negative, neutral", score:number, tags:string[]',
  'articleBody:string, lengthLimit?:number -> summaryText:string, factList:json, yearNumber?:number',
];
const ask = () => ax('ticketText:string -> queueLabel:string');
const model = () =>
  ai({ name: 'openai', apiKey: 'none', apiURL: url, config: { model: 'gpt-4o-mini', stream: false } });

function perCall(work) {
  for (let i = 0; i < count / 4; i++) work(i);
  const rounds = [];
  for (let round = 0; round < 7; round++) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < count; i++) work(i);
    rounds.push(Number(process.hrtime.bigint() - start) / count / 1000);
  }
  return Math.min(...rounds);
}

// ax has no evaluation that runs examples side by side, so it is given the plainest pool there is.
async function pool(examples, work) {
  let next = 0;
  const worker = async () => {
    while (next < examples.length) await work(examples[next++]);
  };
  await Promise.all(Array.from({ length: 256 }, worker));
}

const cases = {
  signature: () => perCall((turn) => new AxSignature(SIGNATURES[turn % 4])),
  call: async () => {
    const usage = { ai: 'mock', model: 'mock', tokens: { promptTokens: 250, completionTokens: 12, totalTokens: 262 } };
    const results = [{ index: 0, content: 'Queue Label: spam', finishReason: 'stop' }];
    const mock = new AxMockAIService({
      features: { functions: false, streaming: false },
      chatResponse: async () => ({ results, modelUsage: usage }),
    });
    const gen = ask();
    const rounds = [];
    for (let round = 0; round < 7; round++) {
      const start = process.hrtime.bigint();
      for (let i = 0; i < count; i++) await gen.forward(mock, { ticketText: `hello ${i}` }, { stream: false });
      rounds.push(Number(process.hrtime.bigint() - start) / count / 1000);
    }
    return Math.min(...rounds);
  },
  evaluate: async () => {
    const [gen, llm] = [ask(), model()];
    const run = async (ticketText) => {
      const { queueLabel } = await gen.forward(llm, { ticketText }, { stream: false });
      if (queueLabel !== 'spam') throw new Error(`wanted spam, there was ${queueLabel}`);
    };
    const examples = (prefix, size) => Array.from({ length: size }, (_, n) => `${prefix} ${n}`);
    await pool(examples('warm', 256), run);
    const start = performance.now();
    const cpu = process.cpuUsage();
    await pool(examples('e', count), run);
    const { user, system } = process.cpuUsage(cpu);
    cpuUs = (user + system) / count;
    return count / ((performance.now() - start) / 1000);
  },
  first: async () => {
    const { queueLabel } = await ask().forward(model(), { ticketText: 'hello' }, { stream: false });
    if (queueLabel !== 'spam') throw new Error(`wanted spam, there was ${queueLabel}`);
    return 0;
  },
};
let cpuUs = 0;
cases.cpu = async () => {
  await cases.evaluate();
  return cpuUs;
};
cases.memory = async () => {
  await cases.evaluate();
  return process.resourceUsage().maxRSS / 1024;
};
console.log(JSON.stringify(await cases[name]()));
process.exit();
