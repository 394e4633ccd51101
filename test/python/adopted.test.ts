import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '#lib/base/json';
import type { LocalPython } from '#lib/local/python/python';
import { hosted } from './adopted-package.ts';
import { MAKING_MS, realPython } from './runtime.ts';

let python: LocalPython;
beforeAll(async () => {
  python = await realPython();
}, MAKING_MS);
afterAll(() => python.close(0));

const module = (body: string, before = '') => `import dspy\n${before}\n\nclass P(dspy.Module):\n${body}\n`;
const ASK = `
    def __init__(self):
        super().__init__()
        self.ask = dspy.Predict("question -> answer")

    def forward(self, question):
        return self.ask(question=question)
`;
const describeIt = (files: Record<string, string>, entry = 'p.main:P') =>
  hosted(python, files).call('describe_program', { entry });

describe('what a program is', { timeout: 60_000 }, () => {
  it('is read from its code: inputs with types, outputs of every return, predictors with demos and settings', async () => {
    const described = await describeIt({
      'p/__init__.py': '',
      'p/main.py': module(`
    """Answers. At length."""

    def __init__(self, k: int = 3):
        super().__init__()
        self.ask = dspy.Predict("question -> answer: list[int], why", temperature=0.3)
        self.steps = [dspy.ChainOfThought("a -> b"), dspy.Predict("b -> c")]
        self.by = {"low key": dspy.Predict("c -> d")}
        self.ask.demos = [dspy.Example(question="q", answer=[1], why="w")]

    def forward(self, question: str, words: list[str], k: int = 3, hint: str | None = None):
        if k > 5:
            return dspy.Prediction(answer=[], why="none", short=True)
        found = self.ask(question=question)
        return found
`),
    });
    expect(described).toMatchObject({
      ...{ name: 'P', doc: 'Answers. At length.', asynchronous: false, notes: [] },
      inputs: [
        { name: 'question', type: { kind: 'str' }, required: true },
        { name: 'words', type: { kind: 'list', item: { kind: 'str' } }, required: true },
        { name: 'k', type: { kind: 'int' }, required: false, default: 3 },
        { name: 'hint', type: { kind: 'union', options: [{ kind: 'str' }, { kind: 'none' }] }, required: false },
      ],
    });
    expect((described.outputs as { name: string }[]).map(({ name }) => name)).toEqual(['answer', 'why', 'short']);
    const predictors = described.predictors as { name: string; config: object; demos: unknown[] }[];
    expect(predictors.map(({ name }) => name)).toEqual(['ask', 'steps[0].predict', 'steps[1]', "by['low key']"]);
    expect(predictors[0]).toMatchObject({
      config: { temperature: 0.3 },
      demos: [{ question: 'q', answer: [1], why: 'w' }],
    });
  });

  it('is said of modules inside of modules, of awaited ones and of those DSPy brings along', async () => {
    const files = {
      'p/__init__.py': '',
      'p/main.py': `
import dspy

class Inner(dspy.Module):
    def __init__(self):
        super().__init__()
        self.think = dspy.ChainOfThought("text -> mood: float")
    async def aforward(self, text: str):
        return await self.think.acall(text=text)

class P(dspy.Module):
    def __init__(self):
        super().__init__()
        self.inner = Inner()
    async def aforward(self, text: str):
        answer = await self.inner.acall(text=text)
        return answer

Plain = dspy.ChainOfThought("question -> answer")
`,
    };
    const outputs = (described: JsonObject) => (described.outputs as { name: string }[]).map(({ name }) => name);
    const nested = await describeIt(files);
    expect(nested).toMatchObject({ asynchronous: true, inputs: [{ name: 'text' }] });
    expect(outputs(nested)).toEqual(['reasoning', 'mood']);
    // An instance is taken as it is; its forward takes anything, so its inputs are guessed and that is said.
    const plain = await describeIt(files, 'p.main:Plain');
    expect(outputs(plain)).toEqual(['reasoning', 'answer']);
    expect(plain).toMatchObject({ inputs: [{ name: 'question' }], notes: [expect.stringContaining('any keyword')] });
  });
});

