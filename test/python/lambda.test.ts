import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { expect, it, onTestFinished } from 'vitest';
import { prepareEnvironment } from '#lib/local/python/environment';
import { HOST_FOLDER } from '#lib/local/python/host-folder';
import { workerEnvironment } from '#lib/local/python/scrub';
import { makeFolder, removeFolder } from '../local/folder.ts';
import { MAKING_MS, PYTHON_FOLDER } from './runtime.ts';

const field = (name: string) => ({ name, type: { kind: 'str' }, description: `\${${name}}` });
const signature = { name: 'S', instructions: 'Answer.', inputs: [field('q')], outputs: [field('answer')] };
const event = (q: string) => ({
  operation: 'run_module',
  payload: { module: { type: 'predict', signature }, lm: { model: 'any/model' }, inputs: { q } },
  context: { workspace: 'w' },
});

/** A package of one function, as it is adopted: gzipped JSON of its files. */
function greetings(): object[] {
  const code = 'def greet(name: str) -> str:\n    return f"hello, {name}"\n';
  const files = { 'greeting_door.py': Buffer.from(code).toString('base64') };
  const archive = gzipSync(JSON.stringify({ files }));
  const sha256 = createHash('sha256').update(archive).digest('hex');
  const greet = (name: string) => ({
    operation: 'call_tool',
    payload: { package: { sha256, bytes: archive.byteLength }, entry: 'greeting_door:greet', args: { name } },
  });
  return [greet('you'), { ...greet('you'), archive: archive.toString('base64') }, greet('me')];
}

it('the Lambda door answers like the local one, asks the gateway function alone, and raises nothing', {
  timeout: MAKING_MS,
}, async () => {
  const lock = `${HOST_FOLDER}requirements.lock`;
  const { command, path } = await prepareEnvironment({ folder: PYTHON_FOLDER, lock, environment: process.env });
  // A home of its own: what earlier runs were sent is not there.
  const home = makeFolder();
  onTestFinished(() => removeFolder(home));
  const output = execFileSync(command, [fileURLToPath(new URL('lambda_check.py', import.meta.url))], {
    input: JSON.stringify([event('yes?'), event('refuse'), { operation: 'unheard-of' }, {}, ...greetings()]),
    env: workerEnvironment(process.env, { home, path: [HOST_FOLDER, ...path] }),
    encoding: 'utf8',
  });
  const { answers, contexts } = JSON.parse(output);
  expect(answers[0]).toEqual({ result: { outputs: { answer: 'yes' } } });
  expect(answers[1]).toEqual({ failure: { name: 'Model.Refused', message: 'no', retryable: false } });
  expect(answers[2].failure.name).toBe('Module.Unsupported');
  expect(answers[3].failure.name).toBe('Module.Unsupported');
  expect(contexts).toEqual([{ workspace: 'w' }, { workspace: 'w' }]);
  // Of an adopted program: wanted, then sent, then kept by the process.
  expect(answers[4]).toMatchObject({ failure: { name: 'Module.Unsupported', details: { wanted: 'package' } } });
  expect(answers[5]).toEqual({ result: { value: 'hello, you' } });
  expect(answers[6]).toEqual({ result: { value: 'hello, me' } });
});
