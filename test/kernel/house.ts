import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import * as z from 'zod';
import { newId } from '#lib/base/id';
import { definer } from '#lib/kernel/define';
import { createKernel, type Kernel } from '#lib/kernel/kernel';
import type { Declaration, Principal, Role } from '#lib/kernel/resource';
import { type LocalHome, openLocalHome } from '#lib/local/home';
import { ApiKey } from '#lib/resources/api-key/resource';
import { AuditEvent } from '#lib/resources/audit-event/resource';
import { Policy } from '#lib/resources/policy/resource';
import { Workspace } from '#lib/resources/workspace/resource';

/** What the actions of the test's own resources use. */
export interface TestServices {
  /** Called inside actions, so that a test can stop one half way. */
  pause: (where: string) => Promise<void>;
  calls: string[];
}

const defineResource = definer<TestServices>();

/** A resource with a bit of everything. */
export const Paper = defineResource({
  name: 'Paper',
  path: 'papers',
  idPrefix: 'ppr',
  doc: 'A paper.',
  attributes: {
    name: z.string().min(1).max(5000),
    author: z.string().nullable().default(null),
    pages: z.int().min(0).default(1),
    text: z.string().default(''),
    draft: z.boolean().default(true),
    score: z.number().nullable().default(null).meta({ readOnly: true }),
    pin: z.string().default('0000').meta({ secret: true }),
  },
  unique: ['name'],
  indexes: { byAuthor: { by: ['author'] }, byStateAndAuthor: { by: ['author', 'pages'] } },
  calculations: { length: { type: z.int(), from: ({ text }) => text.length } },
  states: ['draft', 'published', 'withdrawn'],
  versions: 'attributes',
  actions: (a) => ({
    create: a.create({ doc: 'Write one.', accept: ['name', 'author', 'pages', 'text', 'pin', 'draft'] }),
    update: a.update({ doc: 'Change it.', accept: ['name', 'author', 'pages', 'text'] }),
    grade: a.update({
      doc: 'Score it.',
      access: 'run',
      ifMatch: false,
      input: { by: z.number() },
      run: async ({ record, input, ctx }) => {
        await ctx.services.pause('grade');
        return { set: { score: (record.score ?? 0) + input.by } };
      },
    }),
    publish: a.update({ doc: 'Publish.', access: 'promote', from: ['draft'], to: 'published' }),
    withdraw: a.update({
      doc: 'Withdraw.',
      access: 'run',
      ifMatch: false,
      from: ['draft', 'published'],
      to: 'withdrawn',
    }),
    stamp: a.update({
      doc: 'Ours alone.',
      access: 'system',
      ifMatch: false,
      run: () => ({ event: { stamped: true } }),
    }),
    broken: a.update({
      doc: 'A bug.',
      ifMatch: false,
      run: () => ({ set: { pages: 'many' } }),
    }),
    remove: a.remove({ doc: 'Destroy it.', from: ['draft', 'withdrawn'] }),
    count: a.call({
      doc: 'Count words.',
      effect: false,
      output: z.object({ words: z.int() }),
      run: async ({ record }) => ({ words: record.text.split(/\s+/).length }),
    }),
    copy: a.call({
      doc: 'Make another one by way of dispatch.',
      access: 'edit',
      input: { name: z.string(), fail: z.boolean().default(false) },
      output: z.object({ id: z.string() }),
      run: async ({ record, input, ctx }) => {
        ctx.services.calls.push('copy');
        const made = await ctx.dispatch<{ id: string }>({
          resource: 'Paper',
          action: 'create',
          input: { name: input.name, text: record.text },
        });
        await ctx.services.pause('copy');
        if (input.fail) throw new Error('after the effect');
        return { id: made.id };
      },
    }),
    submit: a.call({
      doc: 'Queue work about it.',
      from: ['draft', 'published'],
      accepted: 'Paper',
      output: z.never(),
      run: async ({ record, ctx }) => {
        ctx.enqueue('execution', { executionId: record.id });
        return { accepted: { resource: 'Paper', id: record.id }, settled: async () => {} };
      },
    }),
    swap: a.call({
      doc: 'Two changes that belong together.',
      access: 'edit',
      input: { other: z.string(), fail: z.boolean().default(false) },
      output: z.object({ swapped: z.boolean() }),
      run: async ({ record, input, ctx }) => {
        await ctx.together({ resource: 'Paper', action: 'update', id: record.id, input: { text: 'swapped' } });
        await ctx.together({ resource: 'Paper', action: 'update', id: input.other, input: { text: 'swapped' } });
        await ctx.together({ resource: 'Paper', action: 'stamp', id: record.id, as: 'system' });
        if (input.fail) throw new Error('changed its mind');
        return { swapped: true };
      },
    }),
    lookup: a.collection({
      doc: 'Find by name.',
      effect: false,
      input: { name: z.string() },
      output: z.object({ id: z.string(), digits: z.int() }),
      run: async ({ input, ctx }) => {
        const found = await ctx.find<{ id: string; pin: string }>('Paper', input.name);
        return { id: found.id, digits: found.pin.length };
      },
    }),
    scan: a.collection({
      doc: 'Take a file.',
      access: 'edit',
      upload: { maxBytes: 10, contentTypes: ['text/plain'] },
      output: z.object({ bytes: z.int() }),
      run: async ({ upload }) => {
        let bytes = 0;
        for await (const chunk of upload) bytes += chunk.length;
        return { bytes };
      },
    }),
  }),
  streams: {
    letters: {
      doc: 'Its text, letter by letter.',
      events: async function* ({ record, after }) {
        const from = after === null ? 0 : Number(after) + 1;
        for (let i = from; i < record.text.length; i++) yield { id: String(i), event: 'letter', data: record.text[i] };
      },
    },
  },
});