describe('what cannot be adopted', { timeout: 60_000 }, () => {
  const p = { 'p/__init__.py': '' };
  it.each([
    ['an entry of another form', { ...p }, 'p.main', 'wanted PACKAGE.MODULE:CLASS'],
    ['a module that is not there', { ...p, 'p/other.py': '' }, 'p.main:P', 'there is no module p.main: p has other'],
    [
      'a class that is not there',
      { ...p, 'p/main.py': module(ASK) },
      'p.main:Q',
      'p.main has no Q: wanted dspy.Module; p.main has P',
    ],
    [
      'a class of another kind',
      { ...p, 'p/main.py': 'class P: pass\n' },
      'p.main:P',
      'p.main:P is no dspy.Module but the class P',
    ],
    [
      'a constructor with needs',
      { ...p, 'p/main.py': module('    def __init__(self, size, *, name): super().__init__()\n') },
      'p.main:P',
      'its constructor needs size, name',
    ],
    [
      'a constructor that raises',
      { ...p, 'p/main.py': module('    def __init__(self): raise KeyError("index")\n') },
      'p.main:P',
      "making p.main:P failed: KeyError: 'index'",
    ],
    [
      'an import error',
      { ...p, 'p/main.py': 'import not_there\n' },
      'p.main:P',
      'not_there is neither in the package nor in its requirements.lock',
    ],
    ['a syntax error', { ...p, 'p/main.py': 'def (:\n' }, 'p.main:P', 'importing p.main failed: SyntaxError'],
    [
      'an import that ends the process',
      { ...p, 'p/main.py': 'import sys; sys.exit(3)\n' },
      'p.main:P',
      'importing p.main failed: SystemExit: 3',
    ],
    ['no forward', { ...p, 'p/main.py': module('    pass') }, 'p.main:P', 'neither forward nor aforward'],
    ['a module of the installed packages', { ...p }, 'json.decoder:JSONDecoder', 'there is no module json.decoder'],
  ])('%s is said so', async (_, files, entry, message) => {
    await expect(describeIt(files, entry)).rejects.toMatchObject({
      failure: { name: 'Input.Invalid', message: expect.stringContaining(message) },
    });
  });

  it('an import that never ends costs its time and no more: the next call is served', async () => {
    const files = { ...p, 'p/main.py': 'while True: pass\n' };
    await expect(
      hosted(python, files).call('describe_program', { entry: 'p.main:P' }, { timeoutMs: 500 }),
    ).rejects.toMatchObject({
      failure: { name: 'Step.Timeout' },
    });
    expect(await describeIt({ ...p, 'p/main.py': module(ASK) })).toMatchObject({ name: 'P' });
  });

  it('an archive with other bytes than its name says is not unpacked, nor one that writes beside itself', async () => {
    const asks = { package: async () => ({ archive: Buffer.from('other').toString('base64') }) };
    await expect(
      hosted(python, { ...p, 'p/x.py': 'a' }).call('describe_program', { entry: 'p.x:P' }, { asks }),
    ).rejects.toMatchObject({ failure: { message: expect.stringContaining('should have the SHA-256') } });
    await expect(describeIt({ '../beside.py': 'x = 1' }, 'p.x:P')).rejects.toMatchObject({
      failure: { message: expect.stringContaining('outside of itself') },
    });
  });
});

