import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '#lib/base/json';
import type { ScriptedCall } from '#lib/lm/scripted';
import { MAKING_MS } from '../python/runtime.ts';
import { dspex, openAdoptedHouse } from './adopted-house.ts';
import { chat, openTestHouse, type TestHouse } from './house.ts';

const SHOP = `
import enum
import os
import sys
from dataclasses import dataclass

from pydantic import BaseModel

from .stock import STOCK

class Size(enum.Enum):
    SMALL = "small"
    LARGE = "large"

class Line(BaseModel):
    item: str
    count: int = 1

def price(lines: list[Line], size: Size = Size.SMALL) -> dict:
    """What an order costs.

    In whole euros."""
    print("prints are nobody's answer")
    return {"total": sum(STOCK[line.item] * line.count for line in lines), "size": size}

async def stocked(item: str) -> bool:
    "Is it there?"
    return item in STOCK

def anything(**what) -> list:
    return sorted(what)

def ends() -> None:
    os._exit(3)

def hangs() -> None:
    import time
    time.sleep(3600)

class Shop:
    pass

def of_shops(shop: Shop) -> None:
    pass

not_callable = 7
`;

let folder: string;
let house: TestHouse;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dspex-tools-'));
  await mkdir(join(folder, 'shop'));
  await writeFile(join(folder, 'shop', '__init__.py'), '');
  await writeFile(join(folder, 'shop', 'stock.py'), 'STOCK = {"tea": 4, "cup": 7}\n');
  await writeFile(join(folder, 'shop', 'tools.py'), SHOP);
  house = await openAdoptedHouse(agent);
}, MAKING_MS);
afterAll(async () => {
  await house.close();
  await rm(folder, { recursive: true });
  expect(house.faults).toEqual([]);
});

