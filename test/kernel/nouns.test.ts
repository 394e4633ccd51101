import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { cedarSchema, schemaNameOf } from '#lib/kernel/cedar-schema';
import { type LaterNoun, openNouns } from '#lib/kernel/nouns';
import type { Declaration } from '#lib/kernel/resource';
import { nouns } from '#lib/resources/nouns';
import { resources } from '#lib/resources/resources';
import { SCHEMA_NAME } from '#lib/resources/schema-name';
import { outcome } from './house.ts';

const Car: Declaration = {
  ...{ name: 'Car', path: 'cars', idPrefix: 'car', doc: 'A car.' },
  attributes: { name: z.string() },
  actions: { create: { kind: 'create', doc: 'Build.', accept: ['name'] } },
};

/** Loads the declaration when asked, and counts how often. */
function later(declaration: Declaration, more: Partial<LaterNoun> = {}) {
  let loads = 0;
  const { name, path, idPrefix } = declaration;
  const load = async () => {
    loads++;
    return declaration;
  };
  return { noun: { name, path, idPrefix, load, ...more }, loads: () => loads };
}

describe('nouns that are loaded later', () => {
  test('are known before anything is loaded, and loaded once however often they are asked for', async () => {
    const car = later(Car);
    const house = openNouns([car.noun]);
    expect(house.nouns).toEqual([{ name: 'Car', path: 'cars', idPrefix: 'car', internal: false, policies: '' }]);
    expect(house.noun('Car').path).toBe('cars');
    expect(car.loads()).toBe(0);
    const [one, two] = await Promise.all([house.resource('Car'), house.resource('Car')]);
    expect(one).toBe(two);
    expect(await house.resources()).toEqual([one]);
    expect(Object.keys(one.actions)).toEqual(['read', 'list', 'create']);
    expect(car.loads()).toBe(1);
  });

  test('answer the same as declarations that are there already, in the order given', async () => {
    const Van = { ...Car, name: 'Van', path: 'vans', idPrefix: 'van' };
    const mixed = await openNouns([later(Van).noun, Car]).resources();
    expect(mixed.map(({ name }) => name)).toEqual(['Van', 'Car']);
    const [there] = await openNouns([Van]).resources();
    const shape = (info: typeof there) => JSON.stringify({ ...info, record: z.toJSONSchema(info?.record ?? z.any()) });
    expect(shape(mixed[0])).toBe(shape(there));
  });

  test('an unknown name is not found, whatever it looks like', async () => {
    const house = openNouns([Car, later({ ...Car, name: 'Van', path: 'vans', idPrefix: 'van' }).noun]);
    for (const name of ['Bus', 'car', '', 'constructor', '__proto__']) {
      expect(await outcome(house.resource(name))).toBe('NotFound unknown_resource');
      expect(() => house.noun(name)).toThrow(`there is no resource "${name}"`);
    }
  });

  test('one that could not be loaded can be the next time', async () => {
    let times = 0;
    const house = openNouns([
      later(Car, {
        load: async () => {
          if (times++ === 0) throw new Error('the disk is full');
          return Car;
        },
      }).noun,
    ]);
    await expect(house.resource('Car')).rejects.toThrow('the disk is full');
    expect((await house.resource('Car')).name).toBe('Car');
  });

  test.each<[string, Partial<LaterNoun>]>([
    ['name', { name: 'Cab' }],
    ['path', { path: 'cabs' }],
    ['prefix of ids', { idPrefix: 'cab' }],
    ['visibility', { internal: true }],
    ['policies', { policies: 'permit (principal, action, resource);' }],
  ])('a declaration with another %s than was said of it is refused', async (_what, more) => {
    const { noun } = later(Car, more);
    await expect(openNouns([noun]).resource(noun.name)).rejects.toThrow(`${noun.name}: wanted the declaration of`);
  });

  test('a declaration that is wrong is refused when it is loaded, by the path of its mistakes', async () => {
    const { noun } = later({ ...Car, doc: '', unique: ['colour'] });
    const refusal = expect(openNouns([noun]).resource('Car')).rejects;
    await refusal.toThrow(/Car\.doc: is empty\n {2}Car\.unique: no attribute "colour"/);
  });

  test('two of one name, path or prefix are refused before anything is loaded', () => {
    expect(() => openNouns([Car, later(Car).noun])).toThrow('Car.path: "cars" is Car\'s already');
  });
});

describe('the nouns of the house', () => {
  test('are what their declarations say, each of them sound', async () => {
    const house = openNouns(nouns);
    const infos = await house.resources();
    expect(infos.map(({ name, path, idPrefix }) => ({ name, path, idPrefix }))).toEqual(
      resources.map(({ name, path, idPrefix }) => ({ name, path, idPrefix })),
    );
    expect(infos.length).toBe(nouns.length);
    expect(infos.length).toBeGreaterThan(20);
  });

  test('have the policy schema by whose name stored policies are believed', async () => {
    expect(SCHEMA_NAME).toBe(schemaNameOf(cedarSchema(await openNouns(nouns).resources())));
  });
});