describe('a hosted program', { timeout: 60_000 }, () => {
  const RUN = { entry: 'p.main:P', inputs: { question: 'q' }, outputs: ['answer'] };

  it('runs under other instructions, demos and settings, and without them as its code has it', async () => {
    const program = hosted(python, { 'p/__init__.py': '', 'p/main.py': module(ASK) });
    const settings = {
      instructions: 'Be brief.',
      demos: [{ question: 'a', answer: 'b' }],
      config: { temperature: 0.4 },
    };
    await program.call('run_program', { ...RUN, predictors: { ask: settings } });
    await program.call('run_program', RUN);
    const [changed, plain] = program.asked;
    expect(JSON.stringify(changed?.messages)).toContain('Be brief.');
    expect(changed).toMatchObject({ parameters: { temperature: 0.4 }, predictor: 'ask' });
    expect(changed?.messages).toHaveLength(4);
    expect(plain?.messages).toHaveLength(2);
    expect(JSON.stringify(plain?.messages)).toContain('Given the fields `question`, produce the fields `answer`.');
    expect(plain?.parameters).toEqual({});
  });

  it('of two versions lives beside the other in one worker, each with its own modules and settings', async () => {
    const version = (text: string) => ({
      'p/__init__.py': '',
      'p/words.py': `TEXT = "${text}"\n`,
      'p/main.py': module(
        `
    def __init__(self):
        super().__init__()
        self.ask = dspy.Predict(dspy.Signature("question -> answer", TEXT))

    def forward(self, question):
        from p.words import TEXT as late
        return dspy.Prediction(answer=self.ask(question=question).answer + " " + late)
`,
        `from p.words import TEXT\ndspy.configure(adapter=dspy.${text === 'old' ? 'JSONAdapter' : 'ChatAdapter'}())`,
      ),
    });
    const [old, young] = [
      hosted(python, version('old'), () => ({ answer: 'a' })),
      hosted(python, version('new'), () => ({ answer: 'a' })),
    ];
    const results = [];
    for (const one of [young, old, young])
      results.push(await one.call('run_program', RUN).catch((error: unknown) => error));
    expect(results[0]).toEqual({ outputs: { answer: 'a new' } });
    expect(results[2]).toEqual({ outputs: { answer: 'a new' } });
    expect(JSON.stringify(old.asked[0]?.messages)).toContain('Outputs will be a JSON object');
    expect(JSON.stringify(young.asked.at(-1)?.messages)).toContain('[[ ## completed ## ]]');
  });

  it('tells equal predictors apart, and those a thread of its own calls', async () => {
    const files = {
      'p/__init__.py': '',
      'p/main.py': module(
        `
    def __init__(self):
        super().__init__()
        self.first = dspy.Predict("question -> answer")
        self.second = dspy.Predict("question -> answer")

    def forward(self, question):
        with ThreadPoolExecutor() as threads:
            one = threads.submit(lambda: self.second(question=question)).result()
        return dspy.Prediction(answer=one.answer + self.first(question=question).answer)
`,
        'from concurrent.futures import ThreadPoolExecutor',
      ),
    };
    const program = hosted(python, files);
    expect(await program.call('run_program', RUN)).toEqual({ outputs: { answer: 'yesyes' } });
    expect(program.parts.map(({ name }) => name)).toEqual(['second', 'first']);
  });

  it('keeps the model its own code gave a predictor', async () => {
    const files = {
      'p/__init__.py': '',
      'p/main.py': module(
        ASK.replace(
          'self.ask = dspy.Predict("question -> answer")',
          'self.ask = dspy.Predict("question -> answer")\n        self.ask.lm = dspy.LM("openai/gpt-4o-mini")',
        ),
      ),
    };
    const program = hosted(python, files);
    expect(await program.call('describe_program', RUN)).toMatchObject({
      predictors: [{ name: 'ask', lm: 'openai/gpt-4o-mini' }],
    });
    await program.call('run_program', RUN);
    expect(program.asked.map(({ model }) => model)).toEqual(['openai/gpt-4o-mini']);
  });

  it('may give a dict, or a bare value for its one output; what it raises is told with its place', async () => {
    const giving = (line: string) => ({
      'p/__init__.py': '',
      'p/main.py': module(`    def forward(self, question):\n        ${line}\n`),
    });
    const run = (line: string) => hosted(python, giving(line)).call('run_program', RUN);
    expect(await run('return {"answer": 1, "more": {2, 1}}')).toEqual({ outputs: { answer: 1, more: [1, 2] } });
    expect(await run('return question + "!"')).toEqual({ outputs: { answer: 'q!' } });
    await expect(run('raise LookupError("no shelf")')).rejects.toMatchObject({
      failure: {
        name: 'Python.Raised',
        message: 'LookupError: no shelf',
        details: { at: expect.arrayContaining(['p/main.py:6 forward']) },
      },
    });
  });
});

describe('a metric function', { timeout: 60_000 }, () => {
  const METRICS = `
import dspy

def truth(example, prediction, trace=None):
    return example.answer == prediction.answer and trace is None

def words(example, prediction, trace=None):
    return dspy.Prediction(score=0.25, feedback="wanted " + example.answer)

def five(gold, pred, trace, pred_name, pred_trace):
    return {"score": 1, "feedback": None} if pred_name is None else 0

async def later(example, prediction):
    return 0.5

def asks(example, prediction, trace=None):
    return dspy.Predict("text -> answer")(text=prediction.answer).answer == "yes"

def far(example, prediction, trace=None):
    return 87

class Judge:
    pass
`;
  const score = (name: string, outputs: JsonObject = { answer: 'a' }, more: JsonObject = { lm: null as never }) =>
    hosted(python, { 'p/__init__.py': '', 'p/metric.py': METRICS }).call('score', {
      ...{ entry: `p.metric:${name}`, example: { inputs: { question: 'q' }, labels: { answer: 'a' } }, outputs },
      ...more,
    });

  it('gives a bool, a number, or a Prediction with words; GEPA’s five arguments and awaited ones are fine', async () => {
    expect(await score('truth')).toEqual({ score: 1 });
    expect(await score('truth', { answer: 'b' })).toEqual({ score: 0 });
    expect(await score('words')).toEqual({ score: 0.25, feedback: 'wanted a' });
    expect(await score('five')).toEqual({ score: 1 });
    expect(await score('later')).toEqual({ score: 0.5 });
  });

  it('may ask a model when it is given one', async () => {
    expect(await score('asks', { answer: 'b' }, {})).toEqual({ score: 1 });
  });

  it('that gives something else, or is none, is told so', async () => {
    await expect(score('far')).rejects.toMatchObject({
      failure: { message: expect.stringContaining('gave 87; wanted a bool') },
    });
    await expect(score('Judge')).rejects.toMatchObject({
      failure: { message: expect.stringContaining('is no function') },
    });
    await expect(score('none')).rejects.toMatchObject({
      failure: { message: expect.stringContaining('p.metric has no none') },
    });
    await expect(score('truth', {})).rejects.toMatchObject({ failure: { name: 'Python.Raised' } });
  });
});
