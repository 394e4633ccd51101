import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { describe as describeResources } from '#lib/kernel/describe';
import type { Declaration } from '#lib/kernel/resource';
import { AuditEvent } from '#lib/resources/audit-event/resource';
import { Log, Paper } from './house.ts';

const base: Declaration = {
  name: 'Car',
  path: 'cars',
  idPrefix: 'car',
  doc: 'A car.',
  attributes: {
    name: z.string(),
    wheels: z.int().meta({ readOnly: true }),
    key: z.string().meta({ secret: true }).nullable().default(null),
  },
  actions: { create: { kind: 'create', doc: 'Build.', accept: ['name'] } },
};
const action = (more: object) => ({ actions: { go: { kind: 'update', doc: 'Go.', ...more } } }) as Partial<Declaration>;

const problemsOf = (...declarations: Declaration[]): string[] => {
  try {
    describeResources(declarations);
    return [];
  } catch (error) {
    return (error as Error).message
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
  }
};

describe('verification', () => {
  test('sound declarations have no problems', () => {
    expect(problemsOf(base, Paper, Log, AuditEvent)).toEqual([]);
  });

  test.each<[string, Partial<Declaration>]>([
    ['car.name: "car" is not Pascal case', { name: 'car' }],
    ['User.name: "User" is reserved', { name: 'User' }],
    ['Car.path: "Cars/x" is not lower case words joined by "-"', { path: 'Cars/x' }],
    ['Car.idPrefix: "CAR" is not 2 to 6 lower-case letters', { idPrefix: 'CAR' }],
    ['Car.doc: is empty', { doc: ' ' }],
    ['Car.attributes.rev: is reserved', { attributes: { ...base.attributes, rev: z.int() } }],
    ['Car.attributes.workspace: is reserved', { attributes: { ...base.attributes, workspace: z.string() } }],
    [
      'Car.attributes.Two words: is not a camel case name',
      { attributes: { ...base.attributes, 'Two words': z.int() } },
    ],
    ['Car.calculations.name: is an attribute already', { calculations: { name: { type: z.int(), from: () => 1 } } }],
    ['Car.unique: no attribute "colour" (there are name, wheels, key)', { unique: ['colour'] }],
    ['Car.unique: "key" is secret', { unique: ['key'] }],
    [
      'Car.indexes: 3 of them; a store has room for two',
      { indexes: { a: { by: ['name'] }, b: { by: ['state'] }, c: { by: ['wheels'] } } },
    ],
    ['Car.indexes.a.by: no attribute "colour" (there are name, wheels, key)', { indexes: { a: { by: ['colour'] } } }],
    ['Car.indexes.a.by: "key" is secret', { indexes: { a: { by: ['key'] } } }],
    ['Car.indexes.a.by: is empty', { indexes: { a: { by: [] } } }],
    [
      'Car.indexes.b.by: filters by the same as another index',
      { indexes: { a: { by: ['name', 'state'] }, b: { by: ['state', 'name'] } } },
    ],
    ['Car.states: is empty', { states: [] }],
    ['Car.states: names a state twice', { states: ['on', 'on'] }],
    ['Car.states: "removed" is no name for a state', { states: ['on', 'removed'] }],
    [
      'Car.streams.versions: is no name for a stream',
      { streams: { versions: { doc: 'x', events: async function* () {} } } },
    ],
    ['Car.actions.read: is there by itself', { actions: { read: { kind: 'update', doc: 'x' } } }],
    ['Car.actions.versions: is no name for an action', { actions: { versions: { kind: 'update', doc: 'x' } } }],
    ['Car.actions.go.doc: is empty', action({ doc: '' })],
    ['Car.actions.go: no state "flying" (there are active)', action({ from: ['flying'] })],
    ['Car.actions.go: no state "flying" (there are active)', action({ to: 'flying' })],
    ['Car.actions.go.from: is empty: it could never start', action({ from: [] })],
    ['Car.actions.go.accept: no attribute "colour" (there are name, wheels, key)', action({ accept: ['colour'] })],
    ['Car.actions.go.accept: "wheels" is read-only', action({ accept: ['wheels'] })],
    ['Car.actions.go.accept: names an attribute twice', action({ accept: ['name', 'name'] })],
    [
      'Car.actions.go.input: "name" is accepted as an attribute too',
      action({ accept: ['name'], input: { name: z.string() } }),
    ],
    [
      'Car.actions.go.output: "key" is secret',
      action({ kind: 'call', output: z.object({ key: z.string() }), run: async () => ({}) }),
    ],
    ['Car.actions.go.reveals: "name" is taken', action({ kind: 'create', accept: [], reveals: { name: z.string() } })],
    [
      'Car.actions.go.from: there is no record whose state could be asked',
      action({ kind: 'call', collection: true, from: ['active'], output: z.int() }),
    ],
    [
      'Car.actions.go.upload.maxBytes: is not positive',
      action({ kind: 'call', output: z.int(), upload: { maxBytes: 0, contentTypes: [] } }),
    ],
    ['Car.actions: a view (reader) has none', { reader: AuditEvent.reader as NonNullable<Declaration['reader']> }],
  ])('%s', (problem, more) => {
    expect(problemsOf({ ...base, ...more })).toEqual([problem]);
  });

  test('names, paths and id prefixes are apart, upper and lower case ignored', () => {
    expect(problemsOf(base, { ...base, name: 'CAR2' })).toEqual([
      'CAR2.path: "cars" is Car\'s already',
      'CAR2.idPrefix: "car" is Car\'s already',
    ]);
    expect(problemsOf(base, { ...base, name: 'CAr', path: 'b', idPrefix: 'bb' })).toContain(
      'CAr.name: "CAr" is Car\'s already',
    );
  });

  test('everything wrong is named at once', () => {
    const problems = problemsOf({
      ...base,
      name: 'x',
      doc: '',
      unique: ['a', 'b'],
      ...action({ to: 'nowhere', accept: ['c'] }),
    });
    expect(problems).toHaveLength(6);
  });
});

describe('completion', () => {
  test('read and list are there, each action has its access, and If-Match is wanted where a record changes', () => {
    const [paper] = describeResources([Paper]);
    const table = Object.values(paper?.actions ?? {}).map(({ name, access, ifMatch, effect, collection }) =>
      [name, access, ifMatch, effect, collection].join(' '),
    );
    expect(table).toEqual([
      'read read false false false',
      'list read false false true',
      'create edit false true true',
      'update edit true true false',
      'grade run false true false',
      'publish promote true true false',
      'withdraw run false true false',
      'stamp system false true false',
      'broken edit false true false',
      'remove edit true true false',
      'count read false false false',
      'copy edit false true false',
      'submit run false true false',
      'swap edit false true false',
      'lookup read false false true',
      'scan edit false true true',
    ]);
  });

  test('a mark survives whatever is wrapped around it', () => {
    const [car] = describeResources([base]);
    expect(car?.attributes.key).toMatchObject({ secret: true, readOnly: false });
    expect(Object.keys(car?.record.shape ?? {})).not.toContain('key');
  });

  test('the input of an update makes every accepted attribute optional and fills in no default', () => {
    const [paper] = describeResources([Paper]);
    expect(paper?.actions.update?.input.parse({})).toEqual({});
    expect(paper?.actions.create?.input.parse({ name: 'x' })).toMatchObject({ pages: 1, author: null });
  });
});