/** Asks for the price of what the question names, once wrongly, then answers with what it saw. */
function agent({ messages }: ScriptedCall): string {
  const asked = String(messages.at(-1)?.content);
  if (!asked.includes('`[[ ## next_thought ## ]]`')) return chat({ reasoning: 'seen', answer: asked.slice(0, 3000) });
  const round = [...asked.matchAll(/\[\[ ## observation_\d+ ## \]\]/gu)].length;
  const args = [{ lines: [{ item: 'gold' }] }, { lines: [{ item: 'tea', count: 3 }], size: 'large' }][round];
  const tool = args === undefined ? 'finish' : 'price';
  return chat({ next_thought: 'on', next_tool_name: tool, next_tool_args: JSON.stringify(args ?? {}) });
}

const adopt = (name: string, ...more: string[]) =>
  dspex(house.client, 'adopt', `shop.tools:${name}`, '--tool', '--path', folder, ...more);
const tryOut = async (id: string, args: JsonObject) =>
  (
    await house.client.call<{ result: unknown; error: string | null }>('tools', 'call', {
      id,
      input: { arguments: args },
    })
  ).body;

describe('a function of a package as a tool', { timeout: MAKING_MS }, () => {
  test('is declared by one command: its name, its description, its parameters as its types say them', async () => {
    const made = await adopt('price', '--json');
    expect(made).toMatchObject({ code: 0 });
    const { body } = await house.client.get<JsonObject>('tools', 'price');
    expect(body).toMatchObject({
      description: 'What an order costs.\n\nIn whole euros.',
      parameters: {
        type: 'object',
        properties: {
          lines: { type: 'array', items: { properties: { count: { default: 1 } } } },
          size: { default: 'small' },
        },
        required: ['lines'],
      },
      target: { kind: 'python', python: { function: 'shop.tools:price', package: { sha256: expect.any(String) } } },
    });
  });

  test('is called with what its type hints say, and answers JSON; declared again under its name it is changed', async () => {
    await adopt('price');
    const order = { lines: [{ item: 'tea' }, { item: 'cup', count: 2 }] };
    expect(await tryOut('price', order)).toEqual({ result: { total: 18, size: 'small' }, error: null });
    await adopt('stocked', '--name', 'is_there');
    expect(await tryOut('is_there', { item: 'tea' })).toEqual({ result: true, error: null });
    await adopt('anything');
    expect(await tryOut('anything', { b: 1, a: 2 })).toEqual({ result: ['a', 'b'], error: null });
  });

  test('that fails is told as an observation: what it raised, that it ended its process, that it took too long', async () => {
    await adopt('price');
    const wrong = await tryOut('price', { lines: [{ item: 'gold' }] });
    expect(wrong).toEqual({ result: null, error: "KeyError: 'gold'" });
    expect((await tryOut('price', { line: [] })).error).toContain('do not fit price(lines, size)');
    await adopt('ends');
    expect((await tryOut('ends', {})).error).toMatch(/call_tool.*ended|died|exit/i);
    await adopt('hangs');
    const { body: hanging } = await house.client.get<{ target: { python: JsonObject } }>('tools', 'hangs');
    const python = { ...hanging.target.python, timeoutSeconds: 1 };
    await house.client.call('tools', 'update', {
      id: 'hangs',
      input: { target: { kind: 'python', python } },
      ifMatch: '*',
    });
    expect((await tryOut('hangs', {})).error).toContain('took longer than 1000 ms');
  });

  test.each(['native', 'python'] as const)(
    'is called by a react module served %s, and what it sees is the same',
    async (way) => {
      await adopt('price');
      const name = 'buyer';
      const source = {
        graph: {
          ...{ name, input: { question: 'str' }, output: { answer: 'nodes.act.answer', seen: 'nodes.act.trajectory' } },
          nodes: [{ id: 'act', kind: 'module', module: 'act', inputs: { question: 'input.question' } }],
        },
        modules: { act: { type: 'react', signature: 'question -> answer', tools: ['price'] } },
      };
      if (way === 'native') await house.client.call('programs', 'create', { input: { name, source } as never });
      const { body } = await house.client.call<JsonObject>('programs', 'run', {
        ...{ id: name, wait: true },
        input: { input: { question: 'Three teas?' }, implementation: way },
      });
      expect(body).toMatchObject({
        state: 'completed',
        output: {
          seen: {
            observation_0: "Execution error in price: KeyError: 'gold'",
            observation_1: { total: 12, size: 'large' },
          },
        },
      });
    },
  );

  test('never waits for the modules that wait for it: as many runs in Python as there are workers, all at once', async () => {
    const runs = Array.from({ length: 4 }, (_, i) =>
      house.client.call<JsonObject>('programs', 'run', {
        ...{ id: 'buyer', wait: true },
        input: { input: { question: `Tea for ${i}?` }, implementation: 'python' },
      }),
    );
    for (const { body } of await Promise.all(runs))
      expect(body).toMatchObject({ state: 'completed', output: { seen: { observation_1: { total: 12 } } } });
  });

  test.each([
    ['Shop', 'is no function but the class Shop'],
    ['not_callable', 'is no function but a int'],
    ['missing', 'has no missing'],
    ['of_shops', 'shop.tools:of_shops cannot be a tool'],
  ])('%s is refused with what is there', async (name, message) => {
    const refused = await adopt(name);
    expect(refused.code).not.toBe(0);
    expect(refused.error).toContain(message);
  });

  test('without its files it cannot be declared, and a home without Python says so', async () => {
    const bare = { name: 'bare', target: { kind: 'python', python: { function: 'shop.tools:price' } } };
    await expect(house.client.call('tools', 'create', { input: bare as never })).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining('dspex adopt shop.tools:price --tool'),
    });
    const poor = await openTestHouse(agent, { environment: { DSPEX_PYTHON: '/no/such/python' } });
    try {
      const refused = await dspex(poor.client, 'adopt', 'shop.tools:price', '--tool', '--path', folder);
      expect(refused.code).not.toBe(0);
      expect(refused.error).toContain('/no/such/python');
    } finally {
      await poor.close();
    }
  });
});