/** Versions of another shape than the record. */
export const Log = defineResource({
  name: 'Log',
  path: 'logs',
  idPrefix: 'log',
  doc: 'An append-only log.',
  attributes: { title: z.string() },
  versions: { line: z.string() },
  actions: (a) => ({
    create: a.create({ doc: 'Begin one.', accept: ['title'] }),
    update: a.update({ doc: 'Rename it.', accept: ['title'], ifMatch: false }),
    append: a.update({
      doc: 'Add a line.',
      ifMatch: false,
      input: { line: z.string() },
      run: ({ input }) => ({ version: { line: input.line } }),
    }),
  }),
});

export class ManualClock {
  time = Date.parse('2026-11-23T01:00:00.000Z');
  now = (): number => this.time;
}

export interface TestHouse {
  dir: string;
  home: LocalHome;
  kernel: Kernel;
  clock: ManualClock;
  services: TestServices;
  as: (role: Role, workspaceId?: string) => Principal;
}

export const WORKSPACE = newId('wsp');
export const OTHER_WORKSPACE = newId('wsp');

/** A kernel on a real data folder of its own, gone when the test is over. */
export async function openHouse(
  options: { resources?: readonly Declaration[]; dir?: string } = {},
): Promise<TestHouse> {
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'dspex-kernel-')));
  const clock = new ManualClock();
  const home = await openLocalHome(dir, { clock });
  onTestFinished(async () => {
    await home.close().catch(() => {});
    await rm(dir, { recursive: true, force: true });
  });
  const services: TestServices = { pause: async () => {}, calls: [] };
  const kernel = createKernel({
    resources: [Workspace, ApiKey, Policy, AuditEvent, Paper, Log, ...(options.resources ?? [])],
    store: home.store,
    blobs: home.blobs,
    clock,
    services: () => services,
  });
  return {
    ...{ dir, home, kernel, clock, services },
    as: (role, workspaceId = WORKSPACE) => ({ id: `key_${role}`, workspaceId, roles: [role] }),
  };
}

/** A draft with this name, as the engineer; what is sent back is the result's body. */
export async function write(house: TestHouse, name: string, more: object = {}, workspaceId = WORKSPACE) {
  const principal = house.as('engineer', workspaceId);
  const result = await house.kernel.dispatch({
    principal,
    resource: 'Paper',
    action: 'create',
    input: { name, ...more },
  });
  if (result.kind !== 'record') throw new Error(`wanted a record, not ${result.kind}`);
  return result;
}

/** What an operation answered: its error's class, code and message, or `ok`. */
export async function outcome(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'ok';
  } catch (error) {
    const { name, code, message } = error as { name: string; code?: string; message: string };
    return code === undefined ? `${name}: ${message}` : `${name} ${code}`;
  }
}
